package server

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// crowd is what besets a port: connections that say nothing, clients that send a byte a second, and unsigned polls.
type crowd struct {
	idle, slow, polls int // polls in a second
	lasts             time.Duration
}

func (c *crowd) beset(ctx context.Context, t *testing.T, address string) {
	t.Helper()
	var all sync.WaitGroup
	defer all.Wait()
	ctx, cancel := context.WithTimeout(ctx, c.lasts)
	defer cancel()
	for i := range c.idle + c.slow {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err != nil {
			t.Errorf("connection %d: %v", i, err)
			return
		}
		all.Go(func() {
			defer func() { _ = conn.Close() }()
			tick := time.NewTicker(time.Second)
			defer tick.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
					if i >= c.idle {
						_, _ = io.WriteString(conn, "G") // closed after a while; that is what is tested
					}
				}
			}
		})
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	defer client.CloseIdleConnections()
	tick := time.NewTicker(time.Second / time.Duration(c.polls))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			all.Go(func() { _, _ = status(ctx, client, "http://"+address+"/health/peer") })
		}
	}
}

func status(ctx context.Context, client *http.Client, url string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Spillway-Peer", "1.k1.e30.AAAA")
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, resp.Body.Close()
}

// Beset by thousands, the port answers every probe of 20 others.
func TestProbesInACrowd(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds; short is for those who run everything a hundred times")
	}
	e, _ := testEngine(t)
	e.configure(testObject(), false)
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := portOf(newPublic(e), e.log)
	served := make(chan error, 1)
	go func() { served <- serve(s, &limited{Listener: l, room: make(chan struct{}, mostOpen)}) }()
	address := l.Addr().String()
	var asked, failed atomic.Int64
	var probers sync.WaitGroup
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	for range 20 {
		probers.Go(func() {
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Second}
			for ctx.Err() == nil {
				code, err := status(context.WithoutCancel(ctx), client, "http://"+address+"/health")
				asked.Add(1)
				if err != nil || code != http.StatusOK {
					failed.Add(1)
				}
				time.Sleep(50 * time.Millisecond)
			}
		})
	}
	(&crowd{idle: 2000, slow: 200, polls: 500, lasts: 4 * time.Second}).beset(t.Context(), t, address)
	probers.Wait()
	if asked.Load() < 200 || failed.Load() > 0 {
		t.Errorf("%d of %d probes failed", failed.Load(), asked.Load())
	}
	if err := shut(s); err != nil {
		t.Log(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// Where there is no more room a connection is closed at once, and its place is free again when another goes.
func TestLimited(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	one := &limited{Listener: l, room: make(chan struct{}, 1)}
	accepted := make(chan net.Conn)
	go func() {
		defer close(accepted)
		for {
			c, err := one.Accept()
			if err != nil {
				return
			}
			accepted <- c
		}
	}()
	dial := func() net.Conn {
		c, err := new(net.Dialer).DialContext(t.Context(), "tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	first := dial()
	held := <-accepted
	second := dial()
	if _, err := second.Read(make([]byte, 1)); err == nil {
		t.Error("a second connection is kept")
	}
	_ = held.Close()
	third := dial()
	last := <-accepted
	_ = held.Close() // gave its place back already; this one is the third's
	if len(one.room) != 1 {
		t.Error("a place is given back twice")
	}
	_ = last.Close()
	if len(one.room) != 0 {
		t.Errorf("%d places are taken", len(one.room))
	}
	for _, c := range []net.Conn{first, second, third} {
		_ = c.Close()
	}
	_ = l.Close()
	<-accepted
}
