package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX009", Name: "port-level-settings", Severity: diag.Error,
		Inputs:  analyze.Kinds{"DestinationRule"},
		Summary: "portLevelSettings drop what the policy above them sets",
		Why: "Settings for a port do not add to the trafficPolicy, they take its place: outlierDetection, loadBalancer, tls and " +
			"connectionPool that are not repeated fall back to nothing. A tls block for port 443 alone thus ends the failover.",
		Fix:   "repeat the block within portLevelSettings, or move those settings up",
		Check: checkPortLevelSettings,
	})
}

func checkPortLevelSettings(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		if c.Policy.Hidden == nil {
			continue
		}
		lost, harmless := lostBlocks(c)
		if len(lost) == 0 {
			continue
		}
		o, path := c.Policy.PortLevel.At()
		f := p.Report(o, path, "the settings for port %d of %s drop %s of the policy above", c.Port.Number, c.Host.Name, analyze.List(lost))
		f.WithHint("repeat %s here, or move these settings up", analyze.List(lost))
		if harmless {
			f.As(diag.Note)
		}
	}
}

// lostBlocks are the blocks that the port's settings leave out; losing an algorithm of load balancing harms nobody.
func lostBlocks(c *mesh.Cluster) (lost []string, harmless bool) {
	before, now := c.Policy.Hidden, c.Policy
	harmless = true
	missing := func(name string, had, has, matters bool) {
		if had && !has {
			lost = append(lost, name)
			harmless = harmless && !matters
		}
	}
	lb := before.LoadBalancer.Value
	missing("outlierDetection", before.OutlierDetection.Value != nil, now.OutlierDetection.Object != nil, true)
	missing("loadBalancer", lb != nil, now.LoadBalancer.Value != nil,
		lb.GetLocalityLbSetting() != nil || lb.GetConsistentHash() != nil || lb.GetZoneAwareLbSetting() != nil)
	missing("tls", before.TLS.Value != nil, now.TLS.Value != nil, true)
	missing("connectionPool", before.ConnectionPool.Value != nil, now.ConnectionPool.Object != nil, true)
	return lost, harmless
}
