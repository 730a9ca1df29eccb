package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// Limits of the ports: what a gateway, a prober or a kubelet never comes near, and what keeps all others from harm.
const (
	headerTimeout = 3 * time.Second
	writeTimeout  = 5 * time.Second
	idleTimeout   = 2 * time.Minute
	mostHeader    = 8 << 10
	mostOpen      = 8192 // connections
	closeWithin   = 2 * time.Second
)

// Run serves until the context ends, and then goes on answering for Linger: whoever balances must see that this replica goes
// before it is gone. An error is one of the machine's: a port that is taken, a source that cannot be read at all.
func Run(ctx context.Context, o Options) error {
	begun := time.Now()                                                              //nolint:forbidigo // the one clock of the process
	return run(ctx, &o, func() time.Duration { return time.Since(begun) }, time.Now) //nolint:forbidigo // the same; dates only end modes
}

func run(ctx context.Context, o *Options, now func() time.Duration, wall func() time.Time) error {
	e := newEngine(o, now, wall)
	if o.CacheDir != "" {
		e.restore(o.CacheDir)
	}
	if !o.Source.Surroundings().ListsSiblings || len(o.Siblings) > 0 {
		e.Siblings(o.Siblings)
	}
	p, err := open(ctx, e, o)
	if err != nil {
		return err
	}
	if o.Ready != nil {
		o.Ready(p.first.Addr().String(), p.second.Addr().String())
	}
	// What works goes on while the ports linger; its own context ends it.
	base, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	g, working := errgroup.WithContext(base)
	g.Go(func() error { return serve(p.gateways, p.first) })
	g.Go(func() error { return serve(p.people, p.second) })
	for _, work := range []func(context.Context) error{e.run, e.runner.Run, e.askPeers, e.askSiblings, e.readLoads, e.keep(o.CacheDir)} {
		g.Go(func() error { return work(working) })
	}
	g.Go(func() error { return o.Source.Run(working, e) })
	g.Go(func() error {
		select {
		case <-working.Done(): // something has failed
		case <-ctx.Done():
			p.leave()
			o.Log.Info("ending", "answering for", o.Linger)
			linger := time.NewTimer(o.Linger)
			defer linger.Stop()
			select {
			case <-linger.C:
			case <-working.Done():
			}
		}
		stop()
		return shut(p.gateways, p.people)
	})
	return g.Wait() //nolint:wrapcheck // each says what it was doing
}

// ports are the two ports and what answers there.
type ports struct {
	first, second    net.Listener
	gateways, people *http.Server
	public           *public
	internal         *internal
}

func open(ctx context.Context, e *engine, o *Options) (*ports, error) {
	p := &ports{public: newPublic(e)}
	handler, in, err := newInternal(e)
	if err != nil {
		return nil, err
	}
	p.internal = in
	p.gateways, p.people = portOf(p.public, o.Log), portOf(handler, o.Log)
	var listen net.ListenConfig
	first, err := listen.Listen(ctx, "tcp", o.Listen)
	if err != nil {
		return nil, fmt.Errorf("listening for gateways: %w", err)
	}
	second, err := listen.Listen(ctx, "tcp", o.InternalListen)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listening for people: %w", err), first.Close())
	}
	p.first = &limited{Listener: first, room: make(chan struct{}, mostOpen)}
	p.second = &limited{Listener: second, room: make(chan struct{}, mostOpen)}
	return p, nil
}

// leave has readiness fail and connections end, while the probe path keeps its answer.
func (p *ports) leave() {
	p.internal.closing.Store(true)
	p.public.closing.Store(true)
}

func portOf(h http.Handler, log *slog.Logger) *http.Server {
	protocols := &http.Protocols{}
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Handler: h, ReadHeaderTimeout: headerTimeout, ReadTimeout: headerTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: mostHeader, Protocols: protocols, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

func serve(s *http.Server, l net.Listener) error {
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving: %w", err)
	}
	return nil
}

// shut lets answers that are under way out, and closes the rest.
func shut(servers ...*http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin) //nolint:forbidigo // the other one has ended
	defer cancel()
	var errs []error
	for _, s := range servers {
		if err := s.Shutdown(ctx); err != nil {
			errs = append(errs, s.Close())
		}
	}
	return errors.Join(errs...)
}

// limited turns connections away at once where there are too many, instead of letting them wait for a place.
type limited struct {
	net.Listener

	room chan struct{}
}

// Accept waits for a connection that there is room for.
func (l *limited) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err //nolint:wrapcheck // http.Server looks at its type
		}
		select {
		case l.room <- struct{}{}:
			return &leaving{Conn: c, room: l.room}, nil
		default:
			_ = c.Close()
		}
	}
}

// leaving gives its place back once.
type leaving struct {
	net.Conn

	room chan struct{}
	gone atomic.Bool
}

// Close closes the connection.
func (c *leaving) Close() error {
	if c.gone.CompareAndSwap(false, true) {
		<-c.room
	}
	return c.Conn.Close() //nolint:wrapcheck // http.Server looks at it
}

// Replica is the default name of a replica: the pod's, or the machine's with the process.
func Replica() string {
	if name := os.Getenv("POD_NAME"); name != "" {
		return name
	}
	host, err := os.Hostname()
	if err != nil {
		host = "replica"
	}
	return fmt.Sprintf("%s-%d", host, os.Getpid())
}
