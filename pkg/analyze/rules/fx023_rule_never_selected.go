package rules

import (
	"slices"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX023", Name: "rule-never-selected", Severity: diag.Error,
		Inputs:  analyze.Kinds{"DestinationRule"},
		Summary: "a DestinationRule that no client ever gets",
		Why: "istiod looks for a rule in the client's namespace, then in the host's, then in the root namespace, and takes " +
			"the one for the most specific host. A rule elsewhere, one that is not exported to the client, or a wildcard " +
			"behind an exact name is never looked at, and nothing says so.",
		Fix:   "move the rule into the namespace of the host or of its clients, and check exportTo on both",
		Check: checkRuleNeverSelected,
	})
}

func checkRuleNeverSelected(p *analyze.Pass) {
	used := map[*manifest.DestinationRule]bool{}
	for _, c := range p.Clusters() {
		if c.Rule != nil {
			for _, dr := range c.Rule.From {
				used[dr] = true
			}
		}
	}
	for _, dr := range p.Snapshot.DestinationRules {
		host := mesh.FullHost(dr.Spec.GetHost(), dr.Namespace)
		hosts := p.HostsNamed(host)
		if used[dr] || len(hosts) == 0 || len(hosts[0].Ports) == 0 {
			continue
		}
		if !slices.ContainsFunc(hosts, func(h *mesh.Host) bool { return p.VisibleTo(h, dr.Namespace) }) {
			p.Report(dr.Object, "spec.host", "no client gets this rule: clients of namespace %s do not see %s, which is not exported to them", dr.Namespace, host)
			continue
		}
		p.Report(dr.Object, "spec.host", "no client gets this rule: for clients that see %s another rule comes first, or exportTo keeps this one from them", host)
	}
}
