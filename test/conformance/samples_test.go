package conformance

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/test/conformance/bench"
	"github.com/spillway-mesh/spillway/test/conformance/generated"
	"github.com/spillway-mesh/spillway/test/conformance/pki"
)

// specFiles are the project's samples, and the further specs of this suite.
func specFiles(t testing.TB) map[string]string {
	t.Helper()
	out := map[string]string{}
	samples, err := filepath.Glob("../../samples/*/failover.yaml")
	if err != nil || len(samples) < 8 {
		t.Fatalf("want at least 8 samples, found %v (%v)", samples, err)
	}
	for _, f := range samples {
		out[filepath.Base(filepath.Dir(f))] = f
	}
	further, err := filepath.Glob("testdata/specs/*.yaml")
	if err != nil || len(further) == 0 {
		t.Fatalf("no specs in testdata/specs (%v)", err)
	}
	for _, f := range further {
		out["x-"+strings.TrimSuffix(filepath.Base(f), ".yaml")] = f
	}
	return out
}

// compiled reads a spec, moves it into namespaces that begin with prefix, and generates its objects.
func compiled(t testing.TB, name, file, prefix string) *generated.Case {
	t.Helper()
	spec, platform, err := generated.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	generated.Rename(spec, prefix)
	c, diags, err := generated.Compile(name, spec, platform)
	if err != nil || c == nil {
		t.Fatalf("generating %s: %v %v", file, err, diags)
	}
	return c
}

// deploy writes the case's objects, and the secrets and config maps that its clients bring along.
func (s *suite) deploy(t testing.TB, c *generated.Case) {
	t.Helper()
	if err := s.cluster.Apply(t.Context(), c.Objects); err != nil {
		t.Fatal(err)
	}
	for _, ns := range c.Plan.Clients.Namespaces {
		if err := s.cluster.Namespace(t.Context(), ns); err != nil {
			t.Fatal(err)
		}
		s.credentials(t, c, ns)
	}
}

func (s *suite) credentials(t testing.TB, c *generated.Case, namespace string) {
	t.Helper()
	tls := c.Spec.Spec.TLS
	if tls == nil {
		return
	}
	core := s.cluster.Kube.CoreV1()
	if cc := tls.ClientCertificate; cc != nil && cc.Secret != "" {
		pair, err := s.world.Issue(pki.Leaf{CommonName: "client", Names: []string{"client.test"}})
		if err != nil {
			t.Fatal(err)
		}
		secret := &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Name: cc.Secret, Namespace: namespace}, Type: corev1.SecretTypeOpaque,
			Data: map[string][]byte{"tls.crt": pair.Cert, "tls.key": pair.Key, "ca.crt": s.world.Cert},
		}
		if _, err := core.Secrets(namespace).Create(t.Context(), secret, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if tr := tls.Trust; tr != nil && tr.ConfigMap != "" {
		cm := &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Name: tr.ConfigMap, Namespace: namespace},
			Data:       map[string]string{"ca.crt": string(s.world.Cert), "cacert": string(s.world.Cert)},
		}
		if _, err := core.ConfigMaps(namespace).Create(t.Context(), cm, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
}

// clientNode is a client of the case that may do what the spec asks clients to be able to do.
func (s *suite) clientNode(t testing.TB, c *generated.Case, namespace, region string) bench.Node {
	t.Helper()
	account := "default"
	if a := c.Plan.Clients.ServiceAccounts; len(a) > 0 {
		account = a[0]
	}
	n := s.node(t, client{namespace: namespace, account: account, region: region})
	n.Labels = maps.Clone(c.Plan.Clients.Selector)
	return n
}

// TestLive breaks the home region of every sample and of every further spec in every way that the tier asks for, with
// each port driven in its own protocol, and holds what clients saw against what is promised.
func TestLive(t *testing.T) {
	t.Parallel()
	s := use(t)
	files := specFiles(t)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		c := compiled(t, name, files[name], "live-"+name)
		if c.Plan.Waypoint != nil {
			continue // what istiod sends to a waypoint is looked at; Envoy alone speaks no HBONE with ztunnel
		}
		s.deploy(t, c)
		for _, port := range c.Spec.Spec.Ports {
			for _, kind := range s.kinds(c, port) {
				t.Run(fmt.Sprintf("%s/%s/%s", name, port.Name, kind), func(t *testing.T) {
					t.Parallel()
					sc := s.scenario(t, c, port)
					for _, home := range sc.Home {
						sc.Failures = append(sc.Failures, bench.Failure{Kind: kind, Endpoint: home, Until: s.outage(kind)})
					}
					judge(t, c, port, s.run(t, sc))
				})
			}
		}
	}
}

// scenario is the port of the case as its last client namespace sees it, from the region it names first.
func (s *suite) scenario(t testing.TB, c *generated.Case, port v1alpha1.Port) *bench.Scenario {
	t.Helper()
	region := firstRegion(c)
	sc, err := c.Scenario(port, region)
	if err != nil {
		t.Fatal(err)
	}
	namespaces := c.Plan.Clients.Namespaces
	sc.Name = c.Name + "/" + port.Name
	sc.Envoy, sc.XDS, sc.World = s.set.Envoy, s.cluster.Socket, *s.world
	sc.Node = s.clientNode(t, c, namespaces[len(namespaces)-1], region)
	if c.Plan.Gateway != nil {
		sc.Egress = s.egress(t, c, region)
	}
	sc.Timing = bench.Timing{Before: 2 * time.Second, Recover: c.Back(port) + 4*time.Second}
	return sc
}

func firstRegion(c *generated.Case) string {
	if f := c.Spec.Spec.Failover; len(f) > 0 && f[0].From != v1alpha1.FromAnyone {
		return f[0].From
	}
	return ""
}
