package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX038", Name: "unresolvable-name", Severity: diag.Warning,
		Inputs:  analyze.Kinds{"ServiceEntry"},
		Summary: "an invented host name that no client can resolve",
		Why: "An application looks its host up before the proxy sees anything. A name that is in no public DNS is answered by " +
			"the sidecar only, if it captures DNS (ISTIO_META_DNS_CAPTURE, off by default) and the host has an address, its own " +
			"or one that istiod gives it.",
		Fix:   "give the ServiceEntry addresses, and set ISTIO_META_DNS_CAPTURE to \"true\" in the mesh's or the pods' proxyMetadata",
		Check: checkUnresolvableName,
	})
}

func checkUnresolvableName(p *analyze.Pass) {
	for _, h := range p.Hosts() {
		if len(h.Endpoints) < 2 || publicName(h.Name) || generated(h.Entry().Object) {
			continue
		}
		switch {
		case !hasAddress(h):
			p.Report(h.Entry().Object, "spec.hosts", "nobody answers for %s: it has no address, and istiod gives it none", h.Name)
		case p.MeshKnown && p.Mesh.GetDefaultConfig().GetProxyMetadata()["ISTIO_META_DNS_CAPTURE"] != "true":
			p.Report(h.Entry().Object, "spec.hosts", "nobody answers for %s where pods do not say so themselves: the mesh does not capture DNS", h.Name)
		}
	}
}

// hasAddress says whether the host has an address that its proxies know it by: its own, or one that istiod gives it.
func hasAddress(h *mesh.Host) bool {
	const automatic = "networking.istio.io/enable-autoallocate-ip"
	return len(h.Addresses) > 0 || h.Entry().Labels[automatic] != "false" && (h.IsDNS() || h.Resolution.String() == "STATIC")
}
