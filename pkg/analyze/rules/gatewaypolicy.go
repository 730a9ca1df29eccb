package rules

import (
	"slices"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
)

// policiesAtGateways are the AuthorizationPolicies of an action that act on a gateway's pods, for each gateway.
func policiesAtGateways(p *analyze.Pass, action string) [][]*manifest.Object {
	gateways := gatewayPods(p)
	out := make([][]*manifest.Object, 0, len(gateways))
	for _, labels := range gateways {
		var these []*manifest.Object
		for _, o := range p.Snapshot.OfKind("security.istio.io", "AuthorizationPolicy") {
			own := o.Tree.At("spec", "action").Text()
			if own == "" {
				own = "ALLOW"
			}
			if own == action && onGateway(p, o, labels) {
				these = append(these, o)
			}
		}
		out = append(out, these)
	}
	return out
}

// onGateway says whether a policy acts on the pods with these labels. Where it names none, it acts on those of its namespace,
// which is known by the Gateways in it, and those of the root namespace act on all.
func onGateway(p *analyze.Pass, o *manifest.Object, labels map[string]string) bool {
	if len(o.Tree.At("spec", "targetRefs").Items()) > 0 || o.Tree.At("spec", "targetRef").Exists() {
		return false // of the Gateway API, whose pods are other ones
	}
	if selector := o.Tree.At("spec", "selector", "matchLabels").Table(); len(selector) > 0 {
		return holds(labels, selector)
	}
	return o.Namespace == p.Root || slices.ContainsFunc(p.Snapshot.Gateways, func(g *manifest.Gateway) bool {
		return g.Namespace == o.Namespace && holds(g.Spec.GetSelector(), labels)
	})
}

// reach is how far a rule of a policy goes.
type reach int

const (
	passesBy   reach = iota // it is not about probes
	byAddress               // it is about probes from some addresses
	everyProbe              // it is about all probes
)

// reachOf says how far a rule goes for probes of the path: they come without tokens and certificates.
func reachOf(rule manifest.Value, path string) (reach, []string) {
	if to := rule.At("to").Items(); len(to) > 0 && !slices.ContainsFunc(to, func(t manifest.Value) bool { return concerns(t.At("operation"), path) }) {
		return passesBy, nil
	}
	if len(rule.At("when").Items()) > 0 {
		return passesBy, nil
	}
	from := rule.At("from").Items()
	if len(from) == 0 {
		return everyProbe, nil
	}
	var blocks []string
	for _, f := range from {
		s := f.At("source")
		own := slices.Concat(s.At("ipBlocks").Texts(), s.At("remoteIpBlocks").Texts())
		if len(own) == len(s.At("ipBlocks").Items())+len(s.At("remoteIpBlocks").Items()) && len(own) > 0 && only(s, "ipBlocks", "remoteIpBlocks") {
			blocks = append(blocks, own...)
		}
		if len(s.Keys()) == 1 && slices.Equal(s.At("notRequestPrincipals").Texts(), []string{"*"}) {
			return everyProbe, nil
		}
	}
	if len(blocks) == 0 {
		return passesBy, nil
	}
	return byAddress, blocks
}

func only(v manifest.Value, keys ...string) bool {
	return !slices.ContainsFunc(v.Keys(), func(k string) bool { return !slices.Contains(keys, k) })
}

// concerns says whether an operation is about a GET of the path.
func concerns(operation manifest.Value, path string) bool {
	fits := func(pattern string) bool { return patternFits(pattern, path) }
	methods := operation.At("methods").Texts()
	paths, not := operation.At("paths").Texts(), operation.At("notPaths").Texts()
	return (len(methods) == 0 || slices.Contains(methods, "GET") || slices.Contains(methods, "*")) &&
		(len(paths) == 0 || slices.ContainsFunc(paths, fits)) && !slices.ContainsFunc(not, fits)
}

// patternFits is a pattern with a * at one end, as policies have them.
func patternFits(pattern, path string) bool {
	if before, cut := strings.CutSuffix(pattern, "*"); cut {
		return strings.HasPrefix(path, before)
	}
	if after, cut := strings.CutPrefix(pattern, "*"); cut {
		return strings.HasSuffix(path, after)
	}
	return pattern == path
}
