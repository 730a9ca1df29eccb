package clusters

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestRoute holds the generated route at the gateways to what load balancers need: the verdict with the cluster's own token for
// any Host, nothing else of the server, and nothing of the application's.
func TestRoute(t *testing.T) {
	s := use(t)
	s.rest(t)
	for _, m := range s.members {
		for _, g := range m.gateways {
			for _, host := range []string{"", userHost, strings.ToUpper(userHost), "other.example.com", userHost + ":80"} {
				if code, body := ask("http://"+g.ip+probePath, host, 2*time.Second); code != 200 || strings.TrimSpace(body) != m.token {
					t.Errorf("%s, Host %q: %d %q, want 200 and the token %s", g.name, host, code, body, m.token)
				}
				for _, raw := range []string{"/strict", "/relaxed"} {
					if code, _ := ask("http://"+g.ip+probePath+raw, host, 2*time.Second); code != 403 {
						t.Errorf("%s, Host %q: %s answers %d", g.name, host, raw, code)
					}
				}
			}
			if code, body := ask("http://"+g.ip+"/", userHost, 2*time.Second); code != 200 || body != m.name {
				t.Errorf("%s: users get %d %q", g.name, code, body)
			}
		}
	}
}

// TestPlainDesignTakesBothOut is the negative control: a load balancer that goes by the checks alone, without modes and promises,
// leaves both clusters when what both need breaks.
func TestPlainDesignTakesBothOut(t *testing.T) {
	s := use(t)
	s.rest(t)
	j := s.newJudge(func(m *member, _ *pod) string { return "http://" + m.health[0].ip + ":8080" + probePath + "/strict" })
	st := &stage{site: s, t: t, judge: j, users: s.usersOf(j), began: time.Now()}
	defer func() {
		st.users.stop()
		st.judge.stop()
		st.heal()
	}()
	time.Sleep(2 * time.Second)
	if n := j.doubleOut.Load(); n > 0 {
		t.Fatal("users have nowhere to go before anything is broken")
	}
	for _, m := range s.members {
		m.app.database.Store(true)
	}
	time.Sleep(8 * time.Second)
	if len(j.serving()) > 0 || st.users.failed.Load() == 0 {
		t.Errorf("%v serve, and %d users failed: the control controls nothing", j.serving(), st.users.failed.Load())
	}
}

// TestScenarios are the accidents, one after the other on the same two clusters.
func TestScenarios(t *testing.T) {
	s := use(t)
	for _, c := range []struct {
		name string
		run  func(*stage)
	}{
		{"drained, and back", drained},
		{"both drained at once: exactly one leaves", bothDrained},
		{"a service breaks in one cluster under Strict", brokenUnderStrict},
		{"the same breaks in both", brokenInBoth},
		{"broken already before", brokenBefore},
		{"what is shared breaks", sharedBreaks},
		{"broken at rest", brokenAtRest},
		{"no way between the clusters, at rest", cutAtRest},
		{"no way between the clusters, during a drain", cutDuringDrain},
		{"the API server goes away during a drain", noAPIDuringDrain},
		{"the survivor dies while the other is drained", survivorDies},
		{"all health servers of a cluster are gone", noHealthServers},
		{"one gateway is gone", noGateway},
		{"control plane, nodes and gateways of one cluster are gone", clusterGone},
		{"keys differ", keysDiffer},
		{"the health servers are rolled", rolled},
	} {
		s.play(t, c.name, c.run)
	}
}

func drained(st *stage) {
	st.mode("drain")
	st.becomes(503, 7*time.Second)
	time.Sleep(4 * time.Second) // until the judge has seen it
	before := st.users.by["blue"].Load()
	st.stays("blue", 503, 20*time.Second) // longer than a promise lives: it is renewed
	if now := st.users.by["blue"].Load(); now > before {
		st.t.Errorf("%d users came to blue after it had left", now-before)
	}
	st.mode("relax")
	st.becomes(200, 10*time.Second)
	st.noFailures()
}

func bothDrained(st *stage) {
	for _, name := range []string{"blue", "green"} { // neither knows of the other's order: set past the checks of the command
		patchMode(st, name, "Drain")
	}
	out := func() (n int) {
		for _, m := range st.members {
			if st.status(m) == 503 {
				n++
			}
		}
		return n
	}
	begin := time.Now()
	for out() == 0 && time.Since(begin) < 15*time.Second {
		time.Sleep(100 * time.Millisecond)
	}
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if n := out(); n != 1 {
			if n = out(); n != 1 { // between two answers one may have turned
				st.t.Errorf("%d clusters are out, want one", n)
				return
			}
		}
	}
	st.noFailures()
}

func brokenUnderStrict(st *stage) {
	st.mode("strict", "--wait")
	time.Sleep(3 * time.Second)
	st.of("blue").app.checkout.Store(true)
	st.becomes(503, 10*time.Second)
	st.stays("green", 200, 3*time.Second)
	st.of("blue").app.checkout.Store(false)
	st.becomes(200, 15*time.Second)
	st.noFailures()
}

