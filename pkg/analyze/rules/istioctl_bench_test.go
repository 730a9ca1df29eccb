package rules

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/load"
)

// istioctl is the program that the conformance suite has built, "" if it has not.
func istioctl(b *testing.B) string {
	b.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		b.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(cache, "spillway", "parts", "*", "istioctl"))
	if err != nil {
		b.Fatal(err)
	}
	slices.Sort(found)
	if len(found) == 0 {
		return ""
	}
	return found[0]
}

// BenchmarkBesideIstioctl reads the same files with istioctl analyze in the same run: ratio is how many times as long that
// takes.
func BenchmarkBesideIstioctl(b *testing.B) {
	program := istioctl(b)
	if program == "" {
		b.Skip("there is no istioctl: make conformance builds it")
	}
	for _, objects := range []int{1_000, 20_000} {
		b.Run(fmt.Sprint(objects), func(b *testing.B) {
			file := filepath.Join(b.TempDir(), "all.yaml")
			if err := os.WriteFile(file, manyObjects(objects), 0o600); err != nil {
				b.Fatal(err)
			}
			var ours, theirs time.Duration
			for b.Loop() {
				s, _, err := manifest.Read([]string{file}, load.Options{})
				if err != nil {
					b.Fatal(err)
				}
				analyze.Run(s, mesh.Options{ClientRegions: []string{"us-east1"}}, All())
				ours = b.Elapsed() - theirs
				before := b.Elapsed()
				c := exec.CommandContext(b.Context(), program, "analyze", "--use-kube=false", file)
				if out, err := c.CombinedOutput(); err != nil && c.ProcessState.ExitCode() > 79 {
					b.Fatalf("%v\n%s", err, out[:min(len(out), 500)])
				}
				theirs += b.Elapsed() - before
			}
			b.ReportMetric(float64(theirs)/float64(ours), "ratio")
			b.ReportMetric(ours.Seconds()/float64(b.N), "s-ours")
			b.ReportMetric(theirs.Seconds()/float64(b.N), "s-istioctl")
		})
	}
}
