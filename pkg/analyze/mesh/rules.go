package mesh

import (
	"maps"
	"slices"
	"strings"

	networking "istio.io/api/networking/v1alpha3"

	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
)

// Rule is a DestinationRule as it acts: several for one host in one namespace are merged, and the first keeps its policy.
type Rule struct {
	Host      string // the full name
	Namespace string
	From      []*manifest.DestinationRule // those merged, the first one first
	// Policy is the DestinationRule whose trafficPolicy acts; nil if none has one.
	Policy   *manifest.DestinationRule
	Subsets  []Subset
	Selector map[string]string

	exportTo []string // sorted, without duplicates
}

// Subset is a named part of a host's endpoints.
type Subset struct {
	*networking.Subset
	From *manifest.DestinationRule
	Path string // in From, such as spec.subsets[0]
}

// Subset finds a subset by name.
func (r *Rule) Subset(name string) (Subset, bool) {
	i := slices.IndexFunc(r.Subsets, func(s Subset) bool { return s.GetName() == name })
	if i < 0 {
		return Subset{}, false
	}
	return r.Subsets[i], true
}

// hostRules are rules by host; those with a wildcard apart, since they are looked through one by one.
type hostRules struct {
	exact, wild map[string][]*Rule
}

func newHostRules() *hostRules {
	return &hostRules{exact: map[string][]*Rule{}, wild: map[string][]*Rule{}}
}

func (r *hostRules) of(host string) map[string][]*Rule {
	if strings.HasPrefix(host, "*") {
		return r.wild
	}
	return r.exact
}

// ruleIndex is where rules are looked up: a client's own namespace first, then those that export.
type ruleIndex struct {
	local, exported map[string]*hostRules
	rootLocal       *hostRules
}

// wildcards are the namespaces that have rules for many hosts at once.
func (m *Model) wildcards() []string {
	var out []string
	for ns, r := range m.rules.local {
		if len(r.wild) > 0 && ns != m.Root {
			out = append(out, ns)
		}
	}
	slices.Sort(out)
	return out
}

// FullHost is a host as istiod reads it in an object of the namespace: short names are services of that namespace.
func FullHost(host, namespace string) string {
	if host == "" || strings.Contains(host, ".") || strings.HasPrefix(host, "*") {
		return host
	}
	return host + "." + namespace + ".svc.cluster.local"
}

