package all_test

import (
	"testing"

	"github.com/spillway-mesh/spillway/pkg/compile"
	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/all"
)

// A role that one target binds to is written by another, into the same cluster and namespace: the two agree by name alone.
func TestRolesThatAreBoundAreThere(t *testing.T) {
	t.Parallel()
	loaded, diags := load.Bytes("spec.yaml", []byte(`
apiVersion: spillway.dev/v1alpha1
kind: ClusterFailover
metadata: {name: shop, namespace: edge}
spec:
  hosts: [shop.example.com]
  clusters:
  - {name: blue, ingress: {address: 203.0.113.10}, maintenance: {days: [Mon], start: "02:00", duration: 6h}}
  - {name: green, ingress: {address: 203.0.113.20}, maintenance: {days: [Thu], start: "02:00", duration: 6h}}
  maintenance: {duringMaintenance: Strict}
  health: {peerKeys: {secret: {name: spillway-peer-keys}}}
`))
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	fleets := compile.NewFleets(loaded.Fleets, all.Fleets())
	f, diags := fleets.Plan(0)
	if f == nil {
		t.Fatal(diags)
	}
	objects, err := fleets.Objects(f)
	if err != nil {
		t.Fatal(err)
	}
	there, bound := map[string]bool{}, 0
	id := func(o target.Object, kind, name string) string {
		return o.Cluster + " " + kind + " " + o.Namespace + "/" + name
	}
	for _, o := range objects {
		there[id(o, o.Kind, o.Name)] = true
	}
	for _, o := range objects {
		if o.Kind != "RoleBinding" {
			continue
		}
		ref := map[string]string{}
		for _, field := range o.Tree() {
			if field.Key != "roleRef" {
				continue
			}
			fields, _ := field.Value.(render.Inline)
			for _, x := range fields {
				ref[x.Key], _ = x.Value.(string)
			}
		}
		if bound++; !there[id(o, ref["kind"], ref["name"])] {
			t.Errorf("%s binds %s %s, which nobody writes", id(o, o.Kind, o.Name), ref["kind"], ref["name"])
		}
	}
	if bound < 2 {
		t.Errorf("%d bindings", bound)
	}
}
