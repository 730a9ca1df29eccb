package test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

const module = "github.com/spillway-mesh/spillway"

// rule is one line of the package map: what a package may import beyond the standard library.
type rule struct {
	own   []string // of this module; a pattern as in path.Match
	third []string // of others, by prefix
	lint  string   // the depguard list that says the same
}

// packageMap is the order of the layers. A package of this module that no entry covers is an error, so that a new one
// finds its place here first. Keys are patterns as in path.Match; the longest that fits counts.
func packageMap() map[string]rule {
	const fields, yaml3 = "k8s.io/apimachinery/pkg/util/validation/field", "go.yaml.in/yaml/v3"
	all := healthMap()
	maps.Copy(all, targetMap())
	maps.Copy(all, analysisMap())
	maps.Copy(all, map[string]rule{
		"pkg/api/v1alpha1": {third: []string{"k8s.io/apimachinery"}, lint: "api"},
		"pkg/diag":         {third: []string{fields}, lint: "diag"},
		"pkg/term":         {third: []string{"golang.org/x/term"}, lint: "term"},
		"pkg/version":      {lint: "version"},
		"pkg/region":       {lint: "region"},
		"pkg/window":       {lint: "window"},
		"pkg/load": {
			own: []string{"pkg/api/v1alpha1", "pkg/diag"}, third: []string{"k8s.io/apimachinery", "sigs.k8s.io/yaml", yaml3}, lint: "load",
		},
		"pkg/validate": {own: []string{"pkg/api/v1alpha1", "pkg/diag"}, third: []string{"k8s.io/apimachinery"}, lint: "validate"},
		"pkg/plan": {
			own:   []string{"pkg/api/v1alpha1", "pkg/diag", "pkg/region", "pkg/window", "pkg/health"},
			third: []string{"k8s.io/apimachinery"}, lint: "plan",
		},
		"pkg/plan/plantest": {own: []string{"pkg/api/v1alpha1"}, third: []string{"k8s.io/apimachinery"}}, // for tests only
		"pkg/render":        {own: []string{"pkg/diag"}, third: []string{"sigs.k8s.io/yaml", yaml3}, lint: "render"},
		"pkg/zone":          {own: []string{"pkg/diag"}, third: []string{fields}, lint: "zone"},
		"pkg/picture":       {own: []string{"pkg/plan", "pkg/window"}, lint: "picture"},
		"pkg/live":          {own: []string{"pkg/api/v1alpha1"}, third: []string{"k8s.io/apimachinery", "k8s.io/client-go"}, lint: "live"},
		"pkg/compile": {
			own: []string{
				"pkg/api/v1alpha1", "pkg/load", "pkg/validate", "pkg/plan", "pkg/window", "pkg/target", "pkg/target/all", "pkg/diag", "pkg/render",
			},
			third: []string{"k8s.io/apimachinery"}, lint: "compile",
		},
		"cmd/spillway": {
			own: []string{"pkg/*", "pkg/api/*", "pkg/analyze/*", "pkg/target/all", "pkg/health/peer", "cmd/spillway/internal/*"},
			third: []string{
				"github.com/spf13/cobra", "github.com/spf13/pflag", "k8s.io/apimachinery", "sigs.k8s.io/yaml", "go.yaml.in/yaml/v3",
				"github.com/rogpeppe/go-internal/diff",
			},
		},
		// Parts of one command; they stay small and plain, so that the commands stay thin.
		"cmd/*/internal/*":               {own: []string{"pkg/*", "pkg/api/*"}},
		"cmd/spillway/internal/clusters": {own: []string{"pkg/*", "pkg/analyze/*"}, third: []string{"go.yaml.in/yaml/v3"}},
		"test":                           {},
		"test/bench":                     {},
	})
	return all
}