func (m *Model) buildRules() {
	m.rules = ruleIndex{local: map[string]*hostRules{}, exported: map[string]*hostRules{}, rootLocal: newHostRules()}
	ordered := slices.Clone(m.Snapshot.DestinationRules)
	slices.SortStableFunc(ordered, func(a, b *manifest.DestinationRule) int { // those with a selector come first
		return boolean(a.Spec.GetWorkloadSelector() == nil) - boolean(b.Spec.GetWorkloadSelector() == nil)
	})
	for _, dr := range ordered {
		m.addOwner(FullHost(dr.Spec.GetHost(), dr.Namespace), dr.Namespace)
		exportTo := slices.Compact(slices.Sorted(slices.Values(dr.Spec.GetExportTo())))
		if dr.Spec.GetWorkloadSelector() != nil {
			exportTo = []string{"."}
		}
		into := func(index map[string]*hostRules) {
			if index[dr.Namespace] == nil {
				index[dr.Namespace] = newHostRules()
			}
			index[dr.Namespace].merge(dr, exportTo)
		}
		if exported(exportTo, nil, dr.Namespace, dr.Namespace) {
			into(m.rules.local)
		}
		switch {
		case !m.isPrivate(exportTo, dr.Namespace):
			into(m.rules.exported)
		case dr.Namespace == m.Root:
			m.rules.rootLocal.merge(dr, exportTo)
		}
	}
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (m *Model) isPrivate(exportTo []string, namespace string) bool {
	if len(exportTo) == 0 {
		return slices.Contains(m.Mesh.GetDefaultDestinationRuleExportTo(), ".")
	}
	return len(exportTo) == 1 && (exportTo[0] == "." || exportTo[0] == namespace)
}

// merge adds a DestinationRule to those of its host. Rules with other readers or another selector stay apart; the order of
// these questions, and that the last rule looked at decides, is istiod's.
func (r *hostRules) merge(dr *manifest.DestinationRule, exportTo []string) {
	host := FullHost(dr.Spec.GetHost(), dr.Namespace)
	added := &Rule{Host: host, Namespace: dr.Namespace, Selector: selectorOf(dr), exportTo: exportTo}
	apart := true
	for _, have := range r.of(host)[host] {
		same := slices.Equal(exportTo, have.exportTo)
		if !same && (len(have.exportTo) == 0 || !superset(exportTo, have.exportTo)) {
			apart = true
			continue
		}
		apart = !same
		switch {
		case added.Selector != nil && have.Selector != nil && !maps.Equal(added.Selector, have.Selector):
			apart = true
			continue
		case (added.Selector == nil) == (have.Selector == nil):
			apart = false
		}
		have.take(dr)
	}
	if apart {
		added.take(dr)
		r.of(host)[host] = append(r.of(host)[host], added)
	}
}

// selectorOf is the selector of a rule, nil if it has none.
func selectorOf(dr *manifest.DestinationRule) map[string]string {
	if dr.Spec.GetWorkloadSelector() == nil {
		return nil
	}
	out := map[string]string{}
	maps.Copy(out, dr.Spec.GetWorkloadSelector().GetMatchLabels())
	return out
}

func superset(set, of []string) bool {
	return !slices.ContainsFunc(of, func(x string) bool { return !slices.Contains(set, x) })
}

// take merges one more DestinationRule: new subsets are added, a policy only where there is none.
func (r *Rule) take(dr *manifest.DestinationRule) {
	r.From = append(r.From, dr)
	if r.Policy == nil && dr.Spec.GetTrafficPolicy() != nil {
		r.Policy = dr
	}
	for i, s := range dr.Spec.GetSubsets() {
		if _, have := r.Subset(s.GetName()); !have {
			r.Subsets = append(r.Subsets, Subset{Subset: s, From: dr, Path: indexed("spec.subsets", i)})
		}
	}
}

// RuleFor is the rule in force for a host, for clients of a namespace with these labels: nil if there is none. The
// client's own namespace comes first, then the host's, then the root namespace; no other is looked at.
func (m *Model) RuleFor(client Client, host, hostNamespace string) *Rule {
	return pick(m.RulesFor(client.Namespace, host, hostNamespace), client)
}

// RulesFor are the rules among which the labels of a client choose.
func (m *Model) RulesFor(client, host, hostNamespace string) []*Rule {
	if client != m.Root {
		if found := m.rules.local[client].mostSpecific(host); found != nil {
			return found
		}
	} else if found := m.rules.rootLocal.mostSpecific(host); found != nil {
		return found
	}
	for _, ns := range []string{hostNamespace, m.Root} {
		var out []*Rule
		for _, r := range m.rules.exported[ns].mostSpecific(host) {
			if len(r.exportTo) == 0 || slices.Contains(r.exportTo, "*") || slices.Contains(r.exportTo, client) {
				out = append(out, r)
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return nil
}

func pick(rules []*Rule, client Client) *Rule {
	var rest *Rule
	for _, r := range rules {
		if r.Selector == nil {
			rest = r
		} else if r.Namespace == client.Namespace && within(r.Selector, client.Labels) {
			return r
		}
	}
	return rest
}

// mostSpecific finds the rules for the name itself, or for the longest wildcard that covers it.
func (r *hostRules) mostSpecific(host string) []*Rule {
	if r == nil {
		return nil
	}
	if found := r.of(host)[host]; found != nil {
		return found
	}
	name := strings.TrimPrefix(host, "*")
	best := ""
	for pattern := range r.wild {
		rest, wild := strings.CutPrefix(pattern, "*")
		if wild && strings.HasSuffix(name, rest) && (best == "" || len(pattern) > len(best)) {
			best = pattern
		}
	}
	if best == "" {
		return nil
	}
	return r.wild[best]
}
