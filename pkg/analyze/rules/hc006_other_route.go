package rules

import (
	"strconv"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "HC006", Name: "other-route", Severity: diag.Error,
		Inputs:  askKinds(),
		Summary: "the probe's path does not get where it is meant to go",
		Why:     "Routes are tried in order, and the first that fits answers. Without any the gateway answers 404; behind a shorter prefix the health route is never reached, and an application answers for the cluster.",
		Fix:     "put a route with uri: {exact: <the path>} first, without rewriting it",
		Check:   checkOtherRoute,
	})
}

func checkOtherRoute(p *analyze.Pass) {
	for _, a := range asksOf(p) {
		if a.path == "" || a.path == "/" {
			continue
		}
		services := forAsk(p, a)
		taken := false
		for _, vs := range services {
			i := takenBy(vs, a.path)
			taken = taken || i >= 0
			if i >= 0 {
				checkShadow(p, a, vs, i)
			}
		}
		if len(services) > 0 && !taken {
			p.Report(services[0].Object, "spec.http", "%s asks %s, which no route here takes: the gateway answers 404", a.what, a.path)
		}
	}
}

// checkShadow looks for a route of the path's own behind the one that takes it, and at what that one makes of the path.
func checkShadow(p *analyze.Pass, a ask, vs *manifest.VirtualService, first int) {
	routes := vs.Spec.GetHttp()
	for i := first + 1; i < len(routes); i++ {
		for _, m := range routes[i].GetMatch() {
			if isAbout(m.GetUri(), a.path) && !anyAbout(routes[first].GetMatch(), a.path) {
				p.Report(vs.Object, "spec.http["+strconv.Itoa(i)+"]", "%s is taken by spec.http[%d] before: this route is never reached", a.path, first)
				return
			}
		}
	}
	if to := routes[first].GetRewrite().GetUri(); to != "" && to != a.path && anyAbout(routes[first].GetMatch(), a.path) {
		p.Report(vs.Object, "spec.http["+strconv.Itoa(first)+"].rewrite", "%s asks %s, and %s is what answers", a.what, a.path, to).As(diag.Warning).
			WithHint("let the server answer the path itself: what the load balancer goes by then shows in one place")
	}
}
