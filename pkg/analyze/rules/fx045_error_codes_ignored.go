package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX045", Name: "error-codes-ignored", Severity: diag.Warning,
		Inputs:  analyze.Kinds{"DestinationRule"},
		Summary: "a list of error codes that istiod does not read",
		Why: "The API has outlierDetectionHttpErrorCodes, and no istiod up to 1.31 makes anything of it: other " +
			"codes than those listed go on to eject, and listed ones beyond 5xx do not.",
		Fix:   "leave it out",
		Check: checkErrorCodesIgnored,
	})
}

func checkErrorCodesIgnored(p *analyze.Pass) {
	for _, dr := range p.Snapshot.DestinationRules {
		for _, at := range policiesOf(dr) {
			if len(at.od.GetOutlierDetectionHttpErrorCodes()) == 0 {
				continue
			}
			path := at.path + ".outlierDetection.outlierDetectionHttpErrorCodes"
			p.Report(dr.Object, path, "istiod %s does not read this list", p.Versions.Istiod).Remove(path)
		}
	}
}
