package rules

import (
	"strings"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "HC001", Name: "no-guard", Severity: diag.Error,
		Inputs:  askKinds(),
		Summary: "a load balancer goes by a path that can take the last cluster out",
		Why: "Google's load balancers send nobody anywhere once all backends are unhealthy: users get 502. A path that answers for all " +
			"services fails in every cluster at once when they share what is broken. What stands behind a path of another name cannot " +
			"be seen in objects; this rule goes by the name strict.",
		Fix:   "probe the path of which only one cluster may leave at a time, such as /.well-known/cluster-health",
		Check: checkNoGuard,
	})
}

func checkNoGuard(p *analyze.Pass) {
	for _, a := range allAsks(p) {
		last := a.path[strings.LastIndex(a.path, "/")+1:]
		if a.google && strings.Contains(strings.ToLower(last), "strict") {
			p.Report(a.Object, a.at.Path(), "%s asks %s in every cluster, and nothing keeps the last one in", a.what, a.path)
		}
	}
}
