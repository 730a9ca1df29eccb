package rules

import (
	"slices"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "HC030", Name: "no-end", Severity: diag.Error,
		Summary: "a strict mode that nobody ends",
		Why:     "The strict answer is for the time of a change. Left on, any service that breaks weeks later takes a whole cluster out. A route to the strict path ends when somebody remembers it.",
		Fix:     "let the mode end by itself: spillway mode strict --for 2h --reason ...",
		Check:   checkNoEnd,
	})
}

func checkNoEnd(p *analyze.Pass) {
	for _, r := range strictRoutes(p, p.Snapshot.VirtualServices) {
		p.Report(r.Object, r.at+".rewrite", "%s is answered by %s until somebody changes it back", r.path, r.http.GetRewrite().GetUri())
	}
	for _, o := range p.Snapshot.OfKind("batch", "CronJob") {
		pod := o.Tree.At("spec", "jobTemplate", "spec", "template", "spec")
		for _, c := range pod.At("containers").Items() {
			words := slices.Concat(c.At("command").Texts(), c.At("args").Texts())
			i := slices.Index(words, "mode")
			strict := i >= 0 && i+1 < len(words) && (words[i+1] == "strict" || words[i+1] == "drain")
			if strict && !slices.ContainsFunc(words, func(w string) bool { return w == "--for" || strings.HasPrefix(w, "--for=") }) {
				p.Report(o, c.At("args").Path(), "it sets the mode %s without an end", words[i+1])
			}
		}
	}
}

// strictRoutes are the health routes that are rewritten to a strict path.
func strictRoutes(p *analyze.Pass, services []*manifest.VirtualService) []healthRoute {
	return slices.DeleteFunc(healthRoutesOf(services, asksOf(p)), func(r healthRoute) bool {
		to := r.http.GetRewrite().GetUri()
		return !strings.Contains(strings.ToLower(to[strings.LastIndex(to, "/")+1:]), "strict")
	})
}
