package importer_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/compile"
	"github.com/spillway-mesh/spillway/pkg/importer"
	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target/all"
)

// Every way in which the target istio writes a spec comes back.
func TestEveryCaseOfTheTargetComesBack(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../target/istio/testdata/*.txtar")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d cases: %v", len(files), err)
	}
	back := 0
	for _, file := range files {
		c := caseOf(t, file)
		if c.text == nil {
			continue
		}
		s, _ := manifest.Bytes("generated.yaml", c.text, load.Options{})
		list, diags := importer.Import(mesh.New(s, mesh.Options{}), c.platform)
		for _, x := range list {
			back++
			if !x.Back {
				t.Errorf("%s: %s is not brought back: %v", filepath.Base(file), x.Spec.Name, diags)
			}
			if diff := cmp.Diff(plan.Canonical(&c.specs[x.Spec.Namespace+"/"+x.Spec.Name].Spec), plan.Canonical(&x.Spec.Spec)); diff != "" {
				t.Errorf("%s: %s (-spec +brought back):\n%s", filepath.Base(file), x.Spec.Name, diff)
			}
		}
		if len(list) == 0 {
			t.Errorf("%s: nothing is brought back: %v", filepath.Base(file), diags)
		}
	}
	if back < 20 {
		t.Errorf("only %d specs were brought back", back)
	}
}

// written is what the specs of a case generate.
type written struct {
	specs    map[string]*v1alpha1.ExternalFailover
	platform plan.Platform
	text     []byte
}

func caseOf(t *testing.T, file string) written {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string][]byte{}
	for _, f := range archive.Files {
		sections[f.Name] = f.Data
	}
	mine, _ := load.Bytes("platform.yaml", sections["platform.yaml"])
	read, diags := load.Bytes("spec.yaml", sections["spec.yaml"])
	if diags.HasErrors() {
		t.Fatalf("%s: %v", file, diags)
	}
	c := written{specs: map[string]*v1alpha1.ExternalFailover{}}
	c.platform, _ = compile.Platform(mine.Platforms, plan.Overrides{})
	batch := compile.NewBatch(read.Failovers, c.platform, all.Targets())
	for i := range batch.Len() {
		spec := read.Failovers[i].Object
		c.specs[spec.Namespace+"/"+spec.Name] = spec
		p, _ := batch.Plan(i)
		if p == nil {
			continue
		}
		objects, err := batch.Objects(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range objects {
			c.text = render.YAML(append(c.text, "---\n"...), o.Tree(), render.Options{})
		}
	}
	return c
}
