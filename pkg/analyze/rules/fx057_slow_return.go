package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX057", Name: "slow-return", Severity: diag.Note,
		Inputs:  analyze.Kinds{"EnvoyFilter"},
		Summary: "after a failure of DNS the home region stays away for a minute",
		Why: "An empty answer and NXDOMAIN take a region's endpoints away, and the next question is asked after the mesh's " +
			"dnsRefreshRate, 60 s by default. With dns_refresh_rate 5s the region was back 4.7 s after DNS was repaired. The " +
			"field can be set for a host by EnvoyFilter only, so this is told where one acts on the host already.",
		Fix:   "merge dns_refresh_rate: 5s into the cluster, with dns_failure_refresh_rate",
		Check: checkSlowReturn,
	})
}

// slowest is how many seconds the mesh may wait before it asks DNS again.
const slowest = 10

func checkSlowReturn(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		patches := c.ClusterPatches()
		if !c.IsFailover() || !c.Used() || len(patches) == 0 || !c.Host.IsDNS() || generated(c.Host.Entry().Object) ||
			c.Patched("dns_refresh_rate").Exists() || p.Mesh.GetDnsRefreshRate() != nil && p.Mesh.GetDnsRefreshRate().GetSeconds() <= slowest {
			continue
		}
		p.Report(patches[0].Filter.Object, patches[0].Path, "a region of %s whose name could not be resolved is back a minute later than its DNS", c)
	}
}
