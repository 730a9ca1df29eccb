package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX033", Name: "min-health-percent", Severity: diag.Note,
		Inputs:  analyze.Kinds{"ServiceEntry"},
		Summary: "after a total outage the first region back is not used at once",
		Why: "With minHealthPercent 0 a host whose endpoints are all ejected is answered 503 until an ejection ends, " +
			"although a region is back: 2 to 8 s on a live proxy, with 1 it was 0 s. It has no other effect while any " +
			"region is healthy.",
		Fix:   "set outlierDetection.minHealthPercent: 1",
		Check: checkMinHealthPercent,
	})
}

func checkMinHealthPercent(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		if !c.IsFailover() || !c.Used() || c.OutlierDetection().GetMinHealthPercent() > 0 || most(c, regionsOf(p, c)) < 2 {
			continue
		}
		if o, path := c.Policy.OutlierDetection.At(); o != nil {
			p.Report(o, path+".minHealthPercent", "%s answers 503 until an ejection ends when all regions were down, although one is back", c).
				WithHint("set minHealthPercent: 1").Set(path+".minHealthPercent", "1")
		}
	}
}
