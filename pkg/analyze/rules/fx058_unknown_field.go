package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX058", Name: "unknown-field", Severity: diag.Error,
		Inputs:  analyze.Kinds{"ServiceEntry", "DestinationRule", "VirtualService"},
		Summary: "a field that Istio does not have",
		Why: "The API server drops what it does not know, and nothing says so. Mostly the field stands one level " +
			"too high, as localityLbSetting directly under trafficPolicy: then the whole order of the regions " +
			"is lost.",
		Fix:   "move it to its place: spec.trafficPolicy.loadBalancer.localityLbSetting.failover",
		Check: checkUnknownField,
	})
}

func checkUnknownField(p *analyze.Pass) {
	for _, o := range p.Snapshot.Objects {
		if o.Kind != "ServiceEntry" && o.Kind != "DestinationRule" && o.Kind != "VirtualService" {
			continue
		}
		for _, d := range o.Dropped {
			switch place, known := placeOf(d.Name); {
			case d.Reason != "":
				p.Report(o, d.Path, "the value is refused: %s", d.Reason).WithHint("correct it")
			case known:
				p.Report(o, d.Path, "there is no %s here, so that it is dropped with all that it holds", d.Name).WithHint("move it to %s", place)
			default:
				f := p.Report(o, d.Path, "there is no field %s here, so that it is dropped", d.Name)
				if near, found := diag.Closest(d.Name, d.Known); found {
					f.WithHint("did you mean %s?", near)
				} else {
					f.WithHint("the fields here are %s", analyze.List(d.Known))
				}
			}
		}
	}
}

// placeOf is where settings belong that are often written one level too high.
func placeOf(name string) (string, bool) {
	const lb = "trafficPolicy.loadBalancer"
	place, known := map[string]string{
		"localityLbSetting": lb + ".localityLbSetting", "failover": lb + ".localityLbSetting.failover",
		"distribute": lb + ".localityLbSetting.distribute", "failoverPriority": lb + ".localityLbSetting.failoverPriority",
		"outlierDetection": "trafficPolicy.outlierDetection", "connectionPool": "trafficPolicy.connectionPool",
	}[name]
	return place, known
}
