package clusters

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/spillway-mesh/spillway/test/conformance/bench"
	"github.com/spillway-mesh/spillway/test/conformance/cluster"
	"github.com/spillway-mesh/spillway/test/conformance/pki"
)

// site is the fleet: two members, and the authority that users and clusters trust.
type site struct {
	ready      ready
	dir        string
	trust      *pki.Authority
	members    []*member
	kubeconfig string // contexts blue and green, as people have
}

// member is one cluster and where its parts are.
type member struct {
	name, net string // the first three numbers of its pods' addresses
	app       *application
	control   *cluster.Cluster
	api       *relay // the way from pods to the API server
	address   *relay // of the cluster, where the others ask
	kubelet   *kubelet
	gateways  []*pod
	health    []*pod
	token     string
}

// application is what users want, and what the checks ask; it can be broken.
type application struct {
	name     string
	checkout atomic.Bool // broken
	database atomic.Bool // broken
}

func (a *application) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	broken := r.URL.Path == "/checkout" && a.checkout.Load() || r.URL.Path == "/database" && a.database.Load()
	if broken {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	_, _ = w.Write([]byte(a.name))
}

func newSite(r ready) (*site, error) {
	s := &site{ready: r}
	var err error
	if s.dir, err = os.MkdirTemp("", "spillway-site-"); err != nil {
		return nil, err
	}
	if err = newNetwork(); err != nil {
		return nil, err
	}
	if s.trust, err = pki.NewAuthority("users.test"); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(s.dir, "trust.pem"), s.trust.Cert, 0o600); err != nil {
		return nil, err
	}
	s.members = []*member{{name: "blue", net: "192.0.2."}, {name: "green", net: "198.51.100."}}
	errs := make([]error, len(s.members))
	var both sync.WaitGroup
	for i, m := range s.members {
		both.Go(func() { errs[i] = s.start(context.Background(), m, i) })
	}
	both.Wait()
	for _, err := range errs {
		if err != nil {
			s.stop()
			return nil, err
		}
	}
	return s, s.contexts()
}

// start brings one cluster up, step by step.
func (s *site) start(ctx context.Context, m *member, i int) error {
	at := fmt.Sprintf("203.0.113.%d", 11+i)
	if err := address(at); err != nil {
		return err
	}
	m.app = &application{name: m.name}
	server := &http.Server{Addr: at + ":8080", Handler: m.app, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.ListenAndServe() }()
	var err error
	m.control, err = cluster.Start(ctx, cluster.Options{Parts: s.ready.Parts, CRDs: []string{
		filepath.Join("..", "..", "..", "manifests", "crd"), s.ready.Parts.GatewayCRDs,
	}})
	if err != nil {
		return fmt.Errorf("%s: %w", m.name, err)
	}
	host := strings.TrimSuffix(strings.TrimPrefix(m.control.Config.Host, "https://"), "/")
	if m.api, err = newRelay(fmt.Sprintf("%s:%d", nodeAddress, 6443+i), host); err != nil {
		return err
	}
	objects, err := s.objects(ctx, m, at)
	if err != nil {
		return err
	}
	m.kubelet = newKubelet(m.control.Kube, namespace)
	if err := s.startGateways(ctx, m); err != nil {
		return err
	}
	if err := s.startHealth(ctx, m, i, at, objects); err != nil {
		return err
	}
	go m.kubelet.run(context.Background())
	return nil
}

// objects applies what users have and what is generated, and makes the secrets.
func (s *site) objects(ctx context.Context, m *member, at string) ([]*unstructured.Unstructured, error) {
	theirs, err := cluster.DecodeString(fmt.Sprintf(users, at) + "---" + strangers)
	if err != nil {
		return nil, err
	}
	ours, err := generated(m.name)
	if err != nil {
		return nil, err
	}
	if err := m.control.Apply(ctx, append(theirs, ours...)); err != nil {
		return nil, fmt.Errorf("applying to %s: %w", m.name, err)
	}
	for _, o := range ours {
		if o.GetKind() == "ClusterHealth" {
			m.token, _, _ = unstructured.NestedString(o.Object, "spec", "token")
		}
	}
	_, err = m.control.Kube.CoreV1().Secrets(namespace).Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "keys"}, Data: map[string][]byte{"k1": []byte(strings.Repeat("k", 32)), "active": []byte("k1")},
	}, metav1.CreateOptions{})
	return ours, err
}

