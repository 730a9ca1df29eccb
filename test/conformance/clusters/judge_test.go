package clusters

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// probers ask each gateway for a judge, at times of their own.
const probers = 5

// judge is a load balancer like Google's in what matters here: every gateway pod is an endpoint; several probers that know
// nothing of each other ask it; it flips when one of them saw so many answers of a kind in a row; only 200 is healthy; and with
// no healthy endpoint users get an error.
type judge struct {
	interval  time.Duration
	threshold int
	endpoints []*endpoint
	next      atomic.Int64
	stopped   chan struct{}
	running   sync.WaitGroup
	doubleOut atomic.Int64 // times that no cluster had a healthy endpoint, seen every 20 ms
}

// endpoint is a gateway pod as the judge sees it.
type endpoint struct {
	cluster, address, url string
	healthy               atomic.Bool
	last                  atomic.Int64 // the last status
}

// newJudge probes the gateways of all clusters. asked says which URL is asked of a member's gateway.
func (s *site) newJudge(asked func(m *member, gateway *pod) string) *judge {
	j := &judge{interval: time.Second, threshold: 2, stopped: make(chan struct{})}
	for _, m := range s.members {
		for _, g := range m.gateways {
			e := &endpoint{cluster: m.name, address: g.ip, url: asked(m, g)}
			e.healthy.Store(true)
			j.endpoints = append(j.endpoints, e)
			for n := range probers {
				j.running.Go(func() { j.probe(e, time.Duration(n)*j.interval/probers) })
			}
		}
	}
	j.running.Go(j.watch)
	return j
}

// asAddress asks the probe path with the gateway's address as Host, as load balancers do.
func asAddress(_ *member, g *pod) string { return "http://" + g.ip + probePath }

func (j *judge) stop() {
	close(j.stopped)
	j.running.Wait()
}

func (j *judge) pause(d time.Duration) bool {
	select {
	case <-j.stopped:
		return false
	case <-time.After(d):
		return true
	}
}

func (j *judge) probe(e *endpoint, offset time.Duration) {
	row, was := 0, true
	for ok := j.pause(offset); ok; ok = j.pause(j.interval) {
		code, _ := ask(e.url, "", time.Second)
		e.last.Store(int64(code))
		if is := code == http.StatusOK; is == was {
			row++
		} else {
			row, was = 1, is
		}
		if row >= j.threshold {
			e.healthy.Store(was)
		}
	}
}

// watch looks for moments at which users have nowhere to go.
func (j *judge) watch() {
	for j.pause(20 * time.Millisecond) {
		if len(j.serving()) == 0 {
			j.doubleOut.Add(1)
		}
	}
}

// serving are the clusters that users are sent to.
func (j *judge) serving() map[string]int {
	out := map[string]int{}
	for _, e := range j.endpoints {
		if e.healthy.Load() {
			out[e.cluster]++
		}
	}
	return out
}

// pick is the endpoint of the next user; nil if there is none.
func (j *judge) pick() *endpoint {
	for range j.endpoints {
		e := j.endpoints[int(j.next.Add(1))%len(j.endpoints)]
		if e.healthy.Load() {
			return e
		}
	}
	return nil
}

// ask sends one request on a connection of its own, and returns the status, 0 if there was no answer, and the body.
func ask(url, host string, timeout time.Duration) (int, string) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err.Error()
	}
	req.Host = host
	tr := &http.Transport{DisableKeepAlives: true, DialContext: (&net.Dialer{}).DialContext}
	c := &http.Client{Transport: tr, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := c.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(body)
}

// crowd is users who ask for the application through a judge, so many a second, until they are stopped.
type crowd struct {
	sent, failed atomic.Int64
	by           map[string]*atomic.Int64 // answered, by cluster
	stopped      chan struct{}
	running      sync.WaitGroup
}

func (s *site) usersOf(j *judge) *crowd {
	l := &crowd{by: map[string]*atomic.Int64{}, stopped: make(chan struct{})}
	for _, m := range s.members {
		l.by[m.name] = &atomic.Int64{}
	}
	l.running.Go(func() {
		t := time.NewTicker(50 * time.Millisecond)
		defer t.Stop()
		for {
			select {
			case <-l.stopped:
				return
			case <-t.C:
				l.running.Go(func() { l.one(j) })
			}
		}
	})
	return l
}

func (l *crowd) one(j *judge) {
	l.sent.Add(1)
	e := j.pick()
	if e == nil {
		l.failed.Add(1)
		return
	}
	code, body := ask("http://"+e.address+"/", userHost, 3*time.Second)
	if n := l.by[body]; code == http.StatusOK && n != nil {
		n.Add(1)
		return
	}
	l.failed.Add(1)
}

func (l *crowd) stop() {
	close(l.stopped)
	l.running.Wait()
}
