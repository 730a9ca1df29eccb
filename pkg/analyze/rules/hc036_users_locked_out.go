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
		Code: "HC036", Name: "users-locked-out", Severity: diag.Error,
		Inputs:  analyze.Kinds{"AuthorizationPolicy"},
		Summary: "probes are all that this gateway allows",
		Why:     "As soon as one ALLOW policy acts on a gateway, whatever none of them allows is denied: a policy for the probe's path alone gives users 403.",
		Fix:     "close the paths that are nobody's business by DENY, or allow the users' paths beside it",
		Check:   checkLockedOut,
	})
}

func checkLockedOut(p *analyze.Pass) {
	paths := healthPaths(asksOf(p))
	for _, policies := range policiesAtGateways(p, "ALLOW") {
		rules, all := 0, true
		for _, o := range policies {
			all = all && !generated(o) // those are written only where a gateway has other policies
			for _, rule := range o.Tree.At("spec", "rules").Items() {
				rules++
				all = all && probesOnly(rule, paths)
			}
		}
		if rules > 0 && all {
			p.Report(policies[0], "spec.rules", "only %s is allowed: users get 403", analyze.List(allowedPaths(policies)))
		}
	}
}

// probesOnly says whether a rule allows paths of probes and no others.
func probesOnly(rule manifest.Value, paths []string) bool {
	to := rule.At("to").Items()
	return len(to) > 0 && !slices.ContainsFunc(to, func(t manifest.Value) bool {
		own := t.At("operation", "paths").Texts()
		return len(own) == 0 || slices.ContainsFunc(own, func(x string) bool {
			return !slices.ContainsFunc(paths, func(health string) bool { return x == health || strings.HasPrefix(x, health+"/") })
		})
	})
}

func allowedPaths(policies []*manifest.Object) []string {
	var out []string
	for _, o := range policies {
		for _, rule := range o.Tree.At("spec", "rules").Items() {
			for _, t := range rule.At("to").Items() {
				out = append(out, t.At("operation", "paths").Texts()...)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