// targetMap is the part of the map that is the targets'.
func targetMap() map[string]rule {
	const fields = "k8s.io/apimachinery/pkg/util/validation/field"
	return map[string]rule{
		"pkg/target": {
			own: []string{"pkg/plan", "pkg/diag", "pkg/render"}, third: []string{fields, "sigs.k8s.io/yaml"}, lint: "target",
		},
		"pkg/target/*": {
			own: []string{"pkg/target", "pkg/target/internal/google", "pkg/target/internal/aws", "pkg/plan", "pkg/window", "pkg/zone", "pkg/diag", "pkg/render"},
			third: []string{
				"k8s.io/apimachinery", "istio.io/api", "google.golang.org/protobuf", "github.com/envoyproxy/go-control-plane/envoy",
			},
			lint: "targets",
		},
		// What several targets of one cloud share; it knows no target.
		"pkg/target/internal/*": {own: []string{"pkg/target", "pkg/plan", "pkg/diag", "pkg/render"}, third: []string{fields}},
		"pkg/target/all":        {own: []string{"pkg/target", "pkg/target/*"}},
		"pkg/target/istio": {
			own: []string{
				"pkg/target", "pkg/plan", "pkg/diag", "pkg/render", "pkg/target/istio/egress", "pkg/target/istio/policy",
			},
			third: []string{"k8s.io/apimachinery"}, lint: "istio",
		},
		// Parts of one target, shared by its patterns.
		"pkg/target/istio/*": {own: []string{"pkg/target", "pkg/plan", "pkg/render", "pkg/target/istio/policy"}, lint: "istioparts"},
		"pkg/target/targettest": {
			own: []string{
				"pkg/api/v1alpha1", "pkg/compile", "pkg/diag", "pkg/load", "pkg/validate", "pkg/plan", "pkg/render", "pkg/target",
			},
			third: []string{
				"k8s.io/apimachinery", "istio.io/api", "google.golang.org/protobuf", "sigs.k8s.io/yaml", "github.com/google/go-cmp",
				"github.com/envoyproxy/go-control-plane/envoy", "golang.org/x/tools/txtar", "go.yaml.in/yaml/v3",
			},
		},
	}
}

// analysisMap is the part of the map that finds mistakes in objects of others.
func analysisMap() map[string]rule {
	const istio = "istio.io/api"
	return map[string]rule{
		"pkg/analyze": {own: []string{"pkg/analyze/manifest", "pkg/analyze/mesh", "pkg/diag"}, lint: "analyze"},
		"pkg/analyze/manifest": {
			own: []string{"pkg/diag", "pkg/load"}, third: []string{istio, "google.golang.org/protobuf", "go.yaml.in/yaml/v3"}, lint: "manifest",
		},
		"pkg/analyze/mend":  {own: []string{"pkg/analyze"}, third: []string{"go.yaml.in/yaml/v3"}, lint: "mend"},
		"pkg/analyze/proxy": {own: []string{"pkg/diag"}, lint: "proxy"},
		"pkg/analyze/mesh":  {own: []string{"pkg/analyze/manifest"}, third: []string{istio}, lint: "mesh"},
		"pkg/behaviour": {
			own: []string{"pkg/analyze/manifest", "pkg/analyze/mesh", "pkg/plan"}, third: []string{istio, "google.golang.org/protobuf"},
			lint: "behaviour",
		},
		"pkg/importer": {
			own: []string{
				"pkg/api/v1alpha1", "pkg/analyze/manifest", "pkg/analyze/mesh", "pkg/behaviour", "pkg/compile", "pkg/diag", "pkg/load",
				"pkg/plan", "pkg/region", "pkg/render", "pkg/target/all",
			},
			third: []string{"k8s.io/apimachinery", istio, "google.golang.org/protobuf"}, lint: "importer",
		},
		"pkg/analyze/rules": {
			own:   []string{"pkg/analyze", "pkg/analyze/manifest", "pkg/analyze/mesh", "pkg/diag", "pkg/plan", "pkg/region", "pkg/window"},
			third: []string{istio}, lint: "rules",
		},
	}
}

// healthMap is the part of the map that is the health server's.
func healthMap() map[string]rule {
	return map[string]rule{
		"pkg/health":       {lint: "health"},
		"pkg/health/probe": {own: []string{"pkg/health"}, lint: "probe"},
		"pkg/health/server": {
			own: []string{
				"pkg/health", "pkg/health/peer", "pkg/health/probe", "pkg/api/v1alpha1", "pkg/diag", "pkg/load", "pkg/validate", "pkg/version",
			},
			third: []string{"k8s.io/apimachinery", "github.com/prometheus/client_golang", "golang.org/x/sync"}, lint: "healthserver",
		},
		"cmd/spillway-health": {own: []string{"pkg/*", "pkg/api/*", "pkg/health/*"}, third: []string{"k8s.io/client-go/rest"}},
		"pkg/health/kube": {
			own:   []string{"pkg/api/v1alpha1", "pkg/health/probe"},
			third: []string{"k8s.io/apimachinery", "k8s.io/client-go", "k8s.io/utils/clock"}, lint: "healthkube",
		},
		"pkg/health/peer": {own: []string{"pkg/health"}, lint: "peer"},
	}
}

