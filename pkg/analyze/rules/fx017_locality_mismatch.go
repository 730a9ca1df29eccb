package rules

import (
	"slices"
	"strconv"
	"strings"

	networking "istio.io/api/networking/v1alpha3"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/region"
)

func init() {
	add(analyze.Rule{
		Code: "FX017", Name: "locality-mismatch", Severity: diag.Error,
		Inputs:  analyze.Kinds{"ServiceEntry"},
		Summary: "a locality that is spelt differently matches nothing",
		Why: "Localities are compared letter by letter: us-west is not us-west1, us-east-1 is not us-east1, US-EAST1 is " +
			"none at all. A failover to a region that no endpoint has is passed over, and so is an endpoint of a region " +
			"that no client has.",
		Fix:   "spell the region as the endpoints and the nodes do",
		Check: checkLocalityMismatch,
	})
}

func checkLocalityMismatch(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		if !c.IsFailover() || c.LocalityPath() == "" || c.Subset != "" && !c.Used() {
			continue
		}
		endpoints, o := c.Host.Regions(), c.Policy.LoadBalancer.Object.Object
		for i, f := range c.LocalityLB().GetFailover() {
			at := c.LocalityPath() + ".failover[" + strconv.Itoa(i) + "]"
			if to := f.GetTo(); !slices.Contains(endpoints, to) {
				found := p.Report(o, at+".to", "no endpoint of %s is in %s, so the failover leads nowhere", c, strconv.Quote(to))
				found.WithHint("the regions of the endpoints are %s", analyze.List(endpoints))
				if near, ok := region.Suggest(to, endpoints); ok {
					found.WithHint("did you mean %s?", near).Set(at+".to", near)
				}
			}
			clients := p.ClientRegions().Names
			if from := f.GetFrom(); from != "" && len(clients) > 0 && !slices.Contains(clients, from) && !slices.Contains(endpoints, from) {
				if near, ok := region.Suggest(from, clients); ok && !covered(c, near) {
					p.Report(o, at+".from", "no client of %s is in %s, but clients are in %s", c, strconv.Quote(from), near).
						WithHint("did you mean %s?", near).Set(at+".from", near)
				}
			}
		}
		misspelt(p, c)
	}
}

// covered says whether clients of a region have an order of their own.
func covered(c *mesh.Cluster, name string) bool {
	return slices.Contains(c.Host.Regions(), name) ||
		slices.ContainsFunc(c.LocalityLB().GetFailover(), func(f *networking.LocalityLoadBalancerSetting_Failover) bool { return f.GetFrom() == name })
}

// misspelt tells of endpoints whose region differs from a known one by capitals only.
func misspelt(p *analyze.Pass, c *mesh.Cluster) {
	known := slices.Concat(c.Host.Regions(), p.ClientRegions().Names)
	for _, e := range c.Endpoints {
		for _, name := range known {
			if have := e.Locality.Region; have != name && strings.EqualFold(have, name) && have != strings.ToLower(have) {
				p.Report(e.Object, e.Path+".locality", "the region %s of an endpoint of %s is not %s: capitals count", strconv.Quote(have), c, name)
				break
			}
		}
	}
}
