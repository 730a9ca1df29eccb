// Package bench measures the program as a whole, beside the tool that users know: how long `istioctl validate` takes to
// read what was generated. It holds benchmarks only: `make bench` runs them. Start reading at BenchmarkGenerate.
package bench

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// sample is the spec that is multiplied: TLS to two regions with a name each, four objects.
const sample = "../../samples/dynamodb-tls/failover.yaml"

// measured is one process from start to end.
type measured struct {
	wall time.Duration
	peak float64 // megabytes resident
}

// result is a row of the table.
type result struct {
	specs, objects int
	ours, peer     measured
}

// BenchmarkGenerate runs the built program on 1, 1,000 and 10,000 specs.
func BenchmarkGenerate(b *testing.B) {
	program := build(b)
	istioctl := findIstioctl()
	var table []result
	for _, n := range []int{1, 1000, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			r := generate(b, program, n)
			if istioctl != "" {
				r.peer = validate(b, istioctl, r.output)
			}
			table = append(table, r.result)
		})
	}
	fmt.Fprint(os.Stderr, write(table, istioctl)) // the log of a benchmark with others below it is not printed
}

// build makes the program as users get it.
func build(b *testing.B) string {
	b.Helper()
	program := filepath.Join(b.TempDir(), "spillway")
	c := exec.CommandContext(b.Context(), "go", "build", "-trimpath", "-o", program, "../../cmd/spillway")
	if out, err := c.CombinedOutput(); err != nil {
		b.Fatalf("building: %v\n%s", err, out)
	}
	return program
}

// findIstioctl takes the one that ISTIOCTL names, or that the conformance suite has built.
func findIstioctl() string {
	if path := os.Getenv("ISTIOCTL"); path != "" {
		return path
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	found, err := filepath.Glob(filepath.Join(cache, "spillway", "parts", "*", "istioctl"))
	if err != nil || len(found) == 0 {
		return ""
	}
	return found[len(found)-1]
}

// generated is a result and the file it is about.
type generated struct {
	result
	output string
}

func generate(b *testing.B, program string, n int) generated {
	b.Helper()
	dir := b.TempDir()
	input := filepath.Join(dir, "specs.yaml")
	if err := os.WriteFile(input, specs(b, n), 0o600); err != nil {
		b.Fatal(err)
	}
	g := generated{result: result{specs: n}, output: filepath.Join(dir, "objects.yaml")}
	for b.Loop() {
		m := run(b, g.output, program, "generate", "-f", input)
		if g.ours.wall == 0 || m.wall < g.ours.wall {
			g.ours.wall = m.wall
		}
		g.ours.peak = max(g.ours.peak, m.peak)
	}
	out, err := os.ReadFile(g.output)
	if err != nil {
		b.Fatal(err)
	}
	g.objects = bytes.Count(out, []byte("\nkind: "))
	if g.objects < 3*n {
		b.Fatalf("%d objects of %d specs", g.objects, n)
	}
	b.ReportMetric(g.ours.peak, "peak-MB")
	b.ReportMetric(float64(g.objects), "objects")
	b.ReportMetric(float64(g.ours.wall.Microseconds())/float64(n), "us/spec")
	return g
}

func validate(b *testing.B, istioctl, file string) measured {
	b.Helper()
	m := run(b, os.DevNull, istioctl, "validate", "-f", file)
	b.ReportMetric(m.wall.Seconds()*1000, "istioctl-ms")
	return m
}

// specs writes the sample n times, under n names.
func specs(b *testing.B, n int) []byte {
	b.Helper()
	text, err := os.ReadFile(sample)
	if err != nil {
		b.Fatal(err)
	}
	var out bytes.Buffer
	for i := range n {
		out.WriteString(strings.ReplaceAll(string(text), "mydb", fmt.Sprintf("mydb-%d", i)))
		out.WriteString("---\n")
	}
	return out.Bytes()
}

// run starts a process and waits for its end.
func run(b *testing.B, stdout, program string, args ...string) measured {
	b.Helper()
	out, err := os.Create(stdout)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = out.Close() }() // what it holds is read and counted afterwards
	var stderr bytes.Buffer
	c := exec.CommandContext(b.Context(), program, args...)
	c.Stdout, c.Stderr = out, &stderr
	start := time.Now()
	err = c.Run()
	wall := time.Since(start)
	if err != nil {
		b.Fatalf("%s: %v\n%s", filepath.Base(program), err, stderr.Bytes()[:min(stderr.Len(), 2000)])
	}
	m := measured{wall: wall}
	if usage, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
		m.peak = float64(usage.Maxrss) / 1024 // kilobytes
		if runtime.GOOS == "darwin" {
			m.peak /= 1024 // bytes
		}
	}
	return m
}

// write lays the rows out beside the peer's.
func write(table []result, istioctl string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "\n%8s %8s %14s %10s %12s", "specs", "objects", "generate", "peak", "per spec")
	if istioctl != "" {
		fmt.Fprintf(&out, " %18s %10s %8s", "istioctl validate", "peak", "ratio")
	}
	out.WriteByte('\n')
	for _, r := range table {
		fmt.Fprintf(&out, "%8d %8d %14s %7.0f MB %12s", r.specs, r.objects, r.ours.wall.Round(time.Millisecond/10), r.ours.peak,
			(r.ours.wall / time.Duration(r.specs)).Round(time.Microsecond))
		if istioctl != "" {
			fmt.Fprintf(&out, " %18s %7.0f MB %8.2f", r.peer.wall.Round(time.Millisecond/10), r.peer.peak,
				r.ours.wall.Seconds()/r.peer.wall.Seconds())
		}
		out.WriteByte('\n')
	}
	if istioctl == "" {
		out.WriteString("istioctl was not measured: set ISTIOCTL, or run make conformance once, which builds it\n")
	}
	return out.String()
}
