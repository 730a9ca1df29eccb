package server

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"time"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/health"
	"github.com/spillway-mesh/spillway/pkg/health/peer"
)

const (
	pollTimeout  = 2 * time.Second // a later answer would not be taken
	siblingEvery = time.Second
)

// askPeers polls the peers that are configured, each by itself, until the context ends.
func (e *engine) askPeers(ctx context.Context) error {
	var asked []v1alpha1.Peer
	end := func() {}
	defer func() { end() }()
	t := time.NewTicker(tick)
	defer t.Stop()
	for {
		if peers, c := e.peers(); c != nil && !reflect.DeepEqual(peers, asked) {
			end()
			asked, end = peers, e.askAll(ctx, peers)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

// askAll begins to ask; what it returns ends that, and waits.
func (e *engine) askAll(ctx context.Context, peers []v1alpha1.Peer) func() {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	for i := range peers {
		running.Go(func() { e.askPeer(ctx, &peers[i]) })
	}
	return func() {
		cancel()
		running.Wait()
	}
}

func (e *engine) peers() ([]v1alpha1.Peer, *health.Config) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.object == nil {
		return nil, nil
	}
	return e.object.Spec.Peers, e.config
}

// askPeer polls one peer, and looks at its probe path, every so often.
func (e *engine) askPeer(ctx context.Context, p *v1alpha1.Peer) {
	client := peer.NewClient(peer.Endpoint{Host: p.Host})
	for {
		_, c := e.peers()
		next := time.NewTimer(c.Guard.Poll)
		token := p.Token
		if token == "" {
			token = health.Token(c.Fleet, p.Name)
		}
		var both sync.WaitGroup
		both.Go(func() { e.poll(ctx, client, p) })
		both.Go(func() { e.look(ctx, client, p, token) })
		both.Wait()
		if ctx.Err() == nil {
			e.decide()
		}
		select {
		case <-ctx.Done():
			next.Stop()
			return
		case <-next.C:
		}
	}
}

// reply is what came of one way to a peer.
type reply struct {
	request *peer.Request
	answer  *peer.Response
	sent    time.Duration
	err     error
}

// poll asks a peer by all its ways at once. The first answer that counts is taken, and no other: a poll is one, however many
// ways there are.
func (e *engine) poll(ctx context.Context, client *peer.Client, p *v1alpha1.Peer) {
	asked, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	replies := make(chan reply, len(p.URLs))
	for _, at := range p.URLs {
		e.mu.Lock()
		q := e.replica.Ask(p.Name, "")
		e.mu.Unlock()
		if q == nil {
			return
		}
		go func() {
			sent := e.now()
			a, err := client.Poll(asked, at, q, e.keys.Ring())
			replies <- reply{q, a, sent, err}
		}()
	}
	var last error
	for range p.URLs {
		if last = e.hear(<-replies); last == nil {
			return
		}
	}
	var why peer.Reason
	if ctx.Err() != nil || !errors.As(last, &why) {
		return // called off
	}
	e.mu.Lock()
	e.replica.Missed(p.Name, why)
	e.mu.Unlock()
}

func (e *engine) hear(r reply) error {
	if r.err != nil {
		return r.err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.replica.Heard(r.request, r.answer, r.sent, e.now())
}

// look asks whether a peer's probe path answers 200 with its token, by any of its ways.
func (e *engine) look(ctx context.Context, client *peer.Client, p *v1alpha1.Peer, token string) {
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	sent := e.now()
	serves := make(chan bool, len(p.URLs))
	for _, at := range p.URLs { // at once: a way that swallows everything must not use up the others' time
		go func() { serves <- client.Serves(ctx, at, token) }()
	}
	for range p.URLs {
		if <-serves {
			e.mu.Lock()
			e.replica.Probed(p.Name, sent)
			e.mu.Unlock()
			return
		}
	}
}

// askSiblings exchanges votes with the other replicas until the context ends.
func (e *engine) askSiblings(ctx context.Context) error {
	client := peer.NewClient(peer.Endpoint{Inside: true})
	t := time.NewTicker(siblingEvery)
	defer t.Stop()
	var asking sync.WaitGroup
	defer asking.Wait()
	for {
		e.mu.Lock()
		siblings, known := e.replica.Siblings(), e.siblings.known && e.config != nil
		known = known && (len(siblings) == 0 || e.keys.Ring() != nil)
		e.mu.Unlock()
		for _, s := range siblings {
			asking.Go(func() { e.askSibling(ctx, client, s.URL) })
		}
		if known && !e.greeted.Load() { // a gateway must not be sent to a replica that does not know yet what the others answer
			asking.Wait()
			e.greeted.Store(true)
			e.decide()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

func (e *engine) askSibling(ctx context.Context, client *peer.Client, at string) {
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	e.mu.Lock()
	var q *peer.Request
	if e.config != nil {
		q = e.replica.Ask(e.config.Cluster, at)
	}
	e.mu.Unlock()
	keys := e.keys.Ring()
	if q == nil || keys == nil {
		return
	}
	sent := e.now()
	a, err := client.Poll(ctx, at+"/peer", q, keys)
	if err != nil {
		return // its age says so
	}
	e.mu.Lock()
	err = e.replica.HeardSibling(at, q, a, sent, e.now())
	e.mu.Unlock()
	if err == nil {
		e.decide()
	}
}