func brokenInBoth(st *stage) {
	st.mode("strict", "--wait")
	time.Sleep(3 * time.Second)
	st.of("green").app.checkout.Store(true)
	time.Sleep(4 * time.Second)
	st.of("blue").app.checkout.Store(true)
	st.stays("blue", 200, 12*time.Second)
	st.stays("green", 200, time.Second)
	st.noFailures()
}

func brokenBefore(st *stage) {
	st.of("blue").app.checkout.Store(true)
	time.Sleep(4 * time.Second)
	st.mode("strict", "--wait")
	st.stays("blue", 200, 12*time.Second)
	st.noFailures()
}

func sharedBreaks(st *stage) {
	st.mode("strict", "--wait")
	time.Sleep(3 * time.Second)
	for _, m := range st.members {
		m.app.database.Store(true)
	}
	st.stays("blue", 200, 12*time.Second)
	st.stays("green", 200, time.Second)
	st.noFailures()
}

func brokenAtRest(st *stage) {
	st.of("blue").app.checkout.Store(true)
	st.stays("blue", 200, 8*time.Second)
	st.noFailures()
}

func cutAtRest(st *stage) {
	for _, m := range st.members {
		m.address.sever(true)
	}
	st.stays("blue", 200, 8*time.Second)
	patchMode(st, "blue", "Drain")
	st.stays("blue", 200, 8*time.Second)
	st.stays("green", 200, time.Second)
	st.noFailures()
}

func cutDuringDrain(st *stage) {
	st.mode("drain")
	st.becomes(503, 7*time.Second)
	for _, m := range st.members {
		m.address.sever(true)
	}
	st.becomes(200, 17*time.Second) // the promise ends after 15 s
	st.noFailures()
}

func noAPIDuringDrain(st *stage) {
	st.mode("drain")
	st.becomes(503, 7*time.Second)
	st.of("blue").api.sever(true)
	st.stays("blue", 503, 20*time.Second)
	st.of("blue").api.sever(false)
	st.mode("relax")
	st.becomes(200, 15*time.Second)
	st.noFailures()
}

// survivorDies: a drained cluster comes back when those who promised are gone.
func survivorDies(st *stage) {
	st.mode("drain")
	st.becomes(503, 7*time.Second)
	time.Sleep(3 * time.Second)
	for _, p := range append(st.of("green").gateways, st.of("green").health...) {
		p.end(syscall.SIGKILL)
	}
	st.becomes(200, 20*time.Second)
	st.judge.doubleOut.Store(0) // until the promise ends users have nowhere to go: that is what a drain costs
}

func noHealthServers(st *stage) {
	for _, p := range st.of("blue").health {
		p.end(syscall.SIGKILL)
	}
	time.Sleep(3 * time.Second) // until the endpoints are gone
	st.stays("blue", 200, 5*time.Second)
	st.noFailures()
}

func noGateway(st *stage) {
	st.of("blue").gateways[0].end(syscall.SIGKILL)
	time.Sleep(5 * time.Second)
	if n := st.judge.serving()["blue"]; n != 1 {
		st.t.Errorf("%d gateways of blue are in use, want 1", n)
	}
	st.atMost(20) // a quarter of 20 a second, until the judge has seen it twice
	st.stays("green", 200, time.Second)
}

func clusterGone(st *stage) {
	blue := st.of("blue")
	blue.api.sever(true)
	for _, p := range append(blue.gateways, blue.health...) {
		p.end(syscall.SIGKILL)
	}
	time.Sleep(5 * time.Second)
	if n := st.judge.serving()["blue"]; n != 0 {
		st.t.Errorf("%d gateways of blue are in use", n)
	}
	before := st.users.failed.Load()
	patchMode(st, "green", "Strict")
	time.Sleep(2 * time.Second)
	st.of("green").app.checkout.Store(true)
	st.stays("green", 200, 8*time.Second) // the last one stays, broken or not
	if now := st.users.failed.Load(); now > before {
		st.t.Errorf("%d users failed after all had left blue", now-before)
	}
}

func keysDiffer(st *stage) {
	st.keys(st.t, st.of("green"), "x")
	defer st.keys(st.t, st.of("green"), "k")
	time.Sleep(6 * time.Second)
	patchMode(st, "blue", "Drain")
	st.stays("blue", 200, 8*time.Second)
	st.noFailures()
}

// rolled ends each replica as a Deployment does, one after the other, and starts it again.
func rolled(st *stage) {
	for _, p := range st.of("blue").health {
		p.end(syscall.SIGTERM)
		if err := p.start(); err != nil {
			st.t.Fatal(err)
		}
		time.Sleep(4 * time.Second)
	}
	st.stays("blue", 200, 3*time.Second)
	for _, e := range st.judge.endpoints {
		if !e.healthy.Load() {
			st.t.Errorf("%s is out", e.address)
		}
	}
	st.noFailures()
}
