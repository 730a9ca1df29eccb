package rules

import (
	networking "istio.io/api/networking/v1alpha3"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX013", Name: "newer-than-proxies", Severity: diag.Error,
		Inputs:  analyze.Kinds{"EnvoyFilter"},
		Summary: "an EnvoyFilter needs a newer proxy than the oldest in use",
		Why: "A proxy that does not know a field passes over it in silence, and an older istiod refuses the patch: the " +
			"endpoint keeps the shared name, or nothing is ejected.",
		Fix:   "match the versions with match.proxy.proxyVersion, and keep subjectAltNames for the older ones",
		Check: checkNewerThanProxies,
	})
}

// newField is a field of a cluster and the first version of Istio whose proxies know it.
type newField struct {
	path  []string
	since mesh.Version
}

func newFields() []newField {
	return []newField{
		{[]string{"transport_socket", "typed_config", "auto_host_sni"}, 25},
		{[]string{"transport_socket", "typed_config", "auto_sni_san_validation"}, 25},
		{[]string{"outlier_detection", "always_eject_one_host"}, 23},
	}
}

func checkNewerThanProxies(p *analyze.Pass) {
	for _, patch := range clusterMerges(p.Snapshot) {
		report := func(path, what string, since mesh.Version) {
			guarded := patch.Spec.GetMatch().GetProxy().GetProxyVersion() != ""
			switch {
			case !p.Versions.Known && !guarded:
				p.Unknown(analyze.ProxyVersions)
			case p.Versions.Known && p.Versions.Oldest < since && patch.ForVersion(p.Versions.Oldest):
				p.Report(patch.Filter.Object, path, "%s needs Istio %s, and proxies of %s are in use", what, since, p.Versions.Oldest)
			}
		}
		for _, f := range newFields() {
			if v := patch.Value.At(f.path...); v.Exists() {
				report(v.Path(), f.path[len(f.path)-1], f.since)
			}
		}
		if patch.Spec.GetPatch().GetOperation() == networking.EnvoyFilter_Patch_MERGE_AND_REPLACE_LIST {
			report(patch.Path+".patch.operation", "MERGE_AND_REPLACE_LIST", 31)
		}
	}
}
