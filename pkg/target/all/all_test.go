package all_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway-mesh/spillway/pkg/target/all"
)

// Every folder below target is a target, but for these two.
func TestEveryFolderIsListed(t *testing.T) {
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	var folders []string
	for _, e := range entries {
		if e.IsDir() && e.Name() != "all" && e.Name() != "targettest" {
			folders = append(folders, e.Name())
		}
	}
	listed := make([]string, 0, len(folders))
	for _, tgt := range all.Described() {
		listed = append(listed, tgt.Info().Name)
	}
	slices.Sort(listed)
	if slices.Contains(listed, "") {
		t.Error("a target has no name")
	}
	if diff := cmp.Diff(folders, listed); diff != "" {
		t.Errorf("folders and the list of targets differ (-folders +listed):\n%s", diff)
	}
}

// Every target says of itself what people and the command line show.
func TestEveryTargetTellsWhatItIs(t *testing.T) {
	if len(all.Targets()) == 0 || len(all.Fleets()) == 0 {
		t.Fatal("there is no target")
	}
	for _, tgt := range all.Described() {
		info := tgt.Info()
		if info.Summary == "" || info.Checked == "" || len(info.Kinds) == 0 {
			t.Errorf("%s leaves something out: %+v", info.Name, info)
		}
		if !slices.Contains([]string{"Alpha", "Beta", "Stable"}, info.Stability) {
			t.Errorf("%s: stability %q", info.Name, info.Stability)
		}
		text, err := os.ReadFile(filepath.Join("..", info.Name, "README.md"))
		if err != nil {
			t.Errorf("%s has no page: %v", info.Name, err)
			continue
		}
		at := 0
		for _, heading := range []string{"\n## Name\n", "\n## Description\n", "\n## Options\n", "\n## Example\n", "\n## Limits\n"} {
			i := strings.Index(string(text[at:]), heading)
			if i < 0 {
				t.Errorf("%s/README.md: %q is missing or out of order", info.Name, heading)
				continue
			}
			at += i
		}
	}
}
