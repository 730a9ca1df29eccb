package edge

import (
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

const maintained = `apiVersion: spillway.dev/v1alpha1
kind: ClusterFailover
metadata: {name: shop, namespace: maintained}
spec:
  hosts: [shop.example.com]
  clusters:
  - {name: blue, ingress: {address: 203.0.113.10}, maintenance: {days: [Mon, Tue, Wed], start: "02:00", duration: 6h}}
  - {name: green, ingress: {address: 203.0.113.20}, maintenance: {days: [Thu, Fri, Sat], start: "02:00", duration: 6h}}
  maintenance: {duringMaintenance: Strict, image: registry.example.com/spillway:v1}
  health:
    peerKeys: {secret: {name: spillway-peer-keys}}
    checks: [{name: cart, http: {url: "http://cart.shop/healthz"}}]
`

// pod runs what a container of a Job would run: with the token of its service account where a pod finds it, the address of
// the API server in its environment, and no kubeconfig.
type pod struct {
	x       *stand
	context string
	job     *batchv1.CronJob
}

// run runs the container's own arguments, and gives its output and exit code.
func (p *pod) run() (string, int) {
	p.x.t.Helper()
	t, spec := p.x.t, p.job.Spec.JobTemplate.Spec.Template.Spec
	secrets := filepath.Join(p.x.dir, "serviceaccount")
	check(t, os.MkdirAll(secrets, 0o700))
	token := p.x.must("kubectl --context " + p.context + " -n " + p.job.Namespace + " create token " + spec.ServiceAccountName)
	config := p.x.s.servers[p.context].config
	for name, text := range map[string]string{"token": strings.TrimSpace(token), "namespace": p.job.Namespace, "ca.crt": string(config.CAData)} {
		check(t, os.WriteFile(filepath.Join(secrets, name), []byte(text), 0o600))
	}
	at, err := url.Parse(config.Host)
	if err != nil || at.Port() == "" {
		at, err = url.Parse("https://" + config.Host)
	}
	check(t, err)

	const mount = `mount -t tmpfs tmpfs /run && mkdir -p /run/secrets/kubernetes.io && cp -r "$1" /run/secrets/kubernetes.io/serviceaccount || exit 99
shift; exec "$@"`
	args := []string{"--mount", "sh", "-c", mount, "sh", secrets, filepath.Join(p.x.dir, "bin", "spillway")}
	if os.Geteuid() != 0 {
		args = append([]string{"--user", "--map-root-user"}, args...)
	}
	c := exec.CommandContext(t.Context(), "unshare", append(args, spec.Containers[0].Args...)...)
	c.Dir = "/"
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "KUBERNETES_SERVICE_HOST=" + at.Hostname(), "KUBERNETES_SERVICE_PORT=" + at.Port()}
	out, err := c.CombinedOutput()
	if c.ProcessState == nil {
		t.Fatal(err)
	}
	return string(out), c.ProcessState.ExitCode()
}

// TestMaintenanceJob runs the command of the CronJob as it stands in the object, with the token of the account that is written
// beside it. Bound to the role it sets the mode, with an end; without the binding it changes nothing.
func TestMaintenanceJob(t *testing.T) {
	t.Parallel()
	s := use(t)
	x := setUp(t, s, maintained)
	x.must("spillway generate -f spec.yaml -d out --prune")
	const on = "kubectl --context green -n maintained "
	x.must(on + "create namespace maintained")
	for _, object := range []string{"05-clusterhealth-maintained-green", "00-role-maintained-spillway-operator", "00-serviceaccount-maintained-shop-maintenance", "60-cronjob-maintained-shop-maintenance"} {
		x.must(on + "apply --server-side -f out/clusters/green/" + object + ".yaml")
	}
	p := &pod{x: x, context: "green", job: new(batchv1.CronJob)}
	check(t, json.Unmarshal([]byte(x.must(on+"get cronjob shop-maintenance -o json")), p.job))
	mode := func() *v1alpha1.ModeSetting {
		var health v1alpha1.ClusterHealth
		check(t, json.Unmarshal([]byte(x.must(on+"get clusterhealth green -o json")), &health))
		return health.Spec.Mode
	}

	if out, code := p.run(); code == 0 || !strings.Contains(out, "forbidden") || mode() != nil {
		t.Errorf("without the role: exit %d, mode %v\n%s", code, mode(), out)
	}
	x.must(on + "apply --server-side -f out/clusters/green/00-rolebinding-maintained-shop-maintenance.yaml")
	began := time.Now()
	if out, code := p.run(); code != 0 {
		t.Fatalf("exit %d\n%s", code, out)
	}
	args := p.job.Spec.JobTemplate.Spec.Template.Spec.Containers[0].Args
	i := slices.IndexFunc(args, func(a string) bool { return strings.HasPrefix(a, "--for=") })
	lasts, err := time.ParseDuration(strings.TrimPrefix(args[i], "--for="))
	check(t, err)
	m := mode()
	if m == nil || m.Name != v1alpha1.ModeStrict || m.Reason != "maintenance window" || m.Until.Sub(began.Add(lasts)).Abs() > 2*time.Minute {
		t.Errorf("the mode is %+v, want Strict for %s", m, lasts)
	}
	if out, code := p.run(); code != 0 {
		t.Errorf("a Job that is run once more: exit %d\n%s", code, out)
	}
}

// TestMaintenanceKinds has the API server take all that is written for windows.
func TestMaintenanceKinds(t *testing.T) {
	t.Parallel()
	runner := newDryRunner(t, use(t).servers["green"])
	kinds := map[string]bool{}
	for name, objects := range casesOf(t, "maintenance") {
		for _, o := range objects {
			kinds[o.GetKind()] = true
			if err := runner.try(t.Context(), o); err != nil {
				t.Errorf("%s: %s %s: %v", name, o.GetKind(), o.GetName(), err)
			}
			if o.GetKind() != "CronJob" {
				continue
			}
			check(t, unstructured.SetNestedField(o.Object, "61 0 * * *", "spec", "schedule"))
			if runner.try(t.Context(), o) == nil {
				t.Errorf("%s: a schedule of minute 61 is taken", name)
			}
		}
	}
	for _, want := range []string{"CronJob", "RoleBinding", "ServiceAccount"} {
		if !kinds[want] {
			t.Errorf("no case writes a %s", want)
		}
	}
}
