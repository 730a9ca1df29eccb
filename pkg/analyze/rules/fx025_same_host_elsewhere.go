package rules

import (
	"slices"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX025", Name: "same-host-elsewhere", Severity: diag.Error,
		Inputs:  analyze.Kinds{"ServiceEntry"},
		Summary: "a host is defined in two namespaces that clients see",
		Why: "A client gets the definition in its own namespace, or else an older one; the endpoints of all others do not " +
			"exist for it. Which one that is changes when objects are created anew.",
		Fix:   "define the host once, or keep the definitions apart with exportTo",
		Check: checkSameHostElsewhere,
	})
}

func checkSameHostElsewhere(p *analyze.Pass) {
	for _, h := range p.Hosts() {
		for _, other := range p.HostsNamed(h.Name) {
			if other == h || h.Namespace < other.Namespace || sameEndpoints(h, other) || !seenTogether(p, h, other) {
				continue
			}
			p.Report(h.Entry().Object, "spec.hosts", "%s is also defined by %s, with other endpoints: a client that sees both gets one of them",
				h.Name, other.Entry())
		}
	}
}

// seenTogether says whether clients of any third namespace, or of one of the two, see both hosts.
func seenTogether(p *analyze.Pass, a, b *mesh.Host) bool {
	const elsewhere = "\x00"
	both := func(ns string) bool { return p.VisibleTo(a, ns) && p.VisibleTo(b, ns) }
	return both(elsewhere) || slices.ContainsFunc(slices.Concat(a.Entry().Spec.GetExportTo(), b.Entry().Spec.GetExportTo()), func(ns string) bool {
		return ns != "." && ns != "*" && ns != "~" && ns != a.Namespace && ns != b.Namespace && both(ns)
	})
}

func sameEndpoints(a, b *mesh.Host) bool {
	return slices.EqualFunc(a.Endpoints, b.Endpoints, func(x, y mesh.Endpoint) bool {
		return x.Address == y.Address && x.Locality == y.Locality
	}) && a.Resolution == b.Resolution
}
