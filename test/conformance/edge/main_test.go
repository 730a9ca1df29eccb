package edge

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/spillway-mesh/spillway/test/conformance/parts"
)

// server is an API server that knows the kinds that edges are written in.
type server struct {
	env    *envtest.Environment
	config *rest.Config
	once   sync.Once
	err    error
}

func (s *server) stop() error {
	s.once.Do(func() { s.err = s.env.Stop() })
	return s.err
}

// suite is two API servers, which stand for two clusters, and kubectl with a context for each.
type suite struct {
	set        *parts.EdgeSet
	dir        string
	kubeconfig string
	servers    map[string]*server // blue and green
}

// shared starts the suite for the first test that asks for it.
//
//nolint:gochecknoglobals // tests of one package can share servers only through a package variable.
var shared = sync.OnceValues(start)

func start() (*suite, error) {
	ctx := context.Background()
	logf := func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
	set, err := parts.EnsureEdge(ctx, logf)
	if err != nil {
		return nil, err
	}
	s := &suite{set: set, servers: map[string]*server{}}
	if s.dir, err = os.MkdirTemp("", "spillway-edge-"); err != nil {
		return nil, fmt.Errorf("making the suite's folder: %w", err)
	}
	s.kubeconfig = filepath.Join(s.dir, "kubeconfig")
	all := clientcmdapi.NewConfig()
	for _, name := range []string{"blue", "green"} {
		if s.servers[name], err = s.start(ctx, name); err != nil {
			return s, err
		}
		addContext(all, name, s.servers[name].config)
	}
	if err := clientcmd.WriteToFile(*all, s.kubeconfig); err != nil {
		return s, fmt.Errorf("writing the kubeconfig: %w", err)
	}
	return s, nil
}

func (s *suite) start(ctx context.Context, name string) (*server, error) {
	env := &envtest.Environment{
		CRDInstallOptions: envtest.CRDInstallOptions{
			Paths: append([]string{filepath.Join("testdata", "crds"), filepath.Join("..", "..", "..", "manifests", "crd")}, s.set.CRDs...), ErrorIfPathMissing: true, MaxTime: time.Minute,
		},
		ControlPlaneStartTimeout: 2 * time.Minute, ControlPlaneStopTimeout: 20 * time.Second,
	}
	env.ControlPlane.Etcd = &envtest.Etcd{Path: s.set.Etcd}
	env.ControlPlane.GetAPIServer().Path = s.set.APIServer
	config, err := env.Start()
	if err != nil {
		return nil, fmt.Errorf("starting the API server of %s: %w", name, err)
	}
	config.QPS, config.Burst = 500, 1000
	one := clientcmdapi.NewConfig()
	addContext(one, name, config)
	one.CurrentContext = name
	file := filepath.Join(s.dir, name)
	if err := clientcmd.WriteToFile(*one, file); err != nil {
		return nil, errors.Join(fmt.Errorf("writing the kubeconfig of %s: %w", name, err), env.Stop())
	}
	if out, err := exec.CommandContext(ctx, s.set.Kinds, file).CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("installing the kinds of GKE's Ingress controller: %w: %s", err, out), env.Stop())
	}
	return &server{env: env, config: config}, nil
}

func addContext(all *clientcmdapi.Config, name string, config *rest.Config) {
	all.Clusters[name] = &clientcmdapi.Cluster{Server: config.Host, CertificateAuthorityData: config.CAData}
	all.AuthInfos[name] = &clientcmdapi.AuthInfo{ClientCertificateData: config.CertData, ClientKeyData: config.KeyData}
	all.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name}
}

// TestMain stops what was started.
func TestMain(m *testing.M) {
	code := m.Run()
	s, err := shared()
	if s != nil {
		for _, one := range s.servers {
			err = errors.Join(err, one.stop())
		}
		err = errors.Join(err, os.RemoveAll(s.dir))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// use gives a test the suite.
func use(t *testing.T) *suite {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return s
}
