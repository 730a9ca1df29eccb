package bench

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"

	"github.com/spillway-mesh/spillway/test/conformance/pki"
)

// region is one address of one endpoint: a server that can be broken.
type region struct {
	ep     *Endpoint
	addr   string
	driver Driver
	ledger *ledger
	certs  map[Kind]*tls.Certificate
	ca     *pki.Authority
	local  http.RoundTripper // to DynamoDB Local, if requests are signed

	mu       sync.Mutex
	mode     Kind
	changed  chan struct{} // closed when mode changes
	listener net.Listener
	conns    map[*gateConn]struct{}
	serve    func(net.Listener)
}

// gateConn is a connection of a region; while the region is silent it reads nothing.
type gateConn struct {
	*net.TCPConn
	region *region
	began  bool
}

// tlsHandshake is the first byte of every TLS connection.
const tlsHandshake = 0x16

// errCut ends a connection that a failure has cut.
var errCut = errors.New("cut by the failure")

func startRegion(r *region) error {
	r.mode, r.changed, r.conns = None, make(chan struct{}), map[*gateConn]struct{}{}
	switch r.driver {
	case DriverTCP, DriverTLS:
		r.serve = r.serveLines
	default:
		r.serve = r.serveHTTP()
	}
	return r.listen()
}

func (r *region) listen() error {
	l, err := net.Listen("tcp", net.JoinHostPort(r.addr, strconv.Itoa(r.ep.Port)))
	if err != nil {
		return fmt.Errorf("opening %s: %w", r.ep.Name, err)
	}
	r.listener = l
	go r.serve(gateListener{Listener: l, region: r})
	return nil
}

// set breaks or heals the region; connections that must not outlive the change are cut.
func (r *region) set(mode Kind) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	old := r.mode
	r.mode = mode
	close(r.changed)
	r.changed = make(chan struct{})
	switch {
	case mode == Refuse:
		err := r.listener.Close()
		r.cut(true)
		return err
	case mode == BadCert, mode == SwapCert, mode == Expired, mode == Refused, old == Refused:
		r.cut(false)
	case old == Refuse:
		return r.listen()
	}
	return nil
}

// cut ends all connections, with a reset if hard.
func (r *region) cut(hard bool) {
	for c := range r.conns {
		if hard {
			_ = c.SetLinger(0)
		}
		_ = c.TCPConn.Close()
	}
}

func (r *region) state() (Kind, chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mode, r.changed
}

func (r *region) open() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.conns)
}

// gateListener wraps what it accepts.
type gateListener struct {
	net.Listener
	region *region
}

// Accept returns the next connection as a gateConn.
func (l gateListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		g := &gateConn{TCPConn: c.(*net.TCPConn), region: l.region}
		l.region.mu.Lock()
		l.region.conns[g] = struct{}{}
		mode := l.region.mode
		l.region.mu.Unlock()
		if mode != Refused {
			return g, nil
		}
		go l.region.refuseStreams(g)
	}
}

// Read holds back what arrived while the region is silent, until it no longer is, and then cuts the connection.
func (g *gateConn) Read(b []byte) (int, error) {
	n, err := g.TCPConn.Read(b)
	if n > 0 && !g.began && g.region.ep.TLS {
		g.began = true
		g.region.ledger.opened(b[0] == tlsHandshake)
	}
	if mode, changed := g.region.state(); mode == Silent {
		<-changed
		g.reset()
		return 0, errCut
	}
	return n, err
}

// Close forgets the connection.
func (g *gateConn) Close() error {
	g.region.mu.Lock()
	delete(g.region.conns, g)
	g.region.mu.Unlock()
	return g.TCPConn.Close()
}

func (g *gateConn) reset() {
	_ = g.SetLinger(0)
	_ = g.Close()
}

// tlsConfig serves the endpoint's own name only, with the certificate that the failure calls for.
func (r *region) tlsConfig() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
			if h.ServerName != r.ep.ServerName {
				r.ledger.wrongSNI(r.ep.Name, h.ServerName)
				return nil, fmt.Errorf("no certificate for %q", h.ServerName)
			}
			mode, _ := r.state()
			cert := r.certs[mode]
			if cert == nil {
				cert = r.certs[None]
			}
			cfg := &tls.Config{
				MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{*cert}, NextProtos: []string{"h2", "http/1.1"},
				SessionTicketsDisabled: true, // a resumed connection shows no certificate
			}
			if r.driver == DriverTLS {
				cfg.NextProtos = nil
			}
			if r.ep.ClientCert {
				cfg.ClientAuth, cfg.ClientCAs = tls.RequireAndVerifyClientCert, r.ca.Pool()
			}
			return cfg, nil
		},
	}
}

// gate finds the region's connection below TLS.
func gate(c net.Conn) *gateConn {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	g, _ := c.(*gateConn)
	return g
}

// connKey is the context key of a request's connection.
type connKey struct{}

func connOf(req *http.Request) *gateConn {
	c, _ := req.Context().Value(connKey{}).(net.Conn)
	return gate(c)
}
