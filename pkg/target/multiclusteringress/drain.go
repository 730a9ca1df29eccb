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
	for _, holder := range o.configClusters(f) {
		fmt.Fprintf(&b, "kubectl --context %s --namespace %s patch multiclusterservice %s --type merge \\\n  --patch '%s'\n",
			holder, f.Namespace, o.live(f).name, patch)
	}
	return []target.Way{{
		Tool: target.Kubectl, Text: b.String(),
		Note: "the list of links in every config cluster; only the one that acts is needed, and the others are for a switch",
	}}
}
