package all_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/all"
)

// Every folder below target is a target, but for these three.
func TestEveryFolderIsListed(t *testing.T) {
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	var folders []string
	for _, e := range entries {
		if e.IsDir() && e.Name() != "all" && e.Name() != "targettest" && e.Name() != "internal" {
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

// Every target says of itself what people and the command line show, and its page says the same.
func TestEveryTargetTellsWhatItIs(t *testing.T) {
	t.Parallel()
	if len(all.Targets()) == 0 || len(all.Fleets()) == 0 {
		t.Fatal("there is no target")
	}
	for _, tgt := range all.Described() {
		text, err := os.ReadFile(filepath.Join("..", tgt.Info().Name, "README.md"))
		if err != nil {
			t.Errorf("%s has no page: %v", tgt.Info().Name, err)
			continue
		}
		for _, problem := range problems(tgt, string(text)) {
			t.Errorf("%s: %s", tgt.Info().Name, problem)
		}
	}
}

// problems holds what a target says of itself against its page.
func problems(tgt target.Described, page string) []string {
	info := tgt.Info()
	var bad []string
	add := func(format string, args ...any) { bad = append(bad, fmt.Sprintf(format, args...)) }
	if info.Summary == "" || len(info.Kinds) == 0 || !slices.Contains([]string{"Alpha", "Beta", "Stable"}, info.Stability) {
		add("it leaves something out: %+v", info)
	}
	sections := map[string]string{}
	at := 0
	for _, heading := range []string{"Name", "Description", "Options", "Example", "Limits"} {
		_, rest, found := strings.Cut(page[at:], "\n## "+heading+"\n")
		if !found {
			add("its page has no section %s, or not in order", heading)
			continue
		}
		at = len(page) - len(rest)
		sections[heading], _, _ = strings.Cut(rest, "\n## ")
	}
	for _, k := range info.Kinds {
		if !regexp.MustCompile(`^(CRD validated \(.+\)|semantics run \(.+\)|own subset only)$`).MatchString(k.Checked) {
			add("%s was checked against %q, which is none of the three ways", k.Name, k.Checked)
		}
		if row := "\n| `" + k.Name + "` | " + k.Checked + " |\n"; !strings.Contains(sections["Limits"], row) {
			add("its page lacks under Limits the row%s", row)
		}
	}
	if rows := strings.Count(sections["Limits"], "\n| `"); rows != len(info.Kinds) {
		add("its page has %d rows under Limits for %d kinds", rows, len(info.Kinds))
	}
	return append(bad, optionProblems(tgt, sections["Options"])...)
}

// The front page lists every target of fleets with its stability and what it was checked against.
func TestFrontPageListsFleetTargets(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, tgt := range all.Fleets() {
		info := tgt.Info()
		var checked []string
		for _, k := range info.Kinds {
			if !slices.Contains(checked, k.Checked) {
				checked = append(checked, k.Checked)
			}
		}
		row := fmt.Sprintf("\n| [%[1]s](pkg/target/%[1]s/README.md) | %[2]s | %[3]s |\n", info.Name, info.Stability, strings.Join(checked, ", "))
		if !strings.Contains(string(page), row) {
			t.Errorf("README.md lacks the row%s", row)
		}
	}
}

// optionProblems holds the options of an edge against their table.
func optionProblems(tgt target.Described, section string) []string {
	edge, ok := tgt.(target.EdgeTarget)
	if !ok {
		return nil
	}
	var bad []string
	if strings.ToLower(edge.Info().Edge) != edge.Info().Name {
		bad = append(bad, "it is not named as its edge "+edge.Info().Edge)
	}
	options := target.DescribeOptions(edge.Options())
	for _, o := range options {
		text := ""
		if o.Default != "" {
			text = "`" + o.Default + "`"
		}
		if row := "\n| `" + o.Name + "` | " + o.Values + " | " + text + " |"; !strings.Contains(section, strings.ReplaceAll(row, "|  |", "| |")) {
			bad = append(bad, "its page lacks under Options a row that begins"+strings.ReplaceAll(row, "|  |", "| |"))
		}
	}
	if rows := strings.Count(section, "\n| `"); rows != len(options) {
		bad = append(bad, fmt.Sprintf("its page has %d rows for %d options", rows, len(options)))
	}
	return bad
}

// TestProblemsAreFound is the negative control: the same page of a target that says something else.
func TestProblemsAreFound(t *testing.T) {
	t.Parallel()
	const page = "# x\n\n## Name\n\n## Description\n\n## Options\n\n| `size` | a whole number from 1 | `3` | of it |\n\n## Example\n\n## Limits\n\n" +
		"| `A.b` | own subset only |\n"
	good := sized{checked: target.OwnSubset(), size: 3}
	if bad := problems(good, page); len(bad) > 0 {
		t.Error(bad)
	}
	for name, other := range map[string]sized{
		"a better check": {checked: target.CRDValidated("m v1"), size: 3}, "no check": {checked: "looked at", size: 3},
		"another default": {checked: target.OwnSubset(), size: 4},
	} {
		if len(problems(other, page)) == 0 {
			t.Errorf("%s: nothing is found", name)
		}
	}
	if len(problems(good, strings.Replace(page, "## Example\n", "", 1))) == 0 {
		t.Error("a page without an example passes")
	}
}

// sized is an edge with one option.
type sized struct {
	target.FleetTarget
	checked string
	size    int
}

type sizes struct {
	Size int `json:"size" min:"1"`
}

func (s sized) Info() target.Info {
	return target.Info{
		Name: "sized", Edge: "Sized", Summary: "s", Stability: "Alpha", Kinds: []target.Kind{{Name: "A.b", Checked: s.checked}},
	}
}

func (s sized) Options() any { return &sizes{Size: s.size} }

func (sized) Timing(any) plan.EdgeTiming { return plan.EdgeTiming{} }
