package conformance

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spillway-mesh/spillway/test/conformance/bench"
	"github.com/spillway-mesh/spillway/test/conformance/parts"
)

// snippets are the programs out of which `spillway explain` cuts what it shows.
const snippets = "../../cmd/spillway/internal/awsclient/programs"

// programs makes the three programs ready to run for a host.
func programs(t *testing.T, host, jars string) []bench.Program {
	t.Helper()
	dir := t.TempDir()
	for from, to := range map[string]string{"client.go.txt": "main.go", "client.py": "client.py", "Client.java": "Client.java"} {
		text, err := os.ReadFile(filepath.Join(snippets, from))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), "orders-db.internal") {
			t.Fatalf("%s names another host than the one that is replaced", from)
		}
		if err := os.WriteFile(filepath.Join(dir, to), []byte(strings.ReplaceAll(string(text), "orders-db.internal", host)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	boto3, err := parts.Boto3(t.Context(), t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	classes := dir + ":" + jars + "/*"
	for _, command := range [][]string{
		{"go", "build", "-o", filepath.Join(dir, "client"), filepath.Join(dir, "main.go")},
		{"javac", "-cp", classes, "-d", dir, filepath.Join(dir, "Client.java")},
	} {
		if out, err := exec.CommandContext(t.Context(), command[0], command[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v (javac is in the package default-jdk-headless): %s", command, err, out)
		}
	}
	return []bench.Program{
		{Name: "go", Args: []string{filepath.Join(dir, "client")}},
		{Name: "python", Args: []string{"python3", filepath.Join(dir, "client.py")}, Env: []string{"PYTHONPATH=" + boto3}},
		{Name: "java", Args: []string{"java", "-XX:TieredStopAtLevel=1", "-cp", classes, "Client"}},
	}
}

// TestClientPrograms runs the very programs whose lines are shown to users, in Go, Python and Java, while their region is
// dead: each writes an item and reads it back, nothing fails, and each item is in one region only.
func TestClientPrograms(t *testing.T) {
	t.Parallel()
	s := use(t)
	c := s.special(t, "dynamodb-signed", "programs")
	sc := s.signedScenario(t, c)
	sc.Name, sc.Rate, sc.ProgramRuns = "AWS SDKs in Go, Python and Java", 4, 3
	sc.Programs = programs(t, c.Spec.Spec.Host, sc.Dynamo)
	sc.Failures = []bench.Failure{down(bench.Refuse, sc.Home[0], 0, 20*time.Second)}
	r := s.run(t, sc)
	ran := map[string]int{}
	for _, run := range r.Runs {
		ran[run.Program]++
		if run.Failed != "" || !slices.Equal(run.Regions, []string{"west"}) {
			t.Errorf("%s: in %v, %s", run.Key, run.Regions, run.Failed)
		}
	}
	if len(ran) != len(sc.Programs) {
		t.Errorf("what ran: %v", ran)
	}
	t.Logf("runs in the outage: %v", ran)
	if r.BadSignatures > 0 {
		t.Errorf("%d signatures were wrong", r.BadSignatures)
	}
}