// binary is what one binary may link.
type binary struct {
	packages int      // at most so many from outside the standard library
	mustNot  []string // module prefixes that never get in
}

// binaries lists every folder of cmd. A budget is the present count and a little room: raise it in the change that
// needs it, with the reason in the commit.
func binaries() map[string]binary {
	return map[string]binary{
		"cmd/spillway": {packages: 214, mustNot: []string{"sigs.k8s.io/controller-runtime", "istio.io/istio"}},
		"cmd/spillway-health": {packages: 170, mustNot: []string{
			"sigs.k8s.io/controller-runtime", "istio.io", "github.com/envoyproxy", "google.golang.org/grpc", "github.com/spf13/cobra",
		}},
	}
}

// A binary that reads maintenance windows brings the time zones along: its image has none, and would refuse every name.
func TestTimeZonesAreLinked(t *testing.T) {
	t.Parallel()
	const zones = "time/tzdata"
	for name := range binaries() {
		if !slices.ContainsFunc(goList(t, "-deps", "./"+name), func(p listed) bool { return p.ImportPath == zones }) {
			t.Errorf("%s does not link %s", name, zones)
		}
	}
}

// listed is the part of `go list -json` that the checks read.
type listed struct {
	ImportPath string
	Standard   bool
	Imports    []string
	Deps       []string
}

