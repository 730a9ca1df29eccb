package gkeingress

import (
	"fmt"
	"strings"

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
	if restore {
		return []target.Way{
			{Tool: target.Kubectl, Note: viaAutoneg, Text: o.annotate(f, c, google.Share(c))},
			{Tool: target.Gcloud, Note: viaCloud, Text: o.scale(f, c, google.Share(c))},
		}
	}
	return []target.Way{
		{Tool: target.Kubectl, Note: viaAutoneg, Text: o.othersAnnotated(f, c) + o.annotate(f, c, 0)},
		{Tool: target.Gcloud, Note: viaCloud, Text: o.othersScaled(f, c) + o.scale(f, c, 0)},
	}
}

const (
	viaAutoneg = "asks the autoneg controller of the cluster, which needs its API server"
	viaCloud   = "works while the cluster's API server is down; the next change of the Service undoes it"
)

const noOther = "no other cluster has capacity: nothing is drained"

// othersAnnotated ends the shell unless another cluster's Service asks for capacity: with none the load balancer answers 502.
func (o *Options) othersAnnotated(f *plan.Fleet, c *plan.FleetCluster) string {
	var asked []string
	for i := range f.Clusters {
		if other := &f.Clusters[i]; other.Name != c.Name && google.Share(other) > 0 {
			asked = append(asked, fmt.Sprintf("kubectl --context %s --namespace %s get service %s -o yaml | grep -q '\"capacity_scaler\":[1-9]'",
				other.Name, f.Namespace, f.ObjectName("edge")))
		}
	}
	return target.Unless(strings.Join(asked, " ||\n"), noOther)
}

// othersScaled is the same by what the backend service has.
func (o *Options) othersScaled(f *plan.Fleet, c *plan.FleetCluster) string {
	return target.Unless(fmt.Sprintf("gcloud compute backend-services describe %s --global --project %s --flatten backends \\\n"+
		"  --format 'csv[no-heading](backends.group.basename(),backends.capacityScaler)' |\n"+
		"awk -F, '$1 != \"%s\" && $2 != \"0\" && $2 != \"0.0\" {n++} END {exit !n}'", o.name(f), c.GKE.Project, google.CloudName(f, c.Name)), noOther)
}

// annotate has the autoneg controller set a share of the capacity, in percent.
func (o *Options) annotate(f *plan.Fleet, c *plan.FleetCluster, share int) string {
	return fmt.Sprintf("kubectl --context %s --namespace %s annotate --overwrite service %s \\\n  %s='%s'\n",
		c.Name, f.Namespace, f.ObjectName("edge"), autoneg, o.autoneg(f, c, share))
}

// scale sets the share in every zone that the cluster has an endpoint group in.
func (o *Options) scale(f *plan.Fleet, c *plan.FleetCluster, share int) string {
	group, project := google.CloudName(f, c.Name), c.GKE.Project
	return fmt.Sprintf(`zones=$(gcloud compute network-endpoint-groups list --project %[1]s --filter 'name=%[2]s' --format 'value(zone.basename())')
%[5]sfor zone in $zones; do
  gcloud compute backend-services update-backend %[3]s --global --project %[1]s \
    --network-endpoint-group %[2]s --network-endpoint-group-zone "$zone" --capacity-scaler %[4]s || exit 1
done
`, project, group, o.name(f), scaler(share), target.Unless(`[ -n "$zones" ]`, "there is no network endpoint group "+group))
}

// scaler is a share of the capacity as the API has it.
func scaler(percent int) string {
	if percent == 0 {
		return "0"
	}
	return fmt.Sprintf("%.2f", float64(percent)/100) //nolint:mnd // percent
}