// startGateways starts two Envoys with what an agent beside each would hold, and the address of the cluster before them.
func (s *site) startGateways(ctx context.Context, m *member) error {
	var targets []string
	for i := range 2 {
		p := &pod{
			name: fmt.Sprintf("%s-gateway-%d", m.name, i), ip: fmt.Sprintf("%s%d", m.net, 20+i), service: "istio-ingressgateway",
			labels: map[string]string{"istio": "ingressgateway"}, ports: []corev1.EndpointPort{{Name: "http", Port: 80}, {Name: "https", Port: 443}},
		}
		identity, err := m.control.Mesh.Issue(pki.Leaf{CommonName: "gateway", Names: []string{"spiffe://cluster.local/ns/" + namespace + "/sa/gateway"}})
		if err != nil {
			return err
		}
		pair, err := s.trust.Issue(pki.Leaf{CommonName: userHost, Names: []string{userHost}})
		if err != nil {
			return err
		}
		l, err := net.Listen("unix", filepath.Join(s.dir, p.name+".sds"))
		if err != nil {
			return err
		}
		bench.ServeIdentity(l, identity, pair, m.control.Mesh.Cert)
		boot, err := gatewayBootstrap(filepath.Join(s.dir, p.name), p.ip, m.control.Socket, identity, m.control.Mesh.Cert)
		if err != nil {
			return err
		}
		p.command = []string{s.ready.Parts.Envoy, "-c", boot, "--concurrency", "1", "--disable-hot-restart", "-l", "error"}
		if err := s.startPod(ctx, m, p, nil); err != nil {
			return err
		}
		m.gateways = append(m.gateways, p)
		targets = append(targets, p.ip+":443")
	}
	if err := address(m.net + "10"); err != nil {
		return err
	}
	var err error
	m.address, err = newRelay(m.net+"10:443", targets...)
	return err
}

// startHealth starts the health server as the generated Deployment says, with the rights of its own ServiceAccount.
func (s *site) startHealth(ctx context.Context, m *member, i int, app string, objects []*unstructured.Unstructured) error {
	var deployment *unstructured.Unstructured
	for _, o := range objects {
		if o.GetKind() == "Deployment" {
			deployment = o
		}
	}
	labels, _, _ := unstructured.NestedStringMap(deployment.Object, "spec", "template", "metadata", "labels")
	account, _, _ := unstructured.NestedString(deployment.Object, "spec", "template", "spec", "serviceAccountName")
	containers, _, _ := unstructured.NestedSlice(deployment.Object, "spec", "template", "spec", "containers")
	args, _, _ := unstructured.NestedStringSlice(containers[0].(map[string]any), "args")
	file, err := s.account(ctx, m, i, account)
	if err != nil {
		return err
	}
	for n := range 2 {
		p := &pod{
			name: fmt.Sprintf("%s-health-%d", m.name, n), ip: fmt.Sprintf("%s%d", m.net, 30+n), service: deployment.GetName(), labels: labels,
			ports: []corev1.EndpointPort{{Name: "http", Port: 8080}, {Name: "internal", Port: 9190}},
		}
		p.probe = "http://" + p.ip + ":9190/readyz"
		p.command = append([]string{s.ready.Server}, args...)
		for j, a := range p.command {
			if strings.HasPrefix(a, "--cache=") {
				p.command[j] = "--cache=" + filepath.Join(s.dir, p.name)
			}
		}
		p.command = append(p.command, "--linger=2s")
		p.env = []string{"POD_NAME=" + p.name, "POD_IP=" + p.ip, "KUBECONFIG=" + file, "SSL_CERT_FILE=" + filepath.Join(s.dir, "trust.pem")}
		if err := os.MkdirAll(filepath.Join(s.dir, p.name), 0o700); err != nil {
			return err
		}
		if err := s.startPod(ctx, m, p, map[string]string{"checkout.shop": app}); err != nil {
			return err
		}
		m.health = append(m.health, p)
	}
	return nil
}

