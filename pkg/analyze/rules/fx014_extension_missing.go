package rules

import (
	"slices"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX014", Name: "extension-missing", Severity: diag.Error,
		Inputs:  analyze.Kinds{"EnvoyFilter"},
		Summary: "an Envoy extension that Istio's proxy does not have",
		Why: "istiod knows the type and accepts the patch, but the proxy is built without it and refuses the whole cluster " +
			"or listener: the old configuration stays, or the host does not exist.",
		Fix:   "use envoy.clusters.aggregate, or an egress gateway with one port for each region",
		Check: checkExtensionMissing,
	})
}

// missingExtensions are parts of Envoy that Istio's proxy is built without, by what their type URLs hold.
func missingExtensions() []string {
	return []string{"extensions.clusters.composite.", "load_balancing_policies.wrr_locality.", "extensions.clusters.mcp_multicluster.", "mcp_multicluster"}
}

func checkExtensionMissing(p *analyze.Pass) {
	for _, f := range p.Snapshot.EnvoyFilters {
		for _, patch := range mesh.Patches(f) {
			eachField(patch.Value, func(v manifest.Value) {
				url := v.Text()
				if !strings.HasSuffix(v.Path(), ".@type") {
					return
				}
				if slices.ContainsFunc(missingExtensions(), func(part string) bool { return strings.Contains(url, part) }) {
					p.Report(f.Object, v.Path(), "Istio's proxy is built without %s", strings.TrimPrefix(url, "type.googleapis.com/"))
				}
			})
		}
	}
}

// eachField visits a value and all that is in it.
func eachField(v manifest.Value, visit func(manifest.Value)) {
	visit(v)
	for _, key := range v.Keys() {
		eachField(v.At(key), visit)
	}
	for _, item := range v.Items() {
		eachField(item, visit)
	}
}
