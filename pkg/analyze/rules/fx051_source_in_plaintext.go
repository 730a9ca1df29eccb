package rules

import (
	"fmt"
	"strings"

	meshconfig "istio.io/api/mesh/v1alpha1"
	networking "istio.io/api/networking/v1alpha3"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX051", Name: "source-in-plaintext", Severity: diag.Error,
		Summary: "istiod reads its configuration without TLS, or from one place that may be away",
		Why: "For a source of configuration that is served over xDS istiod knows TLS of mode SIMPLE only: MUTUAL and " +
			"ISTIO_MUTUAL fall back to plaintext without a word. It exits if the server is away when it starts. And without " +
			"k8s:// beside it there is no Gateway API, no status and no object of the cluster's own.",
		Fix:   "use tlsSettings.mode SIMPLE with the server's authority, and list k8s:// as a further source",
		Check: checkSourceInPlaintext,
	})
}

func checkSourceInPlaintext(p *analyze.Pass) {
	sources := p.Mesh.GetConfigSources()
	o := p.Snapshot.MeshObject()
	if o == nil || len(sources) == 0 {
		return
	}
	served, cluster := 0, false
	for i, s := range sources {
		served += oneIf(strings.HasPrefix(s.GetAddress(), "xds://"))
		cluster = cluster || strings.HasPrefix(s.GetAddress(), "k8s://")
		if m := s.GetTlsSettings().GetMode(); strings.HasPrefix(s.GetAddress(), "xds://") && plaintext(s) {
			p.Report(o, "data.mesh", "configSources[%d], %s, is read in plaintext: %s", i, s.GetAddress(), why(m))
		}
	}
	if served > 0 && !cluster {
		p.Report(o, "data.mesh", "configSources lacks k8s://: what is in the cluster does not count, and there is no Gateway API")
	}
}

func plaintext(s *meshconfig.ConfigSource) bool {
	mode := s.GetTlsSettings().GetMode()
	return mode == networking.ClientTLSSettings_MUTUAL || mode == networking.ClientTLSSettings_ISTIO_MUTUAL
}

func why(mode networking.ClientTLSSettings_TLSmode) string {
	return fmt.Sprintf("of mode %s istiod knows nothing here", mode)
}

func oneIf(b bool) int {
	if b {
		return 1
	}
	return 0
}
