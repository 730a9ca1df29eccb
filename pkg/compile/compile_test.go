package compile

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/all"
)

func sample(t *testing.T, name string) *v1alpha1.ExternalFailover {
	t.Helper()
	text, err := os.ReadFile("../../samples/" + name + "/failover.yaml")
	if err != nil {
		t.Fatal(err)
	}
	loaded, diags := load.Bytes(name, text)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return loaded.Failovers[0].Object
}

func yamlOf(objects []target.Object) string {
	var out []byte
	for _, o := range objects {
		out = append(render.YAML(out, o.Tree(), render.Options{}), "---\n"...)
	}
	return string(out)
}

func TestCompileIsABatchOfOne(t *testing.T) {
	t.Parallel()
	spec := sample(t, "three-regions")
	before, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	objects, diags, err := Compile(spec, plan.DefaultPlatform(), all.Targets())
	if err != nil || diags.HasErrors() || len(objects) < 3 {
		t.Fatalf("%d objects, %v, %v", len(objects), diags, err)
	}
	batch := NewBatch([]load.Failover{{Object: spec}}, plan.DefaultPlatform(), all.Targets())
	p, found := batch.Plan(0)
	if diff := cmp.Diff(diags, found); diff != "" {
		t.Errorf("findings (-Compile +Batch):\n%s", diff)
	}
	again, err := batch.Objects(p)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(yamlOf(objects), yamlOf(again)); diff != "" {
		t.Errorf("objects (-Compile +Batch):\n%s", diff)
	}
	after, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(before), string(after)); diff != "" {
		t.Errorf("the spec was changed:\n%s", diff)
	}
}

func TestErrorsLeaveNothing(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*v1alpha1.ExternalFailover){
		"invalid": func(s *v1alpha1.ExternalFailover) { s.Spec.Ports = nil },
		"refused": func(s *v1alpha1.ExternalFailover) { s.Spec.Host = "*.internal" },
		"address": func(s *v1alpha1.ExternalFailover) { s.Spec.Addresses = []string{"nonsense"} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := sample(t, "dynamodb-http")
			spoil(spec)
			objects, diags, err := Compile(spec, plan.DefaultPlatform(), all.Targets())
			if err != nil {
				t.Fatal(err)
			}
			if len(objects) > 0 || !diags.HasErrors() {
				t.Errorf("%d objects, %v", len(objects), diags)
			}
			for _, d := range diags {
				if d.Object != plan.ObjectOf(spec) {
					t.Errorf("a finding about %q: %v", d.Object, d)
				}
			}
		})
	}
}

// Whatever the order of the input, a spec gets the same objects, its address included.
func TestOrderOfTheInputDoesNotMatter(t *testing.T) {
	t.Parallel()
	specs := many(t, 64)
	compileAll := func(specs []load.Failover) map[string]string {
		batch := NewBatch(specs, plan.DefaultPlatform(), all.Targets())
		out := map[string]string{}
		for i := range batch.Len() {
			p, diags := batch.Plan(i)
			if p == nil {
				t.Fatal(diags)
			}
			objects, err := batch.Objects(p)
			if err != nil {
				t.Fatal(err)
			}
			out[p.Owner()] = yamlOf(objects)
		}
		return out
	}
	want := compileAll(specs)
	if len(want) != len(specs) {
		t.Fatalf("%d of %d specs", len(want), len(specs))
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 3 {
		shuffled := slices.Clone(specs)
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if diff := cmp.Diff(want, compileAll(shuffled)); diff != "" {
			t.Fatalf("(-in order +shuffled):\n%s", diff)
		}
	}
}

func TestFindingsAboutSeveralSpecsComeWithTheOneToChange(t *testing.T) {
	t.Parallel()
	first, second, third := sample(t, "dynamodb-http"), sample(t, "dynamodb-http"), sample(t, "dynamodb-http")
	second.Name, third.Name = "second", "third"
	third.Spec.Host = "third.internal"
	second.Spec.Addresses, third.Spec.Addresses = []string{"240.200.9.9"}, []string{"240.200.9.9"}
	batch := NewBatch([]load.Failover{{Object: third}, {Object: first}, {Object: second}}, plan.DefaultPlatform(), all.Targets())
	var got []string
	for i := range batch.Len() {
		_, diags := batch.Plan(i)
		for _, d := range diags {
			if d.Severity == diag.Error {
				got = append(got, d.Object+" "+d.Path)
			}
		}
	}
	want := []string{"ExternalFailover shop/third spec.addresses[0]", "ExternalFailover shop/second spec.host"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Every field of a plan is printed: one that is added later must be added to the tree, too.
func TestTreePrintsEveryField(t *testing.T) {
	t.Parallel()
	p, fleet := new(plan.Plan), new(plan.Fleet)
	everyFieldIsPrinted(t, reflect.ValueOf(p).Elem(), func() render.Map { return Tree(p) })
	everyFieldIsPrinted(t, reflect.ValueOf(fleet).Elem(), func() render.Map { return FleetTree(fleet) })
}

func everyFieldIsPrinted(t *testing.T, v reflect.Value, tree func() render.Map) {
	t.Helper()
	var fields []string
	fill(v, &fields)
	out := string(render.YAML(nil, tree(), render.Options{}))
	if err := yaml.UnmarshalStrict([]byte(out), &map[string]any{}); err != nil {
		t.Fatalf("not YAML: %v\n%s", err, out)
	}
	for _, field := range fields {
		if !strings.Contains(out, field) {
			t.Errorf("the field that holds %s is not printed", field)
		}
	}
	if t.Failed() {
		t.Log(out)
	}
}

func TestFillMarksEveryField(t *testing.T) {
	t.Parallel()
	var fields []string
	var e plan.Endpoint
	fill(reflect.ValueOf(&e).Elem(), &fields)
	if len(fields) < 7 || e.Name == "" || e.Weight == 0 || len(e.Ports) != 1 || !e.IP {
		t.Errorf("%v %+v", fields, e)
	}
}
