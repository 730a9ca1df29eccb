package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "HC004", Name: "port-specification", Severity: diag.Error,
		Inputs:  analyze.Kinds{"HealthCheckPolicy"},
		Summary: "a HealthCheckPolicy does not say which port it means",
		Why:     "The published CRD reads portSpecification without asking whether it is there, and the API server refuses the object with: no such key.",
		Fix:     "add portSpecification: USE_SERVING_PORT",
		Check:   checkPortSpecification,
	})
}

func checkPortSpecification(p *analyze.Pass) {
	for _, o := range p.Snapshot.OfKind("networking.gke.io", "HealthCheckPolicy") {
		config := o.Tree.At("spec", "default", "config")
		for _, name := range []string{"tcpHealthCheck", "httpHealthCheck", "httpsHealthCheck", "http2HealthCheck", "grpcHealthCheck"} {
			if c := config.At(name); c.Exists() && c.At("portSpecification").Text() == "" {
				path := c.At("portSpecification").Path()
				p.Report(o, path, "the API server refuses it: portSpecification is missing").Set(path, "USE_SERVING_PORT")
			}
		}
	}
}
