package rules

import (
	"slices"
	"strings"

	networking "istio.io/api/networking/v1alpha3"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "HC007", Name: "probe-denied", Severity: diag.Error,
		Inputs:  askKinds(),
		Summary: "probes meet an access rule or a limit that is meant for users",
		Why:     "A probe has no token and no certificate: denied, it puts the cluster out. An authorization service or a rate limit that is asked for each probe takes the cluster out when it fails itself.",
		Fix:     "exempt the probe's path: notPaths in DENY and CUSTOM, a rule of its own in ALLOW, typed_per_filter_config on its route for filters",
		Check:   checkProbeDenied,
	})
}

func checkProbeDenied(p *analyze.Pass) {
	if len(atGateways(p)) == 0 {
		return
	}
	asks := slices.DeleteFunc(asksOf(p), func(a ask) bool { return a.path == "" })
	allowing := policiesAtGateways(p, "ALLOW")
	refusing := slices.Concat(policiesAtGateways(p, "DENY"), policiesAtGateways(p, "CUSTOM"))
	for _, a := range asks {
		for _, these := range allowing {
			checkAllows(p, a, these)
		}
		for _, these := range refusing {
			checkDenies(p, a, these)
		}
	}
	if len(asks) > 0 {
		checkFilters(p)
	}
}

// checkAllows: where anything is allowed by rules, the probe must be.
func checkAllows(p *analyze.Pass, a ask, policies []*manifest.Object) {
	for _, o := range policies {
		for _, rule := range o.Tree.At("spec", "rules").Items() {
			if r, _ := reachOf(rule, a.path); r != passesBy {
				return // from some addresses: another rule looks at these
			}
		}
	}
	if len(policies) > 0 {
		p.Report(policies[0], "spec.rules", "no policy of this gateway allows %s, which %s asks without token: it gets 403", a.path, a.what)
	}
}

func checkDenies(p *analyze.Pass, a ask, policies []*manifest.Object) {
	for _, o := range policies {
		for _, rule := range o.Tree.At("spec", "rules").Items() {
			if r, _ := reachOf(rule, a.path); r != everyProbe {
				continue
			}
			if o.Tree.At("spec", "action").Text() == "CUSTOM" {
				p.Report(o, rule.Path(), "an authorization service is asked about each probe of %s: when it is down, the cluster is out", a.path).As(diag.Warning)
			} else {
				p.Report(o, rule.Path(), "probes of %s are denied", a.path)
			}
		}
	}
}

// checkFilters looks for filters of gateways that ask somebody else, or count, and are not switched off anywhere by route.
func checkFilters(p *analyze.Pass) {
	exempt := map[string]bool{}
	var found []mesh.Patch
	for _, f := range p.Snapshot.EnvoyFilters {
		for _, patch := range mesh.Patches(f) {
			for _, key := range patch.Value.At("typed_per_filter_config").Keys() {
				exempt[key] = true
			}
			context := patch.Spec.GetMatch().GetContext()
			atGateway := context == networking.EnvoyFilter_GATEWAY || context == networking.EnvoyFilter_ANY
			if patch.Spec.GetApplyTo() == networking.EnvoyFilter_HTTP_FILTER && atGateway {
				found = append(found, patch)
			}
		}
	}
	for _, patch := range found {
		name := patch.Value.At("name")
		asks := strings.HasSuffix(name.Text(), "ext_authz") || strings.HasSuffix(name.Text(), "ratelimit")
		if asks && !exempt[name.Text()] {
			p.Report(patch.Filter.Object, patch.Path, "%s is asked about probes, too", name.Text()).As(diag.Warning)
		}
	}
}
