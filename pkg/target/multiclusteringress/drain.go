package multiclusteringress

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/internal/google"
)

var _ target.Drainer = Target{}

// Drain takes the cluster's link out of the list, or puts it back, in every config cluster: a switch must not undo it.
func (t Target) Drain(f *plan.Fleet, c *plan.FleetCluster, restore bool) []target.Way {
	o, _ := target.Options[Options](f, t)
	type link struct {
		Link string `json:"link"`
	}
	left := []link{}
	for _, other := range serving(f) {
		if restore || other.Name != c.Name {
			left = append(left, link{google.Link(other)})
		}
	}
	patch, err := json.Marshal(map[string]any{"spec": map[string]any{"clusters": left}})
	if err != nil {
		return nil // cannot be: strings only
	}
	var b strings.Builder
	if !restore {
		b.WriteString(o.untouched(f))
	}
	for _, holder := range o.configClusters(f) {
		fmt.Fprintf(&b, "kubectl --context %s --namespace %s patch multiclusterservice %s --type merge \\\n  --patch '%s'\n",
			holder, f.Namespace, o.live(f).name, patch)
	}
	return []target.Way{{
		Tool: target.Kubectl, Text: b.String(),
		Note: "the list of links in every config cluster; only the one that acts is needed, and the others are for a switch",
	}}
}

// untouched ends the shell unless the list is the spec's: with another cluster drained, it would come back with this drain.
func (o *Options) untouched(f *plan.Fleet) string {
	clusters := serving(f)
	all := make([]string, len(clusters))
	for i, c := range clusters {
		all[i] = google.Link(c)
	}
	return target.Unless(fmt.Sprintf("[ \"$(kubectl --context %s --namespace %s get multiclusterservice %s -o 'jsonpath={.spec.clusters[*].link}')\" = '%s' ]",
		o.configCluster(f), f.Namespace, o.live(f).name, strings.Join(all, " ")), "the links are not those of the spec: is another cluster drained?")
}
