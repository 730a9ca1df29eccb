package targettest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/compile"
	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/validate"
)

// RunFleet is Run for a target of fleets; every object must name one of the fleet's clusters or none, too. Sections that
// begin with want/ hold files beside the objects: want/fleet/NAME, want/clusters/CLUSTER/NAME. A section want.diags holds
// what planning said as well. The second writing starts from a spec whose fields stand in another order.
func RunFleet(t *testing.T, tgt target.FleetTarget, decode Decoder) {
	t.Helper()
	run(t, decode, func(t *testing.T, in Input) Output {
		t.Helper()
		return GenerateFleet(t, in, tgt)
	})
}

// Kinds is the Decoder of a target whose kinds have no Go types here: it wants the kinds that the target says it writes. Their
// schemas are held against them in test/conformance.
func Kinds(tgt target.Described) Decoder {
	return func(kind string, _ []byte) error {
		for _, k := range tgt.Info().Kinds {
			if name, _, _ := strings.Cut(k.Name, "."); name == kind {
				return nil
			}
		}
		return fmt.Errorf("the kind %s is not among those that the target says it writes", kind)
	}
}

// GenerateFleet makes what is written for all fleets of the input, and what planning and the target said.
func GenerateFleet(t *testing.T, in Input, tgt target.FleetTarget) Output {
	t.Helper()
	loaded, diags := load.Bytes(specSection, in.Spec)
	mustBeFine(t, diags)
	if len(loaded.Fleets) == 0 {
		t.Fatalf("%s holds no ClusterFailover", specSection)
	}
	all := Output{Files: map[string]string{}}
	var said diag.List
	for _, spec := range loaded.Fleets {
		mustBeFine(t, validate.ClusterFailover(spec.Object))
		f, found := compile.Fleet(spec.Object)
		said = append(said, found...)
		if f == nil {
			continue
		}
		said = append(said, tgt.CheckFleet(f, field.NewPath("spec"))...)
		if !said.HasErrors() {
			all.add(t, f, tgt)
		}
	}
	if said.HasErrors() {
		return Output{Said: diagText(said)}
	}
	all.Said = diagText(said)
	return all
}

// add writes one fleet.
func (o *Output) add(t *testing.T, f *plan.Fleet, tgt target.FleetTarget) {
	t.Helper()
	objects, err := tgt.RenderFleet(f)
	if err != nil {
		t.Fatal(err)
	}
	target.SortFleet(objects, f)
	known := map[string]bool{"": true}
	for _, c := range f.Clusters {
		known[c.Name] = true
	}
	for _, x := range objects {
		if !known[x.Cluster] {
			t.Errorf("%s %s/%s is for the cluster %q, which the fleet does not have", x.Kind, x.Namespace, x.Name, x.Cluster)
		}
	}
	o.Objects = append(o.Objects, objects...)
	o.fleet = true
	writer, ok := tgt.(target.FileTarget)
	if !ok {
		return
	}
	files, err := writer.Files(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := "want/fleet/" + file.Name
		if file.Cluster != "" {
			name = "want/clusters/" + file.Cluster + "/" + file.Name
		}
		if !known[file.Cluster] || o.Files[name] != "" || !strings.HasSuffix(file.Content, "\n") {
			t.Errorf("the file %s comes twice, is for no cluster of the fleet, or does not end with a line", name)
		}
		o.Files[name] = file.Content
	}
}

// shuffled is a spec whose mappings have their keys in another order.
func shuffled(t *testing.T, spec []byte) []byte {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // any order will do, and the same each time
	var docs []string
	for text := range strings.SplitSeq(string(spec), "\n---\n") {
		var n yaml.Node
		if err := yaml.Unmarshal([]byte(text), &n); err != nil {
			t.Fatal(err)
		}
		shuffle(random, &n)
		out, err := yaml.Marshal(&n)
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, string(out))
	}
	return []byte(strings.Join(docs, "---\n"))
}

func shuffle(random *rand.Rand, n *yaml.Node) {
	if n.Kind == yaml.MappingNode {
		random.Shuffle(len(n.Content)/2, func(i, j int) {
			n.Content[2*i], n.Content[2*j] = n.Content[2*j], n.Content[2*i]
			n.Content[2*i+1], n.Content[2*j+1] = n.Content[2*j+1], n.Content[2*i+1]
		})
	}
	for _, c := range n.Content {
		shuffle(random, c)
	}
}

// same fails if two writings differ.
func same(t *testing.T, first, second Output) {
	t.Helper()
	if diff := cmp.Diff(first.text(), second.text()); diff != "" {
		t.Errorf("written twice, the output differs (-first +second):\n%s", diff)
	}
	if diff := cmp.Diff(first.Files, second.Files); diff != "" {
		t.Errorf("written twice, the files differ (-first +second):\n%s", diff)
	}
	if diff := cmp.Diff(first.Said, second.Said); diff != "" {
		t.Errorf("asked twice, the findings differ (-first +second):\n%s", diff)
	}
}