// goList runs go list at the root of the product's module.
func goList(t *testing.T, args ...string) []listed {
	t.Helper()
	c := exec.CommandContext(t.Context(), "go", append([]string{"list", "-json=ImportPath,Standard,Imports,Deps"}, args...)...)
	c.Dir = ".."
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var all []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// ruleFor finds the most specific entry of the map for a package.
func ruleFor(pkg string) (rule, bool) {
	best, found := "", false
	var r rule
	for pattern, candidate := range packageMap() {
		if matches(pattern, pkg) && (!found || specific(pattern) > specific(best)) {
			best, r, found = pattern, candidate, true
		}
	}
	return r, found
}

// specific prefers a longer pattern, and any exact name over a wildcard.
func specific(pattern string) int { return len(strings.ReplaceAll(pattern, "*", "")) }

func matches(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return err == nil && ok
}

// importViolations checks every package of this module in the graph against the map.
func importViolations(graph []listed) []string {
	standard := map[string]bool{}
	for _, p := range graph {
		standard[p.ImportPath] = p.Standard
	}
	var bad []string
	for _, p := range graph {
		name, ours := strings.CutPrefix(p.ImportPath, module+"/")
		if !ours {
			continue
		}
		r, known := ruleFor(name)
		if !known {
			bad = append(bad, name+" is not in the package map: give it a place in test/arch_test.go")
			continue
		}
		for _, imported := range p.Imports {
			if !allowed(r, imported, standard) {
				bad = append(bad, name+" must not import "+strings.TrimPrefix(imported, module+"/"))
			}
		}
	}
	slices.Sort(bad)
	return bad
}

func allowed(r rule, imported string, standard map[string]bool) bool {
	if own, ok := strings.CutPrefix(imported, module+"/"); ok {
		return slices.ContainsFunc(r.own, func(pattern string) bool { return matches(pattern, own) })
	}
	return standard[imported] || slices.ContainsFunc(r.third, func(prefix string) bool { return under(prefix, imported) })
}

func under(prefix, name string) bool { return name == prefix || strings.HasPrefix(name, prefix+"/") }

// linkViolations checks what a binary links, and says how many packages from outside the standard library that is.
func linkViolations(graph []listed, name string, limit binary) (int, []string) {
	standard := map[string]bool{}
	var deps []string
	for _, p := range graph {
		standard[p.ImportPath] = p.Standard
		if p.ImportPath == module+"/"+name {
			deps = p.Deps
		}
	}
	count := 0
	var bad []string
	for _, d := range deps {
		if !standard[d] {
			count++
		}
		for _, prefix := range limit.mustNot {
			if under(prefix, d) {
				bad = append(bad, name+" must not link "+d)
			}
		}
	}
	if count > limit.packages {
		bad = append(bad, fmt.Sprintf("%s links %d packages from outside the standard library, budget %d", name, count, limit.packages))
	}
	return count, bad
}

func TestImportRules(t *testing.T) {
	t.Parallel()
	graph := goList(t, "-deps", "./...")
	if len(graph) < 50 {
		t.Fatalf("go list saw %d packages only", len(graph))
	}
	for _, v := range importViolations(graph) {
		t.Error(v)
	}
	folders, err := filepath.Glob("../cmd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		name := "cmd/" + filepath.Base(folder)
		limit, ok := binaries()[name]
		if !ok {
			t.Errorf("%s has no package budget: give it one in test/arch_test.go", name)
			continue
		}
		count, bad := linkViolations(graph, name, limit)
		for _, v := range bad {
			t.Error(v)
		}
		if count == 0 || count < limit.packages*3/4 {
			t.Errorf("%s links %d packages, budget %d: lower the budget, so that it keeps watching", name, count, limit.packages)
		}
	}
}

// The negative control: a graph made up to break each rule once.
func TestImportRulesCatchViolations(t *testing.T) {
	t.Parallel()
	own := func(name string, imports ...string) listed {
		return listed{ImportPath: module + "/" + name, Imports: imports}
	}
	graph := []listed{
		{ImportPath: "fmt", Standard: true},
		{ImportPath: "istio.io/api/x"},
		own("pkg/region", "fmt", module+"/pkg/plan", "github.com/acme/geo"),
		own("pkg/plan", "fmt", module+"/pkg/region", module+"/pkg/target", "istio.io/api/x"),
		own("pkg/target/alpha", module+"/pkg/target", "istio.io/api/x", module+"/pkg/target/beta", module+"/pkg/load"),
		own("pkg/target/all", module+"/pkg/target/alpha", "istio.io/api/x"),
		own("pkg/util", "fmt"),
		own("pkg/diag", module+"/cmd/spillway", "k8s.io/apimachinery/pkg/util/validation/field"),
		own("pkg/validate", "k8s.io/apimachinery2/x"),
	}
	want := []string{
		"pkg/diag must not import cmd/spillway",
		"pkg/plan must not import istio.io/api/x",
		"pkg/plan must not import pkg/target",
		"pkg/region must not import github.com/acme/geo",
		"pkg/region must not import pkg/plan",
		"pkg/target/all must not import istio.io/api/x",
		"pkg/target/alpha must not import pkg/load",
		"pkg/target/alpha must not import pkg/target/beta",
		"pkg/util is not in the package map: give it a place in test/arch_test.go",
		"pkg/validate must not import k8s.io/apimachinery2/x",
	}
	if diff := cmp.Diff(want, importViolations(graph)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLinkRulesCatchViolations(t *testing.T) {
	t.Parallel()
	graph := []listed{
		{ImportPath: "fmt", Standard: true},
		{ImportPath: module + "/cmd/x", Deps: []string{"fmt", "a.example/one", "a.example/two", "sigs.k8s.io/controller-runtime/pkg/client"}},
	}
	count, got := linkViolations(graph, "cmd/x", binary{packages: 2, mustNot: []string{"sigs.k8s.io/controller-runtime"}})
	want := []string{
		"cmd/x must not link sigs.k8s.io/controller-runtime/pkg/client",
		"cmd/x links 3 packages from outside the standard library, budget 2",
	}
	if diff := cmp.Diff(want, got); diff != "" || count != 3 {
		t.Errorf("counted %d (-want +got):\n%s", count, diff)
	}
	if _, got := linkViolations(graph, "cmd/x", binary{packages: 3}); len(got) != 0 {
		t.Errorf("a binary within its budget is refused: %v", got)
	}
}

// The linter's copy of the map, which an editor shows while typing, must say what the map says.
func TestDepguardAgreesWithThePackageMap(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../.golangci.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Linters struct {
			Settings struct {
				Depguard struct {
					Rules map[string]struct {
						Allow []string `json:"allow"`
					} `json:"rules"`
				} `json:"depguard"`
			} `json:"settings"`
		} `json:"linters"`
	}
	if err := yaml.Unmarshal(raw, &config); err != nil {
		t.Fatal(err)
	}
	checked := 0
	for pkg, r := range packageMap() {
		if r.lint == "" {
			continue
		}
		checked++
		want := append([]string{"$gostd"}, r.third...)
		for _, own := range r.own {
			want = append(want, module+"/"+own+"$")
		}
		got := config.Linters.Settings.Depguard.Rules[r.lint].Allow
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("depguard list %q for %s (-map +linter):\n%s", r.lint, pkg, diff)
		}
	}
	if checked < 10 {
		t.Errorf("only %d lists compared", checked)
	}
}
