package rules

import (
	"strconv"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX041", Name: "host-out-of-sight", Severity: diag.Warning,
		Inputs:  analyze.Kinds{"Sidecar"},
		Summary: "a Sidecar hides a host from the clients that have rules for it",
		Why: "Proxies know only what the Sidecar in force imports, as namespace/host, and what is exported to them. For a host " +
			"out of sight there is no cluster: requests go past the failover, by passthrough or into 502.",
		Fix:   "import the host in egress.hosts as NAMESPACE/HOST, and export it to the namespace",
		Check: checkHostOutOfSight,
	})
}

func checkHostOutOfSight(p *analyze.Pass) {
	for _, s := range p.Snapshot.Sidecars {
		client := mesh.Client{Namespace: s.Namespace, Labels: s.Spec.GetWorkloadSelector().GetLabels()}
		if s.Namespace == p.Root || p.Scope(client) != s {
			continue
		}
		for i, e := range s.Spec.GetEgress() {
			for j, name := range e.GetHosts() {
				importsNothing(p, s, client, name, "spec.egress["+strconv.Itoa(i)+"].hosts["+strconv.Itoa(j)+"]")
			}
		}
		for _, dr := range p.Snapshot.DestinationRules {
			host := mesh.FullHost(dr.Spec.GetHost(), dr.Namespace)
			hosts := p.HostsNamed(host)
			if dr.Namespace == s.Namespace && len(hosts) > 0 && p.ResolveFor(client, host) == nil {
				p.Report(s.Object, "spec.egress", "clients of namespace %s do not see %s, although %s is for it", s.Namespace, host, dr)
			}
		}
	}
}

// importsNothing tells of an imported name that is not where the import looks for it, but elsewhere.
func importsNothing(p *analyze.Pass, s *manifest.Sidecar, client mesh.Client, name, path string) {
	namespace, host, _ := strings.Cut(name, "/")
	hosts := p.HostsNamed(host)
	if len(hosts) == 0 || strings.HasPrefix(namespace, "~") || p.ResolveFor(client, host) != nil {
		return
	}
	if h := hosts[0]; p.VisibleTo(h, s.Namespace) {
		p.Report(s.Object, path, "%s imports nothing: %s is in namespace %s", name, host, h.Namespace)
	} else {
		p.Report(s.Object, path, "%s imports nothing: %s is not exported to namespace %s", name, host, s.Namespace)
	}
}
