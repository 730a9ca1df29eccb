package multiclustergateway

import (
	"fmt"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/target"
)

var _ target.Drainer = Target{}

// Drain takes back what the cluster exports; with weights it takes the weight, since a weight without pods behind it is an
// error for its share of users.
func (t Target) Drain(f *plan.Fleet, c *plan.FleetCluster, restore bool) []target.Way {
	o, _ := target.Options[Options](f, t)
	if o.spread(f) == weighted {
		if !restore && o.leftWithout(f, c) == 0 {
			return nil // nobody would be left to send users to
		}
		return o.reweigh(f, c, restore)
	}
	way := target.Way{
		Tool: target.Kubectl, Note: "the export of the cluster, which needs its API server; applying its folder again undoes it",
		Text: o.othersExport(f, c) + fmt.Sprintf("kubectl --context %s --namespace %s delete serviceexports.%s %s\n", c.Name, f.Namespace, group, o.exported(f, c)),
	}
	if restore {
		way.Text = fmt.Sprintf("kubectl --context %s apply -f clusters/%s/\n", c.Name, c.Name)
		way.Note = "in the folder that generate -d has written; the export is among the cluster's objects"
	}
	return []target.Way{way}
}

// othersExport ends the shell unless another cluster exports its Service.
func (o *Options) othersExport(f *plan.Fleet, c *plan.FleetCluster) string {
	var asked []string
	for i := range f.Clusters {
		if other := &f.Clusters[i]; other.Name != c.Name && other.Rotation != "Out" {
			asked = append(asked, fmt.Sprintf("kubectl --context %s --namespace %s get serviceexports.%s %s >/dev/null",
				other.Name, f.Namespace, group, o.exported(f, other)))
		}
	}
	return target.Unless(strings.Join(asked, " ||\n"), "no other cluster exports its Service: nothing is drained")
}

// leftWithout is the weight of all other clusters together.
func (o *Options) leftWithout(f *plan.Fleet, c *plan.FleetCluster) int {
	sum := 0
	for i := range f.Clusters {
		if other := &f.Clusters[i]; other.Name != c.Name {
			sum += o.weight(other)
		}
	}
	return sum
}

func (o *Options) reweigh(f *plan.Fleet, c *plan.FleetCluster, restore bool) []target.Way {
	at, weight := 0, 0
	for i := range f.Clusters {
		if f.Clusters[i].Name == c.Name {
			break
		}
		if f.Clusters[i].Rotation != "Out" {
			at++
		}
	}
	if restore {
		weight = o.weight(c)
	}
	path := fmt.Sprintf("/spec/rules/0/backendRefs/%d", at)
	return []target.Way{{
		Tool: target.Kubectl, Note: "the weight in the config cluster; the API server of the cluster itself is not needed",
		Text: fmt.Sprintf("kubectl --context %s --namespace %s patch httproute %s --type json --patch '[%s, %s]'\n",
			o.configCluster(f), f.Namespace, o.front(f).Name,
			fmt.Sprintf(`{"op": "test", "path": "%s/name", "value": "%s"}`, path, o.exported(f, c)),
			fmt.Sprintf(`{"op": "replace", "path": "%s/weight", "value": %d}`, path, weight)),
	}}
}
