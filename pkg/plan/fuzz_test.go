package plan_test

import (
	"encoding/json"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/plan/plantest"
)

// FuzzBuild plans whatever decodes: a spec is refused with an error, or its plan keeps its promises and answers for
// every region.
func FuzzBuild(f *testing.F) {
	r := rand.New(rand.NewPCG(19, 23))
	for range 50 {
		data, err := json.Marshal(plantest.RandomSpec(r, "shop"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"spec":{}}`))
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		f.Fatal("no cases to start from", err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		data, err := json.Marshal(specOf(f, archive.Files[0].Data))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var spec v1alpha1.ExternalFailover
		if json.Unmarshal(data, &spec) != nil {
			return
		}
		plan.Together([]*v1alpha1.ExternalFailover{&spec, &spec})
		for name, platform := range platforms() {
			p, diags := plan.Build(plan.Input{Spec: &spec, Platform: platform})
			if (p == nil) != diags.HasErrors() {
				t.Fatalf("%s: plan %v with %v", name, p, diags)
			}
			outcome{}.refused(t, diags)
			if p == nil {
				continue
			}
			if bad := discrepancies(p, &spec.Spec); len(bad) > 0 {
				t.Fatalf("%s: %s: %v", name, p.Order.Mechanism, bad)
			}
		}
	})
}
