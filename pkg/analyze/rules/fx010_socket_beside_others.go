package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX010", Name: "socket-beside-others", Severity: diag.Error,
		Inputs:  analyze.Kinds{"EnvoyFilter"},
		Summary: "a patch with transport_socket loses all its other fields",
		Why: "istiod handles a merge with a transport_socket apart, and drops everything else in the same value in " +
			"silence: outlier_detection and health_checks beside it had vanished on a real istiod.",
		Fix:   "put transport_socket into a patch of its own",
		Check: checkSocketBesideOthers,
	})
}

func checkSocketBesideOthers(p *analyze.Pass) {
	for _, patch := range clusterMerges(p.Snapshot) {
		var others []string
		for _, key := range patch.Value.Keys() {
			if key != "transport_socket" {
				others = append(others, key)
			}
		}
		if patch.Value.At("transport_socket").Exists() && len(others) > 0 {
			p.Report(patch.Filter.Object, patch.Value.At(others[0]).Path(), "istiod drops %s: the patch has a transport_socket beside it", analyze.List(others)).
				WithHint("write two patches, one with the transport_socket alone")
		}
	}
}
