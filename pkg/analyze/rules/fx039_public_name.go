package rules

import (
	"slices"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX039", Name: "public-name", Severity: diag.Warning,
		Inputs:  analyze.Kinds{"ServiceEntry"},
		Summary: "a made-up host under a public domain",
		Why: "The name is not the endpoints', so it exists only inside the mesh; but its domain can belong to " +
			"somebody. A pod without a sidecar, or a request that escapes the mesh, then goes to a stranger, " +
			"with its credentials.",
		Fix:   "take a name under .internal",
		Check: checkPublicName,
	})
}

func checkPublicName(p *analyze.Pass) {
	for _, h := range p.Hosts() {
		if len(h.Endpoints) < 2 || !publicName(h.Name) {
			continue
		}
		elsewhere := func(e mesh.Endpoint) bool {
			return e.IsName() && publicName(e.Address) && domainOf(e.Address) != domainOf(h.Name)
		}
		if slices.ContainsFunc(h.Endpoints, func(e mesh.Endpoint) bool { return !elsewhere(e) }) {
			continue
		}
		p.Report(h.Entry().Object, "spec.hosts", "%s may be somebody's: its endpoints are in %s", h.Name, domainOf(h.Endpoints[0].Address))
	}
}

// publicName says whether anybody could register a name: its last part is none of those that are kept out of public DNS.
func publicName(name string) bool {
	parts := strings.Split(strings.TrimSuffix(name, "."), ".")
	return len(parts) > 1 && !strings.HasPrefix(name, "*") && !slices.Contains([]string{
		"internal", "local", "svc", "test", "invalid", "example", "localhost", "intranet", "lan", "corp", "home", "private", "mesh", "global",
	}, parts[len(parts)-1])
}

// domainOf is the last two parts of a name.
func domainOf(name string) string {
	parts := strings.Split(strings.TrimSuffix(name, "."), ".")
	return strings.Join(parts[max(0, len(parts)-2):], ".")
}
