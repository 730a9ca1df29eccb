package multiclustergateway

import (
	"fmt"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/internal/google"
)

// Files tell what to do when the config cluster is gone.
func (t Target) Files(f *plan.Fleet) ([]target.File, error) {
	o, _ := target.Options[Options](f, t)
	var b strings.Builder
	fmt.Fprintf(&b, `# The config cluster of %s

Gateway, route and policies are in the cluster %s and nowhere else. While its API server is away the load balancer goes on as
it is, and probes go on; only changes wait. If it does not come back, make another one the config cluster:

1. Write the objects for it: set the option `+"`configCluster`"+`, generate, and apply its folder.
2. Name it to Google, with its own command below.
3. Wait until the Gateway there has an address and its backends are healthy. The address stays if it was a reserved one.

## Drain a cluster

Set its `+"`rotation`"+` to Out, generate, and apply with --prune: its export goes, and its users with it.
`, f.Owner(), o.configCluster(f))
	for i := range f.Clusters {
		if c := &f.Clusters[i]; c.Name != o.configCluster(f) {
			fmt.Fprintf(&b, "\n## Make %s the config cluster\n\n```sh\ngcloud container fleet ingress update --project %s \\\n  --config-membership=%s\n```\n",
				c.Name, c.GKE.Project, google.MembershipName(c))
		}
	}
	return []target.File{{Name: "multiclustergateway.md", Content: b.String()}}, nil
}
