package health

import (
	"flag"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var (
	soak = flag.Duration("soak", 2*time.Minute, "how long the fleet is beset by faults")
	seed = flag.Uint64("seed", 1, "of the faults")
)

// sweep is what each replica answered at one moment.
type sweep map[string]int

// wrong says what no fleet may ever answer: 503 from both clusters.
func (s sweep) wrong() bool {
	out := map[string]bool{}
	for name, code := range s {
		if code == http.StatusServiceUnavailable {
			out[strings.TrimRight(name, "12")] = true
		}
	}
	return len(out) > 1
}

func (f *fleet) sweep(t *testing.T) sweep {
	t.Helper()
	var mu sync.Mutex
	var all sync.WaitGroup
	out := sweep{}
	for _, r := range f.replicas {
		all.Go(func() {
			code := ask(t.Context(), r.public)
			mu.Lock()
			defer mu.Unlock()
			out[r.name] = code
		})
	}
	all.Wait()
	return out
}

// The judge itself: two clusters that are out are seen, one is fine.
func TestWrongSweep(t *testing.T) {
	t.Parallel()
	if !(sweep{"blue1": 200, "blue2": 503, "green1": 503, "green2": 0}).wrong() {
		t.Error("both clusters are out, and nobody saw it")
	}
	if (sweep{"blue1": 503, "blue2": 503, "green1": 200, "green2": 0}).wrong() {
		t.Error("one cluster is out, which is what it is for")
	}
}

// besetter makes one fault after another, and mends what is due.
type besetter struct {
	f    *fleet
	r    *rand.Rand
	mend []mending
	log  []string
}

type mending struct {
	at   time.Time
	does func()
}

func (b *besetter) note(t *testing.T, text string) {
	t.Helper()
	b.log = append(b.log, time.Now().Format("15:04:05.0 ")+text)
}

func (b *besetter) later(d time.Duration, does func()) {
	b.mend = append(b.mend, mending{time.Now().Add(d), does})
}

func (b *besetter) due(all bool) {
	now := time.Now()
	b.mend = slices.DeleteFunc(b.mend, func(m mending) bool {
		if all || now.After(m.at) {
			m.does()
			return true
		}
		return false
	})
}

func (b *besetter) fault(t *testing.T) {
	t.Helper()
	f, r := b.f, b.r
	name := []string{"blue", "green"}[r.IntN(2)]
	one := f.replicas[r.IntN(len(f.replicas))]
	lasts := time.Duration(2+r.IntN(8)) * time.Second
	switch r.IntN(12) {
	case 0, 1, 2:
		b.note(t, name+" is drained")
		f.order(t, name, "Drain")
		b.later(2*lasts, func() { f.order(t, name, "") })
	case 3, 4:
		b.note(t, name+" is strict")
		f.order(t, name, "Strict")
		b.later(30*time.Second, func() { f.order(t, name, "") })
	case 5, 6:
		b.note(t, name+" fails")
		f.clusters[name].broken.Store(true)
		b.later(2*lasts, func() { f.clusters[name].broken.Store(false) })
	case 7, 8, 9:
		b.note(t, "the way to "+one.name+" is hurt")
		one.way.fault.Store(1 + r.Int32N(faults-1))
		b.later(lasts, func() { one.way.fault.Store(open) })
	case 10:
		b.note(t, one.name+" is killed")
		one.kill()
		f.start(t, one)
	default:
		b.note(t, one.name+" is stopped")
		one.signal(t, syscall.SIGSTOP)
		b.later(lasts, func() { one.signal(t, syscall.SIGCONT) })
	}
}

// Beset by orders, failures, cut and slow ways, kills and pauses, the fleet never loses both clusters; it does leave where it
// should, holds no more memory in the end, and when all is mended everything answers 200.
func TestSoak(t *testing.T) {
	f := newFleet(t)
	b := &besetter{f: f, r: rand.New(rand.NewPCG(*seed, 1))}
	departures, out, sweeps := 0, false, 0
	look := func() {
		f.see(time.Now())
		s := f.sweep(t)
		sweeps++
		if s.wrong() {
			t.Fatalf("both clusters are out: %v\n%s\nlogs: %s", s, strings.Join(b.log, "\n"), f.tails())
		}
		if name := f.causeless(s, time.Now()); name != "" {
			t.Fatalf("%s is out without a cause: %v\n%s\nlogs: %s", name, s, strings.Join(b.log, "\n"), f.tails())
		}
		now := s["blue1"] == http.StatusServiceUnavailable || s["green1"] == http.StatusServiceUnavailable
		if now && !out {
			departures++
		}
		out = now
	}
	begun, next := time.Now(), time.Now().Add(20*time.Second) // a process that has just started has no say
	middle := 0
	for time.Since(begun) < *soak {
		if time.Now().After(next) {
			b.fault(t)
			next = time.Now().Add(time.Duration(1000+b.r.IntN(5000)) * time.Millisecond)
		}
		b.due(false)
		look()
		if middle == 0 && time.Since(begun) > *soak/2 {
			middle = f.rss(t)
		}
		time.Sleep(100 * time.Millisecond)
	}
	b.due(true)
	for _, c := range f.clusters {
		f.order(t, c.name, "")
	}
	f.mends(t, b, look)
	after := f.rss(t)
	t.Logf("%d sweeps, %d faults, %d departures; memory of the largest replica %d KiB half way, %d KiB at the end", sweeps, len(b.log), departures, middle, after)
	if departures == 0 {
		t.Errorf("no cluster ever left:\n%s", strings.Join(b.log, "\n"))
	}
	if after > middle*13/10+8<<10 {
		t.Errorf("memory grows: %d KiB half way, %d KiB at the end", middle, after)
	}
}

// mends waits until everything answers 200 again.
func (f *fleet) mends(t *testing.T, b *besetter, look func()) {
	t.Helper()
	end := time.Now().Add(40 * time.Second)
	for well := false; !well; time.Sleep(200 * time.Millisecond) {
		look()
		s := f.sweep(t)
		well = !slices.ContainsFunc(f.replicas, func(r *replica) bool { return s[r.name] != http.StatusOK })
		if time.Now().After(end) {
			t.Fatalf("mended, yet %v\n%s", s, strings.Join(b.log, "\n"))
		}
	}
}

// rss is that of the largest replica.
func (f *fleet) rss(t *testing.T) int {
	t.Helper()
	most := 0
	for _, r := range f.replicas {
		most = max(most, r.rss(t))
	}
	return most
}

// tails are the ends of all logs.
func (f *fleet) tails() string {
	var b strings.Builder
	for _, r := range f.replicas {
		text, err := os.ReadFile(r.log.Name())
		if err != nil {
			continue
		}
		lines := strings.Split(string(text), "\n")
		b.WriteString("\n" + r.name + "\n" + strings.Join(lines[max(0, len(lines)-12):], "\n"))
	}
	return b.String()
}
