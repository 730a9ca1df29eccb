package clusters

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"

	"github.com/spillway-mesh/spillway/test/conformance/parts"
)

// childVariable holds, in the process that lives in the namespaces, what the one outside has made ready.
const childVariable = "SPILLWAY_CLUSTERS_CHILD"

// ready is what needs the network of the machine: the parts, and the programs under test.
type ready struct {
	Parts  *parts.Set
	Server string // spillway-health
	CLI    string // spillway
}

// TestMain starts itself again in a network and a mount namespace of its own: nothing in the tests reaches anything outside.
func TestMain(m *testing.M) {
	flag.Parse()
	if os.Getenv(childVariable) != "" {
		code := m.Run()
		if s, err := shared(); err == nil {
			s.stop()
		}
		os.Exit(code)
	}
	if err := again(); err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			os.Exit(exit.ExitCode())
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func again() error {
	if os.Geteuid() != 0 {
		return errors.New("the suite makes network namespaces for pods: run it as root")
	}
	ctx := context.Background()
	set, err := parts.Ensure(ctx, func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) })
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "spillway-clusters-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	r := ready{Parts: set, Server: filepath.Join(dir, "spillway-health"), CLI: filepath.Join(dir, "spillway")}
	for _, at := range []string{r.Server, r.CLI} {
		c := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", at, "./cmd/"+filepath.Base(at))
		c.Dir, c.Env = filepath.Join("..", "..", ".."), append(os.Environ(), "CGO_ENABLED=0")
		if out, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("building %s: %w: %s", filepath.Base(at), err, out)
		}
	}
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	c := exec.CommandContext(ctx, self, os.Args[1:]...)
	c.Env = append(os.Environ(), childVariable+"="+string(text))
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	runtime.LockOSThread() // the child ends with the thread that started it
	defer runtime.UnlockOSThread()
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	return c.Run()
}

// shared starts the site for the first test that asks for it.
//
//nolint:gochecknoglobals // tests of one package can share clusters only through a package variable.
var shared = sync.OnceValues(func() (*site, error) {
	var r ready
	if err := json.Unmarshal([]byte(os.Getenv(childVariable)), &r); err != nil {
		return nil, err
	}
	return newSite(r)
})

func use(t *testing.T) *site {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return s
}
