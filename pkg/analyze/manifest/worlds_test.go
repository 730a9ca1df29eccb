package manifest

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway-mesh/spillway/pkg/load"
)

func TestWorlds(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		files []string // file=name of its object
		want  []string // the files of each world
	}{
		"nothing twice":           {[]string{"a/x=1", "b/y=2"}, []string{"a/x b/y"}},
		"overlays":                {[]string{"base/x=1", "overlays/dev/y=2", "overlays/prod/y=2", "overlays/prod/z=3"}, []string{"base/x overlays/dev/y", "base/x overlays/prod/y overlays/prod/z"}},
		"examples side by side":   {[]string{"a/x=1", "a/y=1", "a/z=2"}, []string{"a/x a/z", "a/y a/z"}},
		"a base and its overlay":  {[]string{"x=1", "dev/x=1", "dev/y=2"}, []string{"dev/x dev/y", "x dev/y"}},
		"deep down":               {[]string{"dev/a/x=1", "prod/b/c/x=1", "prod/b/c/y=2"}, []string{"dev/a/x", "prod/b/c/x prod/b/c/y"}},
		"three of one":            {[]string{"a/x=1", "b/x=1", "c/x=1"}, []string{"a/x", "b/x", "c/x"}},
		"twice in a file is once": {[]string{"a=1", "a=1"}, []string{"a a"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &Snapshot{}
			for _, f := range tc.files {
				file, object, _ := strings.Cut(f, "=")
				one, diags := Bytes(file, []byte("apiVersion: v1\nkind: Service\nmetadata: {name: s"+object+"}\n"), load.Options{})
				if len(diags) > 0 {
					t.Fatal(diags)
				}
				s.Objects = append(s.Objects, one.Objects...)
			}
			worlds, _ := s.Worlds()
			var got []string
			for _, w := range worlds {
				var files []string
				for _, o := range w.Objects {
					files = append(files, o.Source.File)
				}
				got = append(got, strings.Join(files, " "))
			}
			slices.Sort(got)
			slices.Sort(tc.want)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestMeshOfWorld: a mesh configuration is that of the world that holds it, or of all where none does.
func TestMeshOfWorld(t *testing.T) {
	t.Parallel()
	const service = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\n"
	const config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata: {mesh: 'connectTimeout: 1s'}\n"
	for at, want := range map[string][]bool{"base/mesh": {true, true}, "prod/mesh": {false, true}} {
		s, diags := Texts([]load.Text{{Name: at, Data: []byte(config)}, {Name: "dev/x", Data: []byte(service)}, {Name: "prod/x", Data: []byte(service)}}, load.Options{})
		if len(diags) > 0 {
			t.Fatal(diags)
		}
		worlds, _ := s.Worlds()
		for i, w := range worlds {
			if root := []string{"dev", "prod"}[i]; w.Root != root || (w.Mesh != nil) != want[i] || (w.MeshObject() != nil) != want[i] {
				t.Errorf("%s: the world of %q has the mesh configuration: %t", at, w.Root, w.Mesh != nil)
			}
		}
		if len(worlds) != 2 {
			t.Errorf("%d worlds", len(worlds))
		}
	}
}
