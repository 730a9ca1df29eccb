package health

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// settle waits until both replicas of a cluster answer so.
func (f *fleet) settle(t *testing.T, cluster string, code int, within time.Duration) {
	t.Helper()
	end := time.Now().Add(within)
	for {
		s := f.sweep(t)
		if s[cluster+"1"] == code && s[cluster+"2"] == code {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s does not answer %d: %v\n%s", cluster, code, s, f.tails())
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// ready says that a gateway may be sent to a replica.
func (f *fleet) ready(t *testing.T, r *replica) bool {
	t.Helper()
	return get(t.Context(), "http://"+r.internal+"/readyz") == http.StatusOK
}

// A drained cluster stays away while its replicas are replaced one after the other: none that is ready ever
// answers 200.
func TestReplicasAreReplacedInADrain(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	time.Sleep(20 * time.Second) // a process that has just started has no say
	f.order(t, "blue", "Drain")
	f.settle(t, "blue", http.StatusServiceUnavailable, 20*time.Second)
	for _, r := range f.replicas[:2] {
		r.kill()
		f.start(t, r)
		for end := time.Now().Add(25 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
			ready := f.ready(t, r) // before it is no gateway's
			for name, code := range f.sweep(t) {
				if strings.HasPrefix(name, "blue") && code == http.StatusOK && (name != r.name || ready) {
					t.Fatalf("%s is back while %s is replaced\n%s", name, r.name, f.tails())
				}
			}
		}
		f.settle(t, "blue", http.StatusServiceUnavailable, 5*time.Second)
	}
	f.order(t, "blue", "")
	f.settle(t, "blue", http.StatusOK, 15*time.Second)
}