func (s *site) startPod(ctx context.Context, m *member, p *pod, hosts map[string]string) error {
	p.log = filepath.Join(s.dir, p.name+".log")
	if err := newPod(p.name, p.ip, hosts); err != nil {
		return err
	}
	if err := m.kubelet.add(ctx, p); err != nil {
		return err
	}
	return p.start()
}

// account writes a kubeconfig with a token of a ServiceAccount, for pods.
func (s *site) account(ctx context.Context, m *member, i int, name string) (string, error) {
	token, err := m.control.Kube.CoreV1().ServiceAccounts(namespace).CreateToken(ctx, name, &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		return "", fmt.Errorf("making a token of %s: %w", name, err)
	}
	c := clientcmdapi.NewConfig()
	c.Clusters["c"] = &clientcmdapi.Cluster{
		Server: fmt.Sprintf("https://%s:%d", nodeAddress, 6443+i), CertificateAuthorityData: m.control.Config.CAData, TLSServerName: "127.0.0.1",
	}
	c.AuthInfos["c"] = &clientcmdapi.AuthInfo{Token: token.Status.Token}
	c.Contexts["c"] = &clientcmdapi.Context{Cluster: "c", AuthInfo: "c"}
	c.CurrentContext = "c"
	file := filepath.Join(s.dir, m.name+"-account")
	return file, clientcmd.WriteToFile(*c, file)
}

// contexts writes the kubeconfig that people have. Their way to the API server is the pods': it can be cut.
func (s *site) contexts() error {
	c := clientcmdapi.NewConfig()
	for i, m := range s.members {
		c.Clusters[m.name] = &clientcmdapi.Cluster{
			Server: fmt.Sprintf("https://%s:%d", nodeAddress, 6443+i), CertificateAuthorityData: m.control.Config.CAData, TLSServerName: "127.0.0.1",
		}
		c.AuthInfos[m.name] = &clientcmdapi.AuthInfo{ClientCertificateData: m.control.Config.CertData, ClientKeyData: m.control.Config.KeyData}
		c.Contexts[m.name] = &clientcmdapi.Context{Cluster: m.name, AuthInfo: m.name, Namespace: namespace}
	}
	s.kubeconfig = filepath.Join(s.dir, "kubeconfig")
	return clientcmd.WriteToFile(*c, s.kubeconfig)
}

func (s *site) stop() {
	for _, m := range s.members {
		if m.kubelet != nil {
			m.kubelet.stop()
		}
		if m.control != nil {
			if err := m.control.Stop(); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		}
	}
	if os.Getenv("SPILLWAY_KEEP") == "" {
		_ = os.RemoveAll(s.dir)
	}
}

// of finds a cluster.
func (s *site) of(name string) *member {
	for _, m := range s.members {
		if m.name == name {
			return m
		}
	}
	panic("no cluster " + name)
}

// logs tells the last lines of what the pods of a cluster said.
func (s *site) logs(t *testing.T, m *member) {
	t.Helper()
	for _, g := range m.gateways {
		code, body := ask(asAddress(m, g), "", time.Second)
		c, err := tls.DialWithDialer(&net.Dialer{Timeout: time.Second}, "tcp", g.ip+":443", &tls.Config{RootCAs: s.trust.Pool(), ServerName: userHost})
		if err == nil {
			_ = c.Close()
		}
		t.Logf("%s lives: %t, answers %d %q, over TLS: %v", g.name, g.lives(), code, body, err)
	}
	for _, p := range append(slices.Clone(m.health), m.gateways...) {
		text, _ := os.ReadFile(p.log)
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		for i, line := range lines {
			lines[i] = line[:min(len(line), 300)]
		}
		t.Logf("%s:\n%s", p.name, strings.Join(lines[max(0, len(lines)-12):], "\n"))
	}
}
