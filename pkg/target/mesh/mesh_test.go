package mesh_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	meshconfig "istio.io/api/mesh/v1alpha1"
	networking "istio.io/api/networking/v1alpha3"
	"sigs.k8s.io/yaml"

	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/target/mesh"
	"github.com/spillway-mesh/spillway/pkg/target/targettest"
)

// decode holds a rule against Istio's own type, strictly.
func decode(kind string, object []byte) error {
	var o struct{ Spec json.RawMessage }
	if err := json.Unmarshal(object, &o); err != nil {
		return err
	}
	if kind != "DestinationRule" {
		return fmt.Errorf("unexpected kind %s", kind)
	}
	return protojson.Unmarshal(o.Spec, &networking.DestinationRule{})
}

func Test(t *testing.T) { targettest.RunFleet(t, mesh.New(), decode) }

// The piece of MeshConfig on the page is one, by Istio's own type.
func TestMeshConfigIsRead(t *testing.T) {
	t.Parallel()
	loaded, diags := load.Bytes("spec.yaml", []byte("apiVersion: spillway.dev/v1alpha1\nkind: ClusterFailover\nmetadata: {name: shop, namespace: edge}\n"+
		"spec: {hosts: [a.example.com], clusters: [{name: blue}], edge: [{type: Mesh, options: {services: [a.shop]}}]}\n"))
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	f, diags := plan.BuildFleet(loaded.Fleets[0].Object, plan.EdgeTiming{})
	if f == nil {
		t.Fatal(diags)
	}
	files, err := mesh.New().Files(f)
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(files[0].Content, "```yaml\n")
	text, _, _ = strings.Cut(text, "```\n")
	asJSON, err := yaml.YAMLToJSONStrict([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var config meshconfig.MeshConfig
	if err := protojson.Unmarshal(asJSON, &config); err != nil {
		t.Fatal(err)
	}
	s := config.GetServiceSettings()
	if len(s) != 1 || !s[0].GetSettings().GetClusterLocal() || len(s[0].GetHosts()) != 1 || !strings.HasSuffix(s[0].GetHosts()[0], ".edge.svc.cluster.local") {
		t.Errorf("%v", s)
	}
}
