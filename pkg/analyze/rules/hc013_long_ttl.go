package rules

import (
	"slices"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "HC013", Name: "long-ttl", Severity: diag.Warning,
		Inputs:  recordKinds(),
		Summary: "answers are kept longer than a failover may take",
		Why:     "A health check moves the answer within a minute or two, and clients keep the old one for the whole TTL. external-dns writes 300 seconds where none is given.",
		Fix:     "set a TTL of 60 seconds or less",
		Check:   checkLongTTL,
	})
}

// isAlias says whether a record has no TTL of its own: external-dns makes an alias of a load balancer's name.
func isAlias(r record) bool {
	return r.at.At("aliasTarget").Exists() || specific(r.at, "alias").At("value").Bool() ||
		slices.ContainsFunc(r.at.At("targets").Texts(), isBalancer)
}

func checkLongTTL(p *analyze.Pass) {
	const most = 60
	for _, r := range recordsOf(p) {
		if !r.checked || isAlias(r) {
			continue
		}
		switch ttl, given := r.ttl.Number(); {
		case given && ttl > most:
			p.Report(r.Object, r.ttl.Path(), "clients keep %q for %d seconds after it has failed", r.name, ttl).Set(r.ttl.Path(), "60")
		case !given && r.Kind == "DNSEndpoint":
			p.Report(r.Object, r.ttl.Path(), "external-dns gives %q a TTL of 300 seconds", r.name).Set(r.ttl.Path(), "60")
		}
	}
}
