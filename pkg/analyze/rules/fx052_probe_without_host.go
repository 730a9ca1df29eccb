package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX052", Name: "probe-without-host", Severity: diag.Critical,
		Inputs:  analyze.Kinds{"EnvoyFilter"},
		Summary: "health checks that carry no legal Host",
		Why: "Without a host Envoy sends the cluster's name, outbound|80||orders.internal, which is no host " +
			"name. A strict server answers 400, every endpoint counts as dead, and all requests fail: 1800 of " +
			"1800, with everything healthy.",
		Fix:   "set http_health_check.host to a name that all endpoints serve, and expected_statuses to 200 to 499",
		Check: checkProbeWithoutHost,
	})
}

func checkProbeWithoutHost(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		for _, patch := range c.ClusterPatches() {
			for _, check := range patch.Value.At("health_checks").Items() {
				http := check.At("http_health_check")
				if http.Exists() && http.At("host").Text() == "" && !ownHosts(c) {
					p.Report(patch.Filter.Object, http.Path()+".host", "probes of %s carry %q as Host", c, c.Name())
				}
			}
		}
	}
}

// ownHosts says whether a filter gives each endpoint a Host for its probes.
func ownHosts(c *mesh.Cluster) bool {
	for _, patch := range c.ClusterPatches() {
		for _, group := range patch.Value.At("load_assignment", "endpoints").Items() {
			for _, e := range group.At("lb_endpoints").Items() {
				if e.At("endpoint", "health_check_config", "hostname").Text() != "" {
					return true
				}
			}
		}
	}
	return false
}
