package maintenance

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/window"
)

// page is what people must know who work on the clusters.
func page(f *plan.Fleet) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Maintenance of %s\n\n", f.Owner())
	b.WriteString(windows(f))
	b.WriteString(exclusions(f))
	b.WriteString(rotations(f))
	b.WriteString(limits(f))
	return b.String()
}

func windows(f *plan.Fleet) string {
	var b strings.Builder
	b.WriteString("## Windows\n\n| cluster | window | in UTC | told to |\n| --- | --- | --- | --- |\n")
	for i := range f.Clusters {
		c := &f.Clusters[i]
		if c.Window == nil {
			fmt.Fprintf(&b, "| %s | none: at any time | | |\n", c.Name)
			continue
		}
		told := "people"
		if c.GKE != nil {
			told = "GKE, " + c.GKE.Project + "/" + c.GKE.Location
		}
		if f.Maintenance.During != "" {
			told += "; mode " + f.Maintenance.During + " for " + short(f.Maintenance.StrictFor(c.Window))
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", c.Name, inWords(c.Window.Meant), inWords(c.Window.Written), told)
	}
	fmt.Fprintf(&b, "\nWork on a cluster may take %s longer than its window, and %s more pass before another cluster's begins: compared\n"+
		"for every week from %d to %d, with every change of the clocks.\n",
		short(f.Maintenance.Overrun), short(f.Maintenance.Soak), plan.Years().From.Year(), plan.Years().To.Year()-1)
	return b.String()
}

// inWords is a window as people say it.
func inWords(w window.Weekly) string {
	days := make([]string, len(w.Days))
	for i, d := range w.Days {
		days[i] = d.String()[:3]
	}
	minutes := int(w.Start.Minutes())
	return fmt.Sprintf("%s %02d:%02d %s, %s", strings.Join(days, ", "), minutes/60, minutes%60, w.Zone, short(w.Lasts))
}

func exclusions(f *plan.Fleet) string {
	if len(f.Maintenance.Exclusions) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n## Exclusions\n\n| name | from | to | holds back | of |\n| --- | --- | --- | --- | --- |\n")
	for _, e := range f.Maintenance.Exclusions {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", e.Name, stamp(e.Time.From), stamp(e.Time.To), e.Scope, strings.Join(e.Clusters, ", "))
	}
	return b.String()
}

// rotations are the steps of those that are planned.
func rotations(f *plan.Fleet) string {
	var b strings.Builder
	for _, e := range f.Maintenance.Exclusions {
		if e.Rotation == "" {
			continue
		}
		i := slices.IndexFunc(f.Clusters, func(c plan.FleetCluster) bool { return c.Name == e.Rotation })
		fmt.Fprintf(&b, "\n## Rotation of the control plane of %s\n\n", e.Rotation)
		fmt.Fprintf(&b, "No cluster is upgraded from %s to %s. A rotation begins when it is started, whatever the windows\n"+
			"say, and its nodes are made anew by upgrades, which the exclusion holds back: that step is taken by hand.\n\n",
			stamp(e.Time.From), stamp(e.Time.To))
		g := f.Clusters[i].GKE
		if g == nil {
			b.WriteString("The cluster has no gke, so its own cloud's steps apply.\n")
			continue
		}
		at := fmt.Sprintf("%s --project=%s --location=%s", e.Rotation, g.Project, g.Location)
		fmt.Fprintf(&b, "1. Is nothing under way? `gcloud container operations list --project=%s --location=%s --filter=status=RUNNING`\n", g.Project, g.Location)
		fmt.Fprintf(&b, "2. Drain the cluster, and wait until its users are elsewhere.\n")
		fmt.Fprintf(&b, "3. `gcloud container clusters update %s --start-ip-rotation`\n", at)
		fmt.Fprintf(&b, "4. For each node pool: `gcloud container clusters upgrade %s --node-pool=POOL --cluster-version=ITS-VERSION`\n", at)
		fmt.Fprintf(&b, "5. Point every client of the API server at the new address: firewalls, pipelines, kubeconfigs.\n")
		fmt.Fprintf(&b, "6. `gcloud container clusters update %s --complete-ip-rotation`, before %s.\n", at, stamp(e.Time.To))
	}
	return b.String()
}

// limits are what no window does.
func limits(f *plan.Fleet) string {
	var b strings.Builder
	b.WriteString(`
## What windows do not stop

- **A window starts work; it does not end it.** An upgrade that begins in the last minute goes on.
- **Upgrades by hand**, at any time: before one, see that the other clusters are well.
- **Repair** of control planes and, unless it is switched off, of nodes.
- **Rotations** of the address or the credentials of a control plane: they begin when they are started, or when credentials
  are about to expire. Plan them under maintenance.rotations, and do none as a routine.
- **The end of support** of a version, and patches that Google holds to be urgent: both come when they come. Upgrade before.
- **Maintenance of what lies below**: the machines, the network, the load balancer.
`)
	if slices.ContainsFunc(f.Clusters, func(c plan.FleetCluster) bool { return c.GKE == nil }) {
		b.WriteString(`
## Clusters elsewhere

EKS has no windows: a control plane is upgraded when somebody does it, or when the support of its version ends. Keep two
clusters apart by version, so that support never ends for both at once; set upgradePolicy.supportType on each; and give the
nodes that are replaced by themselves (Auto Mode, Karpenter) disruption budgets with the schedule of the window above.
AKS has planned maintenance of its own, as best effort: aksManagedAutoUpgradeSchedule and aksManagedNodeOSUpgradeSchedule.
`)
	}
	return b.String()
}
