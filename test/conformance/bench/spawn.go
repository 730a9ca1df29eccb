package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// childVariable tells the program that it is the child of a run.
const childVariable = "SPILLWAY_BENCH_CHILD"

// Run plays a scenario in a network namespace of its own and returns its result. The program must call Main first
// thing: Run starts the same program again.
func Run(ctx context.Context, s *Scenario) (*Result, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding the program: %w", err)
	}
	input, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encoding the scenario: %w", err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("making a pipe: %w", err)
	}
	defer func() { _ = r.Close() }()
	ctx, cancel := context.WithTimeout(ctx, s.Timing.Before+s.CostTime+s.Outage()+s.Timing.Recover+90*time.Second)
	defer cancel()
	var log bytes.Buffer
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), childVariable+"=1", "GOMAXPROCS=2")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(input), &log, &log
	cmd.ExtraFiles = []*os.File{w}
	cmd.SysProcAttr = namespaceAttr()
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("starting a namespace (root or user namespaces are needed): %w", err), w.Close())
	}
	_ = w.Close()
	out, readErr := io.ReadAll(r)
	if err := errors.Join(readErr, cmd.Wait()); err != nil {
		return nil, fmt.Errorf("running %s: %w\n%s", s.Name, err, lastLines(log.String(), 40))
	}
	res := &Result{}
	if err := json.Unmarshal(out, res); err != nil {
		return nil, fmt.Errorf("decoding the result of %s: %w\n%s", s.Name, err, lastLines(log.String(), 40))
	}
	return res, nil
}

// namespaceAttr asks for a network and a mount namespace; who is not root gets a user namespace around it.
func namespaceAttr() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() != 0 {
		attr.Cloneflags |= syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	return attr
}

// Main plays the scenario on standard input if this process is the child of Run, and then never returns.
// Call it first in TestMain.
func Main() {
	if os.Getenv(childVariable) == "" {
		return
	}
	if err := child(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func child() error {
	s := &Scenario{}
	if err := json.NewDecoder(os.Stdin).Decode(s); err != nil {
		return fmt.Errorf("decoding the scenario: %w", err)
	}
	res, err := play(context.Background(), s)
	if err != nil {
		return err
	}
	out := os.NewFile(3, "result")
	return errors.Join(json.NewEncoder(out).Encode(res), out.Close())
}

func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
