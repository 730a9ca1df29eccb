package rules

import (
	"strconv"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "HC003", Name: "redirected", Severity: diag.Error,
		Inputs:  askKinds(),
		Summary: "a route redirects the probe",
		Why:     "Google's load balancers take 200 only, and a redirect puts every backend out. Route 53 and the Network Load Balancer take it for healthy, whatever is behind it.",
		Fix:     "put a route of the probe's path before the redirect; match the body too where 3xx counts as healthy",
		Check:   checkRedirected,
	})
}

func checkRedirected(p *analyze.Pass) {
	for _, a := range asksOf(p) {
		if a.path == "" || !a.plain {
			continue
		}
		for _, vs := range forAsk(p, a) {
			if i := takenBy(vs, a.path); i >= 0 && vs.Spec.GetHttp()[i].GetRedirect() != nil {
				p.Report(vs.Object, "spec.http["+strconv.Itoa(i)+"].redirect", "%s asks %s and is redirected: %s", a.what, a.path, consequence(a))
			}
		}
		for _, o := range p.Snapshot.OfKind("gateway.networking.k8s.io", "HTTPRoute") {
			if hosts := o.Tree.At("spec", "hostnames").Texts(); !behindBalancer(p, o) || len(hosts) > 0 && !answersHost(hosts, a.host) {
				continue
			}
			if f := redirectOf(o, a.path); f.Exists() {
				p.Report(o, f.Path(), "%s asks %s and is redirected: %s", a.what, a.path, consequence(a))
			}
		}
	}
}

func consequence(a ask) string {
	if a.google {
		return "every backend is unhealthy"
	}
	return "it is healthy whatever is behind the gateway"
}

// behindBalancer says whether a route is known to be one of a gateway's pods, rather than of the load balancer itself.
func behindBalancer(p *analyze.Pass, route *manifest.Object) bool {
	for _, ref := range route.Tree.At("spec", "parentRefs").Items() {
		for _, g := range p.Snapshot.OfKind("gateway.networking.k8s.io", "Gateway") {
			namespace := ref.At("namespace").Text()
			if g.Name == ref.At("name").Text() && (namespace == g.Namespace || namespace == "" && route.Namespace == g.Namespace) {
				return !strings.HasPrefix(g.Tree.At("spec", "gatewayClassName").Text(), "gke-")
			}
		}
	}
	return false
}

// redirectOf is the redirect of the rule of an HTTPRoute that takes a path: the longest match does.
func redirectOf(o *manifest.Object, path string) manifest.Value {
	best, filter := -1, manifest.Value{}
	for _, rule := range o.Tree.At("spec", "rules").Items() {
		length := longestMatch(rule, path)
		if length <= best {
			continue
		}
		best, filter = length, manifest.Value{}
		for _, f := range rule.At("filters").Items() {
			if f.At("type").Text() == "RequestRedirect" {
				filter = f
			}
		}
	}
	return filter
}

// longestMatch is how well a rule matches a path: -1 if not at all, more than any prefix if exactly.
func longestMatch(rule manifest.Value, path string) int {
	matches := rule.At("matches").Items()
	if len(matches) == 0 {
		return 0
	}
	best := -1
	for _, m := range matches {
		switch v := m.At("path", "value").Text(); m.At("path", "type").Text() {
		case "Exact":
			if v == path {
				best = len(path) + 1
			}
		default:
			if v == "" || v == "/" || patternFits(v+"*", path) {
				best = max(best, len(v))
			}
		}
	}
	return best
}
