package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "HC014", Name: "multi-value-text", Severity: diag.Warning,
		Inputs:  analyze.Kinds{"DNSEndpoint"},
		Summary: "the value of aws/multi-value-answer is ignored",
		Why:     "That the setting is there switches it on, whatever its value: false does so, too. It is read back as empty, so that any other value is written again in every round.",
		Fix:     "write an empty value, or remove the setting",
		Check:   checkMultiValueText,
	})
}

func checkMultiValueText(p *analyze.Pass) {
	for _, o := range p.Snapshot.OfKind("externaldns.k8s.io", "DNSEndpoint") {
		for _, e := range o.Tree.At("spec", "endpoints").Items() {
			s := specific(e, "aws/multi-value-answer")
			if value := s.At("value"); value.Text() != "" {
				p.Report(o, value.Path(), "aws/multi-value-answer is on, whatever its value: %q never settles", value.Text()).Set(value.Path(), `""`)
			}
		}
	}
}
