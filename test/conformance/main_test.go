package conformance

import (
	"context"
	"flag"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/spillway-mesh/spillway/test/conformance/bench"
	"github.com/spillway-mesh/spillway/test/conformance/cluster"
	"github.com/spillway-mesh/spillway/test/conformance/parts"
	"github.com/spillway-mesh/spillway/test/conformance/pki"
)

// suite is what all tests share: the parts, one control plane, the world's authority and the table of results.
type suite struct {
	set     *parts.Set
	cluster *cluster.Cluster
	world   *pki.Authority
	table   *table
	slots   chan struct{} // runs side by side
	full    bool
}

// shared starts the suite for the first test that asks for it.
//
//nolint:gochecknoglobals // tests of one package can share a control plane only through a package variable.
var shared = sync.OnceValues(startSuite)

func startSuite() (*suite, error) {
	ctx := context.Background()
	s := &suite{full: *tier == "full", slots: make(chan struct{}, *side)}
	var err error
	logf := func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
	if s.set, err = parts.Ensure(ctx, logf); err != nil {
		return nil, err
	}
	if s.table, err = newTable(ctx); err != nil {
		return nil, err
	}
	if s.world, err = pki.NewAuthority("world.test"); err != nil {
		return nil, err
	}
	s.cluster, err = cluster.Start(ctx, cluster.Options{Parts: s.set, CRDs: append(ownCRDs(ctx), s.set.GatewayCRDs)})
	return s, err
}

var (
	tier = flag.String("tier", "quick", "quick: every sample with a few failures; full: everything")
	side = flag.Int("side-by-side", 6, "how many live runs go on at once")
)

// TestMain plays a run if this process is the child of one; else it runs the tests, stops the control plane and prints
// the table.
func TestMain(m *testing.M) {
	bench.Main()
	flag.Parse()
	if err := flag.Set("test.parallel", "32"); err != nil { // the slots bound the load; waiting tests cost nothing
		panic(err)
	}
	code := m.Run()
	s, err := shared()
	if err == nil {
		err = s.cluster.Stop()
		s.table.print(os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// use gives a test the suite.
func use(t testing.TB) *suite {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cluster.Alive(); err != nil {
		t.Fatal(err)
	}
	return s
}
