package gkeingress

import (
	"fmt"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/internal/google"
)

// steps is how a cluster is taken out of the shared load balancer before work on it, and put back.
func (o *Options) steps(f *plan.Fleet) string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Drain a cluster of %s

Before planned work take the cluster's capacity away: its users move, connections that are open end within %s, and no
probe fails. The health server's mode Drain is for when that is not possible. At least one other cluster must keep its
capacity: the load balancer answers 502 when none has any.
`, f.Owner(), target.Duration(o.Backend.Drain))
	for i := range f.Clusters {
		c := &f.Clusters[i]
		fmt.Fprintf(&b, "\n## %s\n\n", c.Name)
		switch {
		case google.Share(c) == 0:
			b.WriteString("It is out of rotation. To bring it in, set its `rotation` to Serving, generate and apply.\n")
		case !others(f, c):
			b.WriteString("It is the only cluster that has capacity, and cannot be drained. Bring another one in first.\n")
		default:
			o.drain(&b, f, c)
		}
	}
	return b.String()
}

func (o *Options) drain(b *strings.Builder, f *plan.Fleet, c *plan.FleetCluster) {
	annotate := func(share int) string {
		return fmt.Sprintf("```sh\nkubectl --context %s --namespace %s annotate --overwrite service %s \\\n  %s='%s'\n```\n",
			c.Name, f.Namespace, f.ObjectName("edge"), autoneg, o.autoneg(f, c, share))
	}
	fmt.Fprintf(b, "Drain:\n\n%s\nIts users must be gone before work begins:\n\n", annotate(0))
	fmt.Fprintf(b, "```sh\ngcloud compute backend-services get-health %s --global --project %s\n```\n", o.name(f), c.GKE.Project)
	fmt.Fprintf(b, "\nRestore:\n\n%s", annotate(google.Share(c)))
}

// others says whether any other cluster has capacity.
func others(f *plan.Fleet, c *plan.FleetCluster) bool {
	for i := range f.Clusters {
		if other := &f.Clusters[i]; other.Name != c.Name && google.Share(other) > 0 {
			return true
		}
	}
	return false
}
