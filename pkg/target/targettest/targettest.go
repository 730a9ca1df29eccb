// Package targettest runs the cases of a target: each is one txtar file with a spec and the objects or the findings that
// must come out of it.
//
// The sections are spec.yaml (one or more ExternalFailovers, or ClusterFailovers for a target of fleets), platform.yaml
// (optional), and want.yaml or want.diags or both. With -update the wants are rewritten. Start reading at Run.
package targettest

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
	"sigs.k8s.io/yaml"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
)

var update = flag.Bool("update", false, "rewrite the wants of the cases")

const (
	specSection     = "spec.yaml"
	platformSection = "platform.yaml"
	objectsSection  = "want.yaml"
	diagsSection    = "want.diags"
)

// Decoder checks the JSON of one object against the types of its platform; unknown fields are errors.
type Decoder func(kind string, object []byte) error

// Run runs every case below testdata. Each is written twice and must come out the same; each object must pass decode,
// and the rules for names and labels.
func Run(t *testing.T, tgt target.Target, decode Decoder) {
	t.Helper()
	run(t, decode, func(t *testing.T, in Input) Output {
		t.Helper()
		objects, said := Generate(t, in, tgt)
		return Output{Objects: objects, Said: said}
	})
}

// Output is what comes of a case: objects, other files by the names of their sections, and what was said.
type Output struct {
	Objects []target.Object
	Files   map[string]string
	Said    string
	fleet   bool
}

// text is the objects as generate prints them; those of a fleet say which cluster they are for.
func (o Output) text() string {
	if !o.fleet {
		return YAML(o.Objects)
	}
	var out []byte
	for i, x := range o.Objects {
		if i > 0 {
			out = append(out, "---\n"...)
		}
		if x.Cluster != "" {
			out = append(out, "# For the cluster "+x.Cluster+".\n"...)
		} else {
			out = append(out, "# For the whole fleet.\n"...)
		}
		out = render.YAML(out, x.Tree(), render.Options{})
	}
	return string(out)
}

// generator makes what comes of a case.
type generator func(t *testing.T, in Input) Output

func run(t *testing.T, decode Decoder, generate generator) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in testdata (%v)", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			runCase(t, file, decode, generate)
		})
	}
}

func runCase(t *testing.T, file string, decode Decoder, generate generator) {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	sections := make(map[string]*[]byte)
	for i, f := range archive.Files {
		sections[f.Name] = &archive.Files[i].Data
	}
	in := takeInput(t, sections)
	got := generate(t, in)
	CheckObjects(t, got.Objects, decode)
	again := in
	if got.fleet {
		again.Spec = shuffled(t, in.Spec)
	}
	same(t, got, generate(t, again))
	wants := maps.Clone(got.Files)
	if wants == nil {
		wants = map[string]string{}
	}
	wants[objectsSection], wants[diagsSection] = got.text(), got.Said
	if _, findings := sections[diagsSection]; findings && got.fleet && len(sections) == 1 {
		wants = map[string]string{diagsSection: got.Said} // the case is about what is said
	}
	if *update {
		write(t, file, archive, wants)
		return
	}
	for name, text := range wants {
		compare(t, sections, name, text)
	}
	for name := range sections {
		t.Errorf("section %s is not read by anything", name)
	}
}

// Input is what a case starts from.
type Input struct {
	Spec, Platform []byte
}

func takeInput(t *testing.T, sections map[string]*[]byte) Input {
	t.Helper()
	spec, ok := sections[specSection]
	if !ok {
		t.Fatalf("no section %s", specSection)
	}
	in := Input{Spec: *spec}
	if platform, ok := sections[platformSection]; ok {
		in.Platform = *platform
	}
	delete(sections, specSection)
	delete(sections, platformSection)
	return in
}

func compare(t *testing.T, sections map[string]*[]byte, name, got string) {
	t.Helper()
	want, ok := sections[name]
	delete(sections, name)
	switch {
	case !ok && name == diagsSection && !strings.Contains(got, diag.Error.String()+" "):
		return // warnings and notes are shown only by the cases that are about them
	case !ok && got == "":
		return
	case !ok:
		t.Errorf("no section %s, but there is:\n%s", name, got)
		return
	}
	if diff := cmp.Diff(string(*want), got); diff != "" {
		t.Errorf("%s (-want +got; -update rewrites it):\n%s", name, diff)
	}
}

