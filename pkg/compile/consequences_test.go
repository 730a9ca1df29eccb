package compile

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/target/all"
)

// everywhere asks for what only the planner refuses.
func everywhere(s *v1alpha1.ExternalFailover) {
	s.Spec.Clients = &v1alpha1.Clients{Namespaces: []string{"*"}}
}

// A wrong spec is told everything that is wrong with it at once, and nothing that only follows from it.
func TestAllThatIsWrongIsToldAtOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(*v1alpha1.ExternalFailover)
		want  []string
	}{
		"the planner alone": {func(s *v1alpha1.ExternalFailover) {
			everywhere(s)
		}, []string{"SP203 spec.host", "SP213 spec.failover", "SP242 spec.clients.namespaces"}},
		"both stages": {func(s *v1alpha1.ExternalFailover) {
			s.Spec.Ports[0].Number = 0
			everywhere(s)
		}, []string{"SP101 spec.ports[0].number", "SP242 spec.clients.namespaces"}},
		"a name and the planner": {func(s *v1alpha1.ExternalFailover) {
			s.Name = "Not_A_Name"
			everywhere(s)
		}, []string{"SP102 metadata.name", "SP242 spec.clients.namespaces"}},
		"parts that others read": {func(s *v1alpha1.ExternalFailover) {
			s.Spec.Endpoints[0].Name = "Not A Name"
			everywhere(s)
		}, []string{"SP102 spec.endpoints[0].name", "SP109 spec.failover[0].to[0]"}},
		"a consequence": {func(s *v1alpha1.ExternalFailover) {
			s.Spec.Clients = &v1alpha1.Clients{Namespaces: []string{"*"}, Regions: []string{"us-east1", "us-east1"}}
		}, []string{"SP107 spec.clients.regions[1]"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := sample(t, "three-regions")
			c.spoil(spec)
			_, diags := NewBatch([]load.Failover{{Object: spec}}, plan.DefaultPlatform(), all.Targets()).Plan(0)
			var got []string
			for _, d := range diags {
				got = append(got, d.Code+" "+d.Path)
			}
			slices.Sort(got)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s\n%v", diff, diags)
			}
		})
	}
}

// Every part of a spec stands in the table; one that is forgotten would hide what the planner says of it.
func TestEveryPartHasItsDependencies(t *testing.T) {
	t.Parallel()
	parts := dependsOn()
	for path, want := range map[string]string{
		"spec.endpoints[1].name": "endpoints", "spec.host": "host", "metadata.name": "metadata", "": "", "status": "",
	} {
		if got := partOf(path); got != want {
			t.Errorf("part of %q is %q, not %q", path, got, want)
		}
	}
	for field := range reflect.TypeFor[v1alpha1.ExternalFailoverSpec]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if _, ok := parts[name]; !ok && name != "allowCrossContinent" { // a switch: nothing is ever wrong with it
			t.Errorf("spec.%s is missing", name)
		}
	}
}
