package rules

import (
	"regexp"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "HC037", Name: "http-one-zero", Severity: diag.Error,
		Inputs:  analyze.Kinds{"ConfigMap"},
		Summary: "the checker speaks HTTP/1.0, which gateways refuse",
		Why:     "HAProxy's option httpchk sends HTTP/1.0 unless told otherwise, and Istio's gateways answer 426 to it: every backend is down.",
		Fix:     "http-check send meth GET uri PATH ver HTTP/1.1 hdr Host NAME",
		Check:   checkHTTPOneZero,
	})
}

func checkHTTPOneZero(p *analyze.Pass) {
	if len(p.Snapshot.Gateways) == 0 && len(atGateways(p)) == 0 {
		return // what it checks is perhaps no gateway of Istio's
	}
	option := regexp.MustCompile(`(?m)^\s*option\s+httpchk\b[^\n]*`)
	for _, o := range p.Snapshot.OfKind("", "ConfigMap") {
		data := o.Tree.At("data")
		for _, key := range data.Keys() {
			text := data.At(key).Text()
			if strings.Contains(text, "ver HTTP/1.1") {
				continue // by http-check send
			}
			for _, line := range option.FindAllString(text, -1) {
				if !strings.Contains(line, "HTTP/1.1") {
					p.Report(o, "data", "%s: %q asks by HTTP/1.0 and gets 426", key, strings.TrimSpace(line))
				}
			}
		}
	}
}
