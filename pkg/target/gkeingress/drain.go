package gkeingress

import (
	"fmt"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/internal/google"
)

var _ target.Drainer = Target{}

// Drain takes the cluster's capacity away, or gives it back. A load balancer of one cluster chooses among none.
func (t Target) Drain(f *plan.Fleet, c *plan.FleetCluster, restore bool) []target.Way {
	o, _ := target.Options[Options](f, t)
	if !o.shared(f) {
		return nil
	}
	share := 0
	if restore {
		share = google.Share(c)
	}
	return []target.Way{
		{Tool: target.Kubectl, Note: "asks the autoneg controller of the cluster, which needs its API server", Text: o.annotate(f, c, share)},
		{Tool: target.Gcloud, Note: "works while the cluster's API server is down; the next change of the Service undoes it", Text: o.scale(f, c, share)},
	}
}

// annotate has the autoneg controller set a share of the capacity, in percent.
func (o *Options) annotate(f *plan.Fleet, c *plan.FleetCluster, share int) string {
	return fmt.Sprintf("kubectl --context %s --namespace %s annotate --overwrite service %s \\\n  %s='%s'\n",
		c.Name, f.Namespace, f.ObjectName("edge"), autoneg, o.autoneg(f, c, share))
}

// scale sets the share in every zone that the cluster has an endpoint group in.
func (o *Options) scale(f *plan.Fleet, c *plan.FleetCluster, share int) string {
	group, project := google.CloudName(f, c.Name), c.GKE.Project
	return fmt.Sprintf(`gcloud compute network-endpoint-groups list --project %[1]s --filter 'name=%[2]s' --format 'value(zone.basename())' |
while read -r zone; do
  gcloud compute backend-services update-backend %[3]s --global --project %[1]s \
    --network-endpoint-group %[2]s --network-endpoint-group-zone "$zone" --capacity-scaler %[4]s </dev/null
done
`, project, group, o.name(f), map[bool]string{true: "0", false: fmt.Sprintf("%.2f", float64(share)/100)}[share == 0]) //nolint:mnd // percent
}
