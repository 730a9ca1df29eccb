package clusters

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

// stage is one scenario that runs: the site at rest, with a judge and users before it.
type stage struct {
	*site
	t     *testing.T
	judge *judge
	users *crowd
	began time.Time
}

// play runs one scenario between two moments of rest, and adds a row to the table.
func (s *site) play(t *testing.T, name string, run func(*stage)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		s.rest(t)
		j := s.newJudge(asAddress)
		st := &stage{site: s, t: t, judge: j, users: s.usersOf(j), began: time.Now()}
		t.Cleanup(func() { st.end(name) })
		time.Sleep(time.Second)
		run(st)
	})
}

// end tells what came of a scenario, and heals.
func (st *stage) end(name string) {
	st.users.stop()
	st.judge.stop()
	nowhere := 20 * st.judge.doubleOut.Load()
	st.t.Logf("| %s | %d users, %d failed, blue %d, green %d | nowhere to go: %d ms | %.0f s |", name, st.users.sent.Load(), st.users.failed.Load(),
		st.users.by["blue"].Load(), st.users.by["green"].Load(), nowhere, time.Since(st.began).Seconds())
	if nowhere > 0 {
		st.t.Errorf("for %d ms users had nowhere to go", nowhere)
	}
	if st.t.Failed() {
		for _, m := range st.members {
			st.logs(st.t, m)
		}
	}
	st.heal()
}

// spillway runs the command line as people do, with contexts.
func (s *site) spillway(t *testing.T, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, s.ready.CLI, args...)
	c.Env = append(os.Environ(), "KUBECONFIG="+s.kubeconfig, "USER=oncall")
	out, err := c.CombinedOutput()
	return string(out), err
}