// write replaces the wants that a case has, and adds those of a case that has none.
func write(t *testing.T, file string, archive *txtar.Archive, got map[string]string) {
	t.Helper()
	found := map[string]bool{}
	for i, f := range archive.Files {
		if text, ok := got[f.Name]; ok {
			archive.Files[i].Data = []byte(text)
			found[f.Name] = true
		}
	}
	if !found[objectsSection] && !found[diagsSection] {
		name := objectsSection
		if got[objectsSection] == "" {
			name = diagsSection
		}
		archive.Files = append(archive.Files, txtar.File{Name: name, Data: []byte(got[name])})
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if strings.HasPrefix(name, "want/") && !found[name] {
			archive.Files = append(archive.Files, txtar.File{Name: name, Data: []byte(got[name])})
		}
	}
	archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool {
		_, written := got[f.Name]
		return strings.HasPrefix(f.Name, "want/") && !written
	})
	if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Generate makes the objects of all specs of the input, in the order of the input, and what the target said.
func Generate(t *testing.T, in Input, tgt target.Target) ([]target.Object, string) {
	t.Helper()
	platform := platformOf(t, in.Platform)
	specs := specsOf(t, in.Spec)
	addresses, diags := plan.Allocate(specs, platform)
	mustBeFine(t, diags)
	var all []target.Object
	var said diag.List
	for _, spec := range specs {
		p, diags := plan.Build(plan.Input{Spec: spec, Platform: platform, Addresses: addresses[nameOf(spec)]})
		mustBeFine(t, diags)
		objects, diags, err := target.RenderAll(p, []target.Target{tgt})
		if err != nil {
			t.Fatal(err)
		}
		all, said = append(all, objects...), append(said, diags...)
	}
	return all, diagText(said)
}

func platformOf(t *testing.T, text []byte) plan.Platform {
	t.Helper()
	var object *v1alpha1.Platform
	if len(text) > 0 {
		loaded, diags := load.Bytes(platformSection, text)
		mustBeFine(t, diags)
		object = loaded.Platforms[0].Object
	}
	platform, diags := plan.ResolvePlatform(object, plan.Overrides{})
	mustBeFine(t, diags)
	return platform
}

func specsOf(t *testing.T, text []byte) []*v1alpha1.ExternalFailover {
	t.Helper()
	loaded, diags := load.Bytes(specSection, text)
	mustBeFine(t, diags)
	specs := make([]*v1alpha1.ExternalFailover, 0, len(loaded.Failovers))
	for _, f := range loaded.Failovers {
		specs = append(specs, f.Object)
	}
	if len(specs) == 0 {
		t.Fatalf("%s holds no spec", specSection)
	}
	return specs
}

func mustBeFine(t *testing.T, diags diag.List) {
	t.Helper()
	if diags.HasErrors() {
		t.Fatalf("refused before the target is asked:\n%s", diagText(diags))
	}
}

func diagText(diags diag.List) string {
	var b strings.Builder
	for _, d := range diags {
		fmt.Fprintf(&b, "%s %s %s: %s\n", d.Severity, d.Code, d.Path, d.Message)
		if d.Hint != "" {
			fmt.Fprintf(&b, "\thint: %s\n", d.Hint)
		}
	}
	return b.String()
}

// YAML is the objects as generate prints them, without its header.
func YAML(objects []target.Object) string {
	var out []byte
	for i, o := range objects {
		if i > 0 {
			out = append(out, "---\n"...)
		}
		out = render.YAML(out, o.Tree(), render.Options{})
	}
	return string(out)
}

// Without is the text without its comments, by the writer's own option.
func Without(objects []target.Object) string {
	var out []byte
	for _, o := range objects {
		out = render.YAML(append(out, "---\n"...), o.Tree(), render.Options{NoComments: true})
	}
	return string(out)
}

// JSON is one object as JSON, read back from the YAML that is written for it.
func JSON(o target.Object) ([]byte, error) {
	data, err := yaml.YAMLToJSONStrict(render.YAML(nil, o.Tree(), render.Options{}))
	if err != nil {
		return nil, fmt.Errorf("reading back %s %s/%s: %w", o.Kind, o.Namespace, o.Name, err)
	}
	direct := render.JSON(nil, o.Tree())
	var a, b any
	if err := json.Unmarshal(data, &a); err != nil {
		return nil, fmt.Errorf("decoding %s %s/%s: %w", o.Kind, o.Namespace, o.Name, err)
	}
	if err := json.Unmarshal(direct, &b); err != nil {
		return nil, fmt.Errorf("decoding the JSON of %s %s/%s: %w", o.Kind, o.Namespace, o.Name, err)
	}
	if diff := cmp.Diff(a, b); diff != "" {
		return nil, fmt.Errorf("%s %s/%s: YAML and JSON differ (-yaml +json):\n%s", o.Kind, o.Namespace, o.Name, diff)
	}
	return bytes.TrimSpace(data), nil
}
