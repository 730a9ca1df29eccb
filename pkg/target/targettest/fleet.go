package targettest

import (
	"testing"

	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/validate"
)

// RunFleet is Run for a target of fleets; every object must name one of the fleet's clusters, too. A section want.diags
// holds what planning said as well.
func RunFleet(t *testing.T, tgt target.FleetTarget, decode Decoder) {
	t.Helper()
	run(t, decode, func(t *testing.T, in Input) ([]target.Object, string) {
		t.Helper()
		return GenerateFleet(t, in, tgt)
	})
}

// GenerateFleet makes the objects of all fleets of the input, and what planning and the target said.
func GenerateFleet(t *testing.T, in Input, tgt target.FleetTarget) ([]target.Object, string) {
	t.Helper()
	loaded, diags := load.Bytes(specSection, in.Spec)
	mustBeFine(t, diags)
	if len(loaded.Fleets) == 0 {
		t.Fatalf("%s holds no ClusterFailover", specSection)
	}
	var all []target.Object
	var said diag.List
	for _, spec := range loaded.Fleets {
		mustBeFine(t, validate.ClusterFailover(spec.Object))
		f, found := plan.BuildFleet(spec.Object)
		mustBeFine(t, found)
		said = append(append(said, found...), tgt.CheckFleet(f, nil)...)
		objects, err := tgt.RenderFleet(f)
		if err != nil {
			t.Fatal(err)
		}
		target.SortFleet(objects, f)
		checkClusters(t, objects, f)
		all = append(all, objects...)
	}
	if said.HasErrors() {
		return nil, diagText(said)
	}
	return all, diagText(said)
}

func checkClusters(t *testing.T, objects []target.Object, f *plan.Fleet) {
	t.Helper()
	known := map[string]bool{}
	for _, c := range f.Clusters {
		known[c.Name] = true
	}
	for _, o := range objects {
		if !known[o.Cluster] {
			t.Errorf("%s %s/%s is for the cluster %q, which the fleet does not have", o.Kind, o.Namespace, o.Name, o.Cluster)
		}
	}
}
