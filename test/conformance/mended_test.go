package conformance

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spillway-mesh/spillway/test/conformance/bench"
	"github.com/spillway-mesh/spillway/test/conformance/cluster"
	"github.com/spillway-mesh/spillway/test/conformance/parts"
)

// mended lifts hand-written objects into a spec and generates from it, with the command itself, as its hint says.
func mended(t *testing.T, file, namespace string) string {
	t.Helper()
	root, err := parts.ModuleRoot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	spillway := func(stdin string, args ...string) string {
		c := exec.CommandContext(t.Context(), "go", append([]string{"run", "./cmd/spillway"}, args...)...)
		c.Dir, c.Stdin = filepath.Join(root, "..", ".."), strings.NewReader(stdin)
		var stderr strings.Builder
		c.Stderr = &stderr
		out, err := c.Output()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, stderr.String())
		}
		return string(out)
	}
	spec := spillway(strings.ReplaceAll(string(text), "NAMESPACE", namespace), "import", "-f", "-")
	return spillway(spec, "generate", "-f", "-")
}

// TestMended: the blog's configurations, which lose nearly everything, lose nothing once they were lifted into specs and
// generated again.
func TestMended(t *testing.T) {
	t.Parallel()
	s := use(t)
	address := regexp.MustCompile(`addresses: \[([0-9.]+)\]`)
	for name, tls := range map[string]bool{"mended-http": false, "mended-https": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := blog(tls)
			text := mended(t, h.file, name)
			found := address.FindStringSubmatch(text)
			if found == nil {
				t.Fatalf("there is no address in\n%s", text)
			}
			h.vip = found[1]
			objects, err := cluster.DecodeString(text)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.cluster.Apply(t.Context(), objects); err != nil {
				t.Fatal(err)
			}
			for _, kind := range []bench.Kind{bench.Refuse, bench.Hang} {
				r := s.run(t, h.scenario(s, t, name, kind))
				if full := r.Classes[bench.Full]; full.Lost() != 0 || full.LostBefore != 0 || full.Sent == 0 {
					t.Errorf("%s: %d of %d repeatable requests lost, %d before the failure: %q", kind, full.Lost(), full.Sent, full.LostBefore, r.Examples)
				}
			}
		})
	}
}
