package rules

import (
	"net/netip"
	"slices"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "HC028", Name: "probe-sources", Severity: diag.Error,
		Inputs:  askKinds(),
		Summary: "the addresses that probes come from are shut out",
		Why:     "Google's load balancers probe, and send users, from 35.191.0.0/16 and 130.211.0.0/22. Where the gateway or a firewall lets others in only, every backend is unhealthy. Route 53's addresses change and are not judged.",
		Fix:     "let both ranges in",
		Check:   checkProbeSources,
	})
}

func checkProbeSources(p *analyze.Pass) {
	asks := slices.DeleteFunc(asksOf(p), func(a ask) bool { return !a.google })
	if len(asks) == 0 {
		return
	}
	for _, labels := range gatewayPods(p) {
		for _, o := range p.Snapshot.OfKind("networking.k8s.io", "NetworkPolicy") {
			checkNetworkPolicy(p, o, labels)
		}
	}
	allowing := policiesAtGateways(p, "ALLOW")
	for _, a := range asks {
		for _, these := range allowing {
			checkAllowedSources(p, a, these)
		}
	}
	for _, o := range p.Snapshot.OfKind("compute.cnrm.cloud.google.com", "ComputeFirewall") {
		ranges := o.Tree.At("spec", "sourceRanges")
		of := slices.ContainsFunc(ranges.Texts(), func(r string) bool {
			return slices.ContainsFunc(googleRanges(), func(p netip.Prefix) bool { return p.String() == r })
		})
		if lacks := missing(ranges.Texts()); of && lacks.IsValid() && o.Tree.At("spec", "allow").Exists() {
			p.Report(o, ranges.Path(), "probes from %s are not let in", lacks)
		}
	}
}

// checkNetworkPolicy looks at one that acts on gateways: any other one may let probes in, so this one alone must not.
func checkNetworkPolicy(p *analyze.Pass, o *manifest.Object, labels map[string]string) {
	s := o.Tree.At("spec")
	selector := s.At("podSelector", "matchLabels").Table()
	types := s.At("policyTypes").Texts()
	if len(selector) == 0 || !holds(labels, selector) || len(types) > 0 && !slices.Contains(types, "Ingress") {
		return
	}
	var blocks []string
	for _, other := range p.Snapshot.OfKind("networking.k8s.io", "NetworkPolicy") {
		if other.Namespace != o.Namespace || !holds(labels, other.Tree.At("spec", "podSelector", "matchLabels").Table()) {
			continue
		}
		for _, rule := range other.Tree.At("spec", "ingress").Items() {
			if len(rule.At("from").Items()) == 0 {
				return // anybody
			}
			for _, f := range rule.At("from").Items() {
				blocks = append(blocks, f.At("ipBlock", "cidr").Text())
			}
		}
	}
	if lacks := missing(blocks); lacks.IsValid() {
		p.Report(o, s.At("ingress").Path(), "probes from %s do not get to the gateway", lacks)
	}
}

func checkAllowedSources(p *analyze.Pass, a ask, policies []*manifest.Object) {
	var blocks []string
	var at *manifest.Object
	for _, o := range policies {
		for _, rule := range o.Tree.At("spec", "rules").Items() {
			r, own := reachOf(rule, a.path)
			if r == everyProbe {
				return
			}
			if r == byAddress && at == nil {
				at = o
			}
			blocks = append(blocks, own...)
		}
	}
	if lacks := missing(blocks); at != nil && lacks.IsValid() {
		p.Report(at, "spec.rules", "probes of %s from %s are denied", a.path, lacks)
	}
}
