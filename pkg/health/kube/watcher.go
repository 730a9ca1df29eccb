package kube

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/health/probe"
)

// Options say what is watched.
type Options struct {
	// Config is how the API server is reached.
	Config *rest.Config
	// Namespace and Name of the ClusterHealth.
	Namespace, Name string
	// Service of the health server itself, in the same namespace: its endpoints are the sibling replicas. Empty: none.
	Service string
	// PodIP is the own address, left out of the siblings.
	PodIP string
	// InternalPort is the siblings' port.
	InternalPort int
	// GatewaySelector is the label selector of the gateway pods in that namespace. Empty: not known.
	GatewaySelector string
}

// Events are called from one goroutine, never two at once; nil ones are skipped. What they are given is shared and must not
// be written to.
type Events struct {
	// Health was added or changed, its status included. It is not called for a deletion: the last one stays.
	Health func(*v1alpha1.ClusterHealth)
	// Keys are the data of the Secret that spec.peerKeys names. One that is deleted stays known.
	Keys func(map[string][]byte)
	// Siblings are the URLs of the other replicas, sorted: those that are not ready too, terminating ones not.
	Siblings func([]string)
	// Gateways counts the pods that match the selector, without those that terminate or have ended, and gives the addresses
	// of the ready ones, sorted.
	Gateways func(ready, desired int, addresses []string)
	// Services are those with the label of spec.discover, sorted by namespace and name; none when discovery is switched off.
	Services func([]Service)
	// Synced says that all of the above has been listed for the first time, or refused.
	Synced func()
}

// Watcher keeps what the health server knows of its cluster. Make it with New, and run it once.
type Watcher struct {
	options  Options
	events   Events
	own      netip.Addr
	instance string
	log      *slog.Logger
	api      *api
	pace     pace
	clock    clock.PassiveClock
	away     throttle
	running  sync.WaitGroup
	notes    chan func()
	uid      atomic.Pointer[string] // of the ClusterHealth, for events

	// What follows is the loop's.
	feeds  map[settler]struct{}
	dirty  [parts]bool
	synced bool
	known

	mu        sync.RWMutex
	views     map[string]view // by namespace
	failovers map[string]*v1alpha1.ExternalFailover
}

var _ probe.Lister = (*Watcher)(nil)

// settler is a feed of any kind.
type settler interface{ settled() bool }

// New makes a watcher; nothing is asked before Run.
func New(o Options, e Events, log *slog.Logger) (*Watcher, error) {
	if o.Config == nil || o.Namespace == "" || o.Name == "" {
		return nil, errors.New("watching a ClusterHealth needs a configuration, a namespace and a name")
	}
	if o.Service != "" && o.InternalPort <= 0 {
		return nil, errors.New("finding siblings needs their port")
	}
	if _, err := labels.Parse(o.GatewaySelector); err != nil {
		return nil, fmt.Errorf("reading the selector of the gateway pods: %w", err)
	}
	w := &Watcher{
		options: o, events: e, log: log, pace: usualPace(), clock: clock.RealClock{}, notes: make(chan func(), 64), //nolint:mnd // a burst
		feeds: map[settler]struct{}{}, known: newKnown(), views: map[string]view{},
	}
	if w.log == nil {
		w.log = slog.New(slog.DiscardHandler)
	}
	if o.PodIP != "" {
		own, err := netip.ParseAddr(o.PodIP)
		if err != nil {
			return nil, fmt.Errorf("reading the own address: %w", err)
		}
		w.own = own.Unmap()
	}
	var err error
	if w.instance, err = os.Hostname(); err != nil || w.instance == "" {
		w.instance = userAgent
	}
	w.api, err = newAPI(o.Config)
	return w, err
}

// Run watches until the context ends, whatever happens to the API server.
func (w *Watcher) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer func() {
		cancel()
		w.running.Wait()
		w.api.close()
	}()
	w.start(ctx)
	for {
		select {
		case <-ctx.Done():
			return nil
		case do := <-w.notes:
			do()
		}
		for more := true; more; { // a list and a burst of changes are one message
			select {
			case do := <-w.notes:
				do()
			default:
				more = false
			}
		}
		w.tell(ctx)
	}
}

// tell tells everybody of what has changed, the ClusterHealth first: it decides what else is watched.
func (w *Watcher) tell(ctx context.Context) {
	tellers := [parts]func(context.Context){
		w.tellHealth, w.tellKeys, w.tellSiblings, w.tellGateways, w.tellServices, w.tellSlices, w.tellFailovers,
	}
	for p, do := range tellers {
		if w.dirty[p] {
			w.dirty[p] = false
			do(ctx)
		}
	}
	if w.synced {
		return
	}
	for f := range w.feeds {
		if !f.settled() {
			return
		}
	}
	w.synced = true
	if w.events.Synced != nil {
		w.events.Synced()
	}
}

// Endpoints of a Service that a check names or that was discovered; false while they are not known. A Service exists
// while it has an EndpointSlice: one with a selector always has, even for no pods.
func (w *Watcher) Endpoints(namespace, service string) (probe.Endpoints, bool) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	v := w.views[namespace]
	return v.counts[service], v.names[service]
}

// Failover is an ExternalFailover that a check names; false if it does not exist or is not known yet. It must not be
// written to.
func (w *Watcher) Failover(namespace, name string) (*v1alpha1.ExternalFailover, bool) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	f, ok := w.failovers[namespace+"/"+name]
	return f, ok
}

// view is what is known of the services of a namespace.
type view struct {
	names  map[string]bool // those that were asked for
	counts map[string]probe.Endpoints
}
