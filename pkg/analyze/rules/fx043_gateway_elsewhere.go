package rules

import (
	"slices"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX043", Name: "gateway-elsewhere", Severity: diag.Warning,
		Inputs:  analyze.Kinds{"Gateway"},
		Summary: "an egress gateway fails over by its own region, not by its clients'",
		Why: "Priorities are worked out for the proxy that holds the cluster. Behind a gateway that is the gateway: clients of " +
			"other regions get its order, and all of them lose the host when the gateway's region is lost.",
		Fix:   "run a gateway in each region that clients run in, and send each region's clients to their own",
		Check: checkGatewayElsewhere,
	})
}

func checkGatewayElsewhere(p *analyze.Pass) {
	regions := p.ClientRegions()
	for _, g := range p.Snapshot.Gateways {
		at := regionsOfGateway(p, g)
		if len(at) != 1 || !regions.Known() {
			continue
		}
		others := slices.DeleteFunc(slices.Clone(regions.Names), func(r string) bool { return r == at[0] })
		if host := failoverBehind(p, g); host != "" && len(others) > 0 {
			p.Report(g.Object, "spec.selector", "clients in %s get %s in the order of %s, where all pods of the gateway run", analyze.List(others), host, at[0])
		}
	}
}

// regionsOfGateway are the regions to which the Deployments of a gateway are pinned.
func regionsOfGateway(p *analyze.Pass, g *manifest.Gateway) []string {
	var out []string
	for _, d := range deploymentsOf(p, "", g.Spec.GetSelector()) {
		out = append(out, d.Tree.At("spec", "template", "spec", "nodeSelector", mesh.RegionLabel).Text())
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if slices.Contains(out, "") { // pods may run anywhere
		return nil
	}
	return out
}

// failoverBehind is a host with a failover that the routes of a gateway lead to, "" if none.
func failoverBehind(p *analyze.Pass, g *manifest.Gateway) string {
	for _, vs := range p.Snapshot.VirtualServices {
		if !slices.Contains(gatewaysOf(vs), g.Namespace+"/"+g.Name) {
			continue
		}
		for _, h := range vs.Spec.GetHttp() {
			for _, d := range h.GetRoute() {
				host := mesh.FullHost(d.GetDestination().GetHost(), vs.Namespace)
				if slices.ContainsFunc(p.Clusters(), func(c *mesh.Cluster) bool { return c.Host.Name == host && c.IsFailover() }) {
					return host
				}
			}
		}
	}
	return ""
}
