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
		case !target.Others(f, c):
			b.WriteString("It is the only cluster that has capacity, and cannot be drained. Bring another one in first.\n")
		default:
			o.drain(&b, f, c)
		}
	}
	return b.String()
}

func (o *Options) drain(b *strings.Builder, f *plan.Fleet, c *plan.FleetCluster) {
	fmt.Fprintf(b, "Drain:\n\n```sh\n%s```\n\nIts users must be gone before work begins:\n\n", o.annotate(f, c, 0))
	fmt.Fprintf(b, "```sh\ngcloud compute backend-services get-health %s --global --project %s\n```\n", o.name(f), c.GKE.Project)
	fmt.Fprintf(b, "\nRestore:\n\n```sh\n%s```\n", o.annotate(f, c, google.Share(c)))
}
