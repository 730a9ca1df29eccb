package rules

import (
	"time"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "HC009", Name: "slower-than-probe", Severity: diag.Warning,
		Inputs:  askKinds(),
		Summary: "the answer may come after the probe has given up",
		Why:     "A probe that gave up counts as a failure, whatever the answer would have been. Route 53 waits two seconds for it, and that cannot be set. How long an answer takes as a rule cannot be seen in objects; what the gateway grants it can.",
		Fix:     "give the health route a timeout below that of the probe",
		Check:   checkSlower,
	})
}

func checkSlower(p *analyze.Pass) {
	asks := asksOf(p)
	for _, r := range healthRoutes(p, asks) {
		for _, a := range asks {
			limit, grant := time.Duration(a.timeout)*time.Second, r.http.GetTimeout().AsDuration()
			if a.path == r.path && grant > 0 && grant >= limit {
				p.Report(r.Object, r.at+".timeout", "the gateway waits up to %s, and %s gives up after %s", grant, a.what, limit)
			}
		}
	}
}
