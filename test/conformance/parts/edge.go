package parts

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
)

// EdgeSet is what is needed to have API servers judge the objects of edges.
type EdgeSet struct {
	Etcd      string
	APIServer string
	Kubectl   string
	// Kinds installs the kinds of GKE's Ingress controller: its argument is a kubeconfig.
	Kinds string
	// CRDs are files and folders with the schemas that modules ship.
	CRDs []string
}

// EnsureEdge is Ensure for an EdgeSet.
func EnsureEdge(ctx context.Context, logf func(string, ...any)) (*EdgeSet, error) {
	b, err := newBuilder(ctx, logf)
	if err != nil {
		return nil, err
	}
	set := &EdgeSet{}
	for _, p := range []part{
		{name: "etcd", module: "etcd", pkg: "go.etcd.io/etcd/server/v3", flags: "-s -w", path: &set.Etcd},
		{name: "edge-kinds", module: "edge", pkg: ".", flags: "-s -w", path: &set.Kinds},
		{name: "kube-apiserver", module: "kube", pkg: "k8s.io/kubernetes/cmd/kube-apiserver", flags: kubeFlags, path: &set.APIServer},
		{name: "kubectl", module: "kubectl", pkg: "k8s.io/kubernetes/cmd/kubectl", flags: kubeFlags, path: &set.Kubectl},
	} {
		if *p.path, err = b.ensure(ctx, p); err != nil {
			return nil, fmt.Errorf("getting %s: %w", p.name, err)
		}
	}
	istio, err := b.istioCRDs(ctx)
	if err != nil {
		return nil, err
	}
	lab := filepath.Join(b.root, "lab", "edge")
	gateway, err := goList(ctx, lab, "sigs.k8s.io/gateway-api")
	if err != nil {
		return nil, err
	}
	mcs, err := goList(ctx, lab, "sigs.k8s.io/mcs-api")
	if err != nil {
		return nil, err
	}
	endpoints, err := b.externalDNS(ctx)
	if err != nil {
		return nil, err
	}
	set.CRDs = []string{istio, endpoints, filepath.Join(gateway, "config", "crd", "standard"), filepath.Join(mcs, "config", "crd")}
	return set, nil
}

// externalDNS is the file with the kind DNSEndpoint. The module is that of external-dns' own tests.
func (b *builder) externalDNS(ctx context.Context) (string, error) {
	const module = "sigs.k8s.io/external-dns"
	lab := filepath.Join(b.root, "dns")
	get := exec.CommandContext(ctx, "go", "mod", "download", module)
	get.Dir = lab
	if msg, err := get.CombinedOutput(); err != nil {
		return "", fmt.Errorf("getting %s: %w: %s", module, err, tail(msg))
	}
	dir, err := goList(ctx, lab, module)
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "config", "crd", "standard", "dnsendpoints.externaldns.k8s.io.yaml"), nil
}
