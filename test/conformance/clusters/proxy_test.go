package clusters

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// relay is a TCP load balancer: the way to an API server, or the address of a cluster before its gateways.
type relay struct {
	listener net.Listener
	targets  []string
	next     atomic.Int64
	cut      atomic.Bool // nothing gets through, and what was open ends

	mu   sync.Mutex
	open map[net.Conn]bool
}

func newRelay(at string, targets ...string) (*relay, error) {
	l, err := net.Listen("tcp", at)
	if err != nil {
		return nil, err
	}
	r := &relay{listener: l, targets: targets, open: map[net.Conn]bool{}}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go r.carry(c)
		}
	}()
	return r, nil
}

// sever cuts the way, or heals it.
func (r *relay) sever(on bool) {
	r.cut.Store(on)
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.open {
		if on {
			_ = c.Close()
		}
	}
}

func (r *relay) track(c net.Conn, on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if on {
		r.open[c] = true
	} else {
		delete(r.open, c)
	}
}

// carry connects to the next target that takes it.
func (r *relay) carry(c net.Conn) {
	r.track(c, true)
	defer func() {
		r.track(c, false)
		_ = c.Close()
	}()
	if r.cut.Load() {
		time.Sleep(3 * time.Second) // a black hole: no byte comes
		return
	}
	var up net.Conn
	for range r.targets {
		to := r.targets[int(r.next.Add(1))%len(r.targets)]
		var err error
		if up, err = net.DialTimeout("tcp", to, time.Second); err == nil {
			break
		}
	}
	if up == nil {
		return
	}
	r.track(up, true)
	defer func() {
		r.track(up, false)
		_ = up.Close()
	}()
	go func() {
		_, _ = io.Copy(up, c)
		if t, ok := up.(*net.TCPConn); ok {
			_ = t.CloseWrite()
		}
	}()
	_, _ = io.Copy(c, up)
}
