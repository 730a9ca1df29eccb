// Package cluster runs a real control plane for the suite: etcd and kube-apiserver with the CRDs of Istio and of this
// project, and istiod with a secure and a plain xDS port, all on loopback addresses. Start reading at Start.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/spillway-mesh/spillway/test/conformance/parts"
	"github.com/spillway-mesh/spillway/test/conformance/pki"
)

// systemNamespace is where istiod lives, and the mesh's root namespace.
const systemNamespace = "istio-system"

// caFolder is where istiod looks for the authority it signs with.
const caFolder = "cacerts"

// Cluster is a running control plane.
type Cluster struct {
	// Config and Kube talk to the API server as its administrator.
	Config *rest.Config
	Kube   *kubernetes.Clientset
	// Mesh signs istiod and the proxies.
	Mesh *pki.Authority
	// PlainXDS and SecureXDS are istiod's addresses; Socket is a path that leads to SecureXDS from any network namespace.
	PlainXDS  string
	SecureXDS string
	Socket    string
	// LogFile is istiod's log.
	LogFile string

	dir     string
	env     *envtest.Environment
	istiod  *process
	forward *forwarder
	applier *applier
}

// Options say where the parts are.
type Options struct {
	Parts *parts.Set
	// Name is what istiod calls the cluster; Kubernetes if it is empty.
	Name string
	// CRDs are files or folders with further CRDs.
	CRDs []string
	// Ambient has istiod look for waypoints.
	Ambient bool
	// Env is what istiod finds in its environment besides, such as PILOT_DEBOUNCE_AFTER=1s.
	Env []string
	// NoIstiod leaves istiod out: only the API server is wanted.
	NoIstiod bool
}

// Start starts everything and waits until istiod is ready.
func Start(ctx context.Context, o Options) (_ *Cluster, err error) {
	dir, err := os.MkdirTemp("", "spillway-cluster-")
	if err != nil {
		return nil, fmt.Errorf("making the cluster's folder: %w", err)
	}
	c := &Cluster{dir: dir, LogFile: filepath.Join(dir, "istiod.log"), Socket: filepath.Join(dir, "xds.sock")}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Stop())
		}
	}()
	c.env = &envtest.Environment{
		CRDInstallOptions:        envtest.CRDInstallOptions{Paths: append([]string{o.Parts.IstioCRDs}, o.CRDs...), ErrorIfPathMissing: true, MaxTime: time.Minute},
		ControlPlaneStartTimeout: 2 * time.Minute, ControlPlaneStopTimeout: 20 * time.Second,
	}
	c.env.ControlPlane.Etcd = &envtest.Etcd{Path: o.Parts.Etcd}
	c.env.ControlPlane.GetAPIServer().Path = o.Parts.APIServer
	if c.Config, err = c.env.Start(); err != nil {
		return nil, fmt.Errorf("starting the API server: %w", err)
	}
	c.Config.QPS, c.Config.Burst = 500, 1000
	if c.Kube, err = kubernetes.NewForConfig(c.Config); err != nil {
		return nil, fmt.Errorf("making the client: %w", err)
	}
	if c.applier, err = newApplier(c.Config); err != nil {
		return nil, err
	}
	if o.NoIstiod {
		return c, nil
	}
	if c.Mesh, err = pki.NewAuthority("mesh.test"); err != nil {
		return nil, err
	}
	if err = c.seed(ctx); err != nil {
		return nil, err
	}
	if err = c.startIstiod(ctx, o); err != nil {
		return nil, err
	}
	c.forward, err = startForwarder(c.Socket, c.SecureXDS)
	return c, err
}

// seed writes what istiod expects to find: its namespace, the mesh configuration and the authority it signs with.
func (c *Cluster) seed(ctx context.Context) error {
	if err := c.Namespace(ctx, systemNamespace); err != nil {
		return err
	}
	mesh := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: "istio", Namespace: systemNamespace},
		Data:       map[string]string{"mesh": "trustDomain: cluster.local\nrootNamespace: istio-system\n", "meshNetworks": "networks: {}\n"},
	}
	if _, err := c.Kube.CoreV1().ConfigMaps(systemNamespace).Create(ctx, mesh, metav1.CreateOptions{}); err != nil {
		return fmt.Errorf("writing the mesh configuration: %w", err)
	}
	certs := filepath.Join(c.dir, caFolder)
	if err := os.MkdirAll(certs, 0o700); err != nil {
		return fmt.Errorf("making the folder of the mesh's authority: %w", err)
	}
	for name, data := range map[string][]byte{
		"ca-cert.pem": c.Mesh.Cert, "ca-key.pem": c.Mesh.Key, "root-cert.pem": c.Mesh.Cert, "cert-chain.pem": c.Mesh.Cert,
	} {
		if err := os.WriteFile(filepath.Join(certs, name), data, 0o600); err != nil {
			return fmt.Errorf("writing the mesh's authority: %w", err)
		}
	}
	return nil
}

// Kubeconfig leads to the API server as its administrator.
func (c *Cluster) Kubeconfig() []byte { return c.env.KubeConfig }

// StopIstiod ends istiod alone.
func (c *Cluster) StopIstiod() {
	if c.istiod != nil {
		c.istiod.stop()
	}
}

// KubeconfigOf is the way in for a user of no rights but those that bindings give: YAML with one context.
func (c *Cluster) KubeconfigOf(user string, groups ...string) ([]byte, error) {
	u, err := c.env.AddUser(envtest.User{Name: user, Groups: groups}, nil)
	if err != nil {
		return nil, fmt.Errorf("making user %s: %w", user, err)
	}
	out, err := u.KubeConfig()
	if err != nil {
		return nil, fmt.Errorf("writing the kubeconfig of %s: %w", user, err)
	}
	return out, nil
}

// Stop ends everything that Start started.
func (c *Cluster) Stop() error {
	var errs []error
	if c.forward != nil {
		errs = append(errs, c.forward.stop())
	}
	c.StopIstiod()
	if c.env != nil {
		errs = append(errs, c.env.Stop())
	}
	if os.Getenv("SPILLWAY_KEEP") == "" {
		errs = append(errs, os.RemoveAll(c.dir))
	}
	return errors.Join(errs...)
}

// freePort asks the kernel for a port nobody uses.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("finding a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}
