package plan_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/compile"
	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
)

// fleetOf reads what stands below the spec of a ClusterFailover.
func fleetOf(t *testing.T, below string) *v1alpha1.ClusterFailover {
	t.Helper()
	loaded, diags := load.Bytes("spec.yaml", []byte("apiVersion: spillway.dev/v1alpha1\nkind: ClusterFailover\n"+
		"metadata: {name: shop, namespace: edge}\nspec:\n"+indent([]byte(below))))
	mustBeFine(t, diags)
	return loaded.Fleets[0].Object
}

// TestFleetCases runs testdata/fleet/*.txtar: spec.yaml, and what comes of it in want.plan and want.diags.
func TestFleetCases(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/fleet/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases (%v)", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var spec string
			for _, f := range archive.Files {
				switch f.Name {
				case "spec.yaml":
					spec = string(f.Data)
				case "want.plan", "want.diags":
				default:
					t.Errorf("section %s is not read by anything", f.Name)
				}
			}
			f, diags := compile.Fleet(fleetOf(t, spec))
			got := map[string]string{"want.plan": "", "want.diags": said(diags)}
			if f != nil {
				got["want.plan"] = string(render.YAML(nil, compile.FleetTree(f), render.Options{}))
			}
			settle(t, file, archive, got)
		})
	}
}

func said(diags diag.List) string {
	var all strings.Builder
	for _, d := range diags {
		all.WriteString(d.Severity.String() + " " + d.Code + " " + d.Path + ": " + d.Message + "\n  " + d.Hint + "\n")
	}
	return all.String()
}

// The times that are written down for users, in seconds: dead gateway, Strict, Drain.
func TestEdgeTimes(t *testing.T) {
	t.Parallel()
	for kind, want := range map[v1alpha1.EdgeType][3]int{
		v1alpha1.EdgeGKEIngress: {23, 42, 25}, v1alpha1.EdgeGKEGateway: {23, 42, 25}, v1alpha1.EdgeMultiClusterGateway: {23, 42, 25},
		v1alpha1.EdgeMultiClusterIngress: {23, 42, 25}, v1alpha1.EdgeALB: {23, 42, 25}, v1alpha1.EdgeNLB: {23, 42, 25},
		v1alpha1.EdgeRoute53: {98, 102, 85}, v1alpha1.EdgeCloudDNS: {105, 122, 105},
		v1alpha1.EdgeExternalDNS: {}, v1alpha1.EdgeMesh: {},
	} {
		f, diags := compile.Fleet(fleetOf(t, "hosts: [a.example.com]\nclusters: [{name: a}]\nedge: [{type: "+string(kind)+"}]\n"))
		if f == nil {
			t.Fatal(diags)
		}
		e := f.Edges[0]
		got := [3]int{int(e.Gateway.Seconds()), int(e.Strict.Seconds()), int(e.Drain.Seconds())}
		if got != want || e.Known != (want[0] > 0) {
			t.Errorf("%s: %v, want %v", kind, got, want)
		}
		if f.Health.Guard.MinOut != max(time.Minute, e.Strict) {
			t.Errorf("%s: minOut %s", kind, f.Health.Guard.MinOut)
		}
		if f.Health.ExpectProbes != (kind != v1alpha1.EdgeMesh) {
			t.Errorf("%s: expectProbes %v", kind, f.Health.ExpectProbes)
		}
	}
}

// Planning leaves the spec alone, and a plan shares nothing with it.
func TestFleetIsPure(t *testing.T) {
	t.Parallel()
	const text = "hosts: [a.example.com]\nclusters: [{name: a}]\n" +
		"health: {checks: [{name: c, http: {url: 'http://c/', headers: {a: b}, expect: [200]}}]}\n"
	spec, same := fleetOf(t, text), fleetOf(t, text)
	f, _ := plan.BuildFleet(spec)
	f.Hosts[0], f.Health.Checks[0].HTTP.Headers["a"], f.Health.Checks[0].HTTP.Expect[0] = "b", "c", 500
	if diff := cmp.Diff(same, spec); diff != "" {
		t.Errorf("the spec was changed:\n%s", diff)
	}
}

func TestTogetherFleets(t *testing.T) {
	t.Parallel()
	fleet := func(namespace, name, clusters string) *v1alpha1.ClusterFailover {
		x := fleetOf(t, "hosts: [a.example.com]\nclusters: "+clusters+"\n")
		x.Namespace, x.Name = namespace, name
		return x
	}
	found := plan.TogetherFleets([]*v1alpha1.ClusterFailover{
		fleet("edge", "shop", "[{name: blue}, {name: green}]"),
		fleet("edge", "admin", "[{name: red}, {name: green}]"),
		fleet("other", "shop", "[{name: blue}]"),
		fleet("edge", "shop", "[{name: pink}]"),
	})
	var got []string
	for _, list := range found {
		got = append(got, said(list))
	}
	want := []string{
		"",
		"error SP285 spec.clusters[1].name: ClusterFailover edge/shop writes the ClusterHealth edge/green, too\n" +
			"  put one of the fleets into another namespace, such as that of its own gateway\n",
		"",
		"error SP270 metadata.name: there are two ClusterFailover edge/shop\n" +
			"  the second would overwrite the first: rename one, or give each file once\n",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFleetNameIsNotCutShort(t *testing.T) {
	t.Parallel()
	x := fleetOf(t, "hosts: [a.example.com]\nclusters: [{name: a}]\n")
	x.Name = strings.Repeat("n", 253-len("edge/"))
	if f, diags := plan.BuildFleet(x); f == nil {
		t.Error(diags)
	}
	x.Name += "n"
	if f, diags := plan.BuildFleet(x); f != nil || len(diags) != 1 || diags[0].Code != "SP288" {
		t.Errorf("%v %v", f, diags)
	}
}
