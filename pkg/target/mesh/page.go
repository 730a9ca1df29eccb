package mesh

import (
	"fmt"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/target"
)

// Files is the page of what the mesh must have.
func (t Target) Files(f *plan.Fleet) ([]target.File, error) {
	o, _ := target.Options[Options](f, t)
	return []target.File{{Name: "mesh.md", Content: o.page(f)}}, nil
}

func (o *Options) page(f *plan.Fleet) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# The mesh over the clusters of %s\n\n", f.Owner())
	b.WriteString("## What it does\n\nWhen a cluster has no endpoint left of one of these services, or all of them were left after errors, calls go to the\nother clusters: first within the region where they share a network, then anywhere.\n\n")
	for _, s := range o.Services {
		fmt.Fprintf(&b, "- `%s.svc.%s`\n", s, o.Domain)
	}
	b.WriteString(`
Users from outside stay with the cluster that they entered. If its gateway is dead, this does nothing for them.

## What it takes for granted

- One root of trust: certificates of all clusters are accepted in each.
- A control plane in **each** cluster that sees the endpoints of all (a remote secret for every other cluster). With one
  control plane for all, the mesh fails with the cluster that holds it: proxies keep what they know, and no new one can start.
- The service is there in every cluster, with the same name, namespace and ports.
- An east-west gateway in each cluster where the networks of the clusters are apart, with TLS passed through on port 15443, and
  every proxy with the label of its network. Calls through it need mutual TLS; those without are not sent at all.
- No other DestinationRule for these hosts: of two, one is passed over without a word.

## Health servers stay at home

In a mesh of several clusters a service of one name is one service. The health server of a cluster must only ever be asked
about its own. Its name holds the name of the cluster, which is enough; to be sure, add to the MeshConfig of each control plane:

`)
	b.WriteString("```yaml\n" + o.meshConfig(f) + "```\n")
	b.WriteString(`
## See that it works

` + "```text\n")
	for _, s := range o.Services {
		name, namespace, _ := strings.Cut(s, ".")
		fmt.Fprintf(&b, "istioctl --context %s proxy-config endpoints deploy/CLIENT.%s | grep %s\n", f.Clusters[0].Name, namespace, name)
	}
	b.WriteString("```\n\nEndpoints, or east-west gateways, of every cluster must be listed. Then scale the service to zero in one cluster, call it from\nthere, and look which cluster answers.\n")
	return b.String()
}

// meshConfig is the part of a MeshConfig that keeps health servers at home.
func (o *Options) meshConfig(f *plan.Fleet) string {
	var b strings.Builder
	b.WriteString("serviceSettings:\n- settings: {clusterLocal: true}\n  hosts:\n")
	for i := range f.Clusters {
		fmt.Fprintf(&b, "  - %s.%s.svc.%s\n", f.HealthName(&f.Clusters[i]), f.Namespace, o.Domain)
	}
	return b.String()
}