// mode sets one of blue, or ends it.
func (st *stage) mode(mode string, args ...string) {
	st.t.Helper()
	args = append([]string{"mode", mode, "--cluster", "blue", "--context", "blue", "-n", namespace, "--reason", "test"}, args...)
	if mode != "relax" {
		args = append(args, "--for", "10m")
	}
	if out, err := st.spillway(st.t, args...); err != nil {
		st.t.Fatalf("spillway %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// status is what a cluster's gateways answer to a probe: 200 or 503, or 0 if they differ or do not answer.
func (s *site) status(m *member) int {
	same := -1
	for _, g := range m.gateways {
		if !g.lives() {
			continue
		}
		code, body := ask(asAddress(m, g), "", 2*time.Second)
		if code == 200 && strings.TrimSpace(body) != m.token {
			return 0
		}
		if same >= 0 && same != code {
			return 0
		}
		same = code
	}
	return same
}

// becomes waits until blue answers so, within a bound, and does so for longer than one replica may lag behind the other.
func (st *stage) becomes(code int, within time.Duration) {
	st.t.Helper()
	begin, row := time.Now(), 0
	for row < 12 {
		switch is := st.status(st.of("blue")); {
		case is == code:
			row++
		case time.Since(begin) > within:
			st.t.Fatalf("blue does not answer %d within %s, but %d", code, within, is)
		default:
			row = 0
		}
		time.Sleep(100 * time.Millisecond)
	}
	st.t.Logf("blue answers %d after %.1f s", code, time.Since(begin).Seconds()-1.2)
}

// stays holds a cluster to an answer for some time.
func (st *stage) stays(name string, code int, lasts time.Duration) {
	st.t.Helper()
	for end := time.Now().Add(lasts); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if is := st.status(st.of(name)); is != code && st.status(st.of(name)) != code {
			st.t.Errorf("%s answers %d, want %d", name, is, code)
			return
		}
	}
}

// noFailures wants every user served.
func (st *stage) noFailures() { st.atMost(0) }

func (st *stage) atMost(n int64) {
	st.t.Helper()
	if got := st.users.failed.Load(); got > n {
		st.t.Errorf("%d of %d users failed, want at most %d", got, st.users.sent.Load(), n)
	}
}

// heal ends everything that a scenario did.
func (st *stage) heal() {
	t := st.t
	ctx := context.WithoutCancel(t.Context())
	if err := dropped(); err != nil {
		t.Error(err)
	}
	for _, m := range st.members {
		m.app.checkout.Store(false)
		m.app.database.Store(false)
		m.api.sever(false)
		m.address.sever(false)
		for _, p := range m.kubelet.pods {
			if !p.lives() {
				if err := p.start(); err != nil {
					t.Error(err)
				}
			}
		}
		_, err := st.healths(m).Patch(ctx, m.name, types.MergePatchType, []byte(`{"spec":{"mode":null}}`), metav1.PatchOptions{FieldManager: "spillway-mode"})
		if err != nil {
			t.Errorf("relaxing %s: %v", m.name, err)
		}
	}
}

// young is how long a replica abstains after its start: a promise that it may have given, and what two messages may take.
const young = 20 * time.Second

// rest waits until both clusters serve at rest, and each has confirmed the other.
func (s *site) rest(t *testing.T) {
	t.Helper()
	begin := time.Now()
	for {
		why := s.restless(t)
		if why == "" {
			return
		}
		if time.Since(begin) > 60*time.Second {
			for _, m := range s.members {
				s.logs(t, m)
			}
			t.Fatalf("the site does not come to rest: %s", why)
		}
		time.Sleep(500 * time.Millisecond)
	}
}

func (s *site) restless(t *testing.T) string {
	for _, m := range s.members {
		if why := m.unready(); why != "" {
			return why
		}
		if code := s.status(m); code != 200 {
			return fmt.Sprintf("%s answers %d", m.name, code)
		}
		x, err := s.health(t, m)
		switch {
		case err != nil:
			return err.Error()
		case x.Spec.Mode != nil || x.Status.Change != nil:
			return m.name + " is being changed"
		case x.Status.Verdict != "In" || x.Status.Mode != v1alpha1.ModeRelaxed:
			return m.name + " is " + x.Status.Verdict + " in mode " + string(x.Status.Mode)
		}
		for _, p := range x.Status.Peers {
			if !p.Confirmed {
				return m.name + " has not confirmed " + p.Name + ": " + p.Unknown
			}
		}
		if len(x.Status.Peers) == 0 {
			return m.name + " knows no peer"
		}
		for _, g := range m.gateways {
			if code, body := ask("http://"+g.ip+"/", userHost, time.Second); code != 200 {
				return fmt.Sprintf("users of %s get %d %s", m.name, code, body)
			}
		}
	}
	return ""
}

// unready says what of a cluster has ended, or only just begun.
func (m *member) unready() string {
	if err := m.control.Alive(); err != nil {
		return m.name + ": " + err.Error()
	}
	for _, p := range m.health {
		if age := p.age(); age < young {
			return fmt.Sprintf("%s is only %.0f s old", p.name, age.Seconds())
		}
	}
	return ""
}

// health reads the ClusterHealth of a cluster.
func (s *site) health(t *testing.T, m *member) (*v1alpha1.ClusterHealth, error) {
	t.Helper()
	u, err := s.healths(m).Get(t.Context(), m.name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	x := &v1alpha1.ClusterHealth{}
	return x, runtime.DefaultUnstructuredConverter.FromUnstructured(u.Object, x)
}

func (s *site) healths(m *member) dynamic.ResourceInterface {
	return dynamic.NewForConfigOrDie(m.control.Config).
		Resource(schema.GroupVersionResource{Group: "spillway.dev", Version: "v1alpha1", Resource: "clusterhealths"}).Namespace(namespace)
}

// keys replaces the peer key of a cluster.
func (s *site) keys(t *testing.T, m *member, key string) {
	t.Helper()
	patch := fmt.Sprintf(`{"stringData":{"k1":%q}}`, strings.Repeat(key, 32))
	_, err := m.control.Kube.CoreV1().Secrets(namespace).Patch(t.Context(), "keys", types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	if err != nil && !errors.IsConflict(err) {
		t.Fatal(err)
	}
}

// patchMode sets a mode as the API server takes it, past what the command line would refuse.
func patchMode(st *stage, name, mode string) {
	st.t.Helper()
	patch := fmt.Sprintf(`{"spec":{"mode":{"name":%q,"until":%q,"reason":"test"}}}`, mode, time.Now().Add(10*time.Minute).UTC().Format(time.RFC3339))
	m := st.of(name)
	_, err := st.healths(m).Patch(st.t.Context(), name, types.MergePatchType, []byte(patch), metav1.PatchOptions{FieldManager: "spillway-mode"})
	if err != nil {
		st.t.Fatal(err)
	}
}
