package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/spillway-mesh/spillway/pkg/health/peer"
	"github.com/spillway-mesh/spillway/pkg/live"
	"github.com/spillway-mesh/spillway/pkg/term"
)

// keysOptions are the flags of the commands about the keys of a fleet.
type keysOptions struct {
	live   liveOptions
	wait   time.Duration
	dryRun bool
}

func newPeer(name string, io IO) *cobra.Command {
	var o keysOptions
	status := &cobra.Command{
		Use: "status", Short: "Show which keys each cluster holds, and which signs; never the keys", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return o.status(c.Context(), io) },
	}
	o.live.bind(status, true)
	var r keysOptions
	rotate := &cobra.Command{
		Use: "rotate", Short: "Take the next step of a rotation: add a key everywhere, have it sign, remove the old one", Args: cobra.NoArgs,
		Long: "Rotate looks at the keys of all clusters and takes the next step: it adds a new key to each Secret, waits until every\n" +
			"cluster accepts it, and has it sign; run again a day later it removes the old one. It is refused during a change, and\n" +
			"while a cluster is unknown to another. Keys are never printed.",
		Example: examples(name, "peer keys rotate -n istio-ingress --contexts blue,green", "today, and again tomorrow"),
		RunE:    func(c *cobra.Command, _ []string) error { return r.rotate(c.Context(), io) },
	}
	r.live.bind(rotate, true)
	rotate.Flags().DurationVar(&r.wait, "wait", 2*time.Minute, "how long to wait until every cluster accepts a new key") //nolint:mnd // a kubelet's minute and some
	rotate.Flags().BoolVar(&r.dryRun, "dry-run", false, "say what the next step is, and change nothing")
	keys := &cobra.Command{Use: "keys", Short: "Show and rotate the keys that sign messages between clusters"}
	keys.AddCommand(status, rotate)
	c := &cobra.Command{Use: "peer", Short: "Look after what clusters tell each other"}
	c.AddCommand(keys)
	return c
}

// holder is a cluster and its keys.
type holder struct {
	found

	keys *live.Keys
	ring *peer.Keyring
}

// holders reads the keys of all clusters; every one is needed, since a key that one of them lacks cuts it off.
func (o *keysOptions) holders(ctx context.Context) ([]holder, error) {
	all, err := o.live.ask(ctx, true)
	if err != nil {
		return nil, err
	}
	out := make([]holder, 0, len(all))
	var errs []error
	for i := range all {
		h := holder{found: all[i]}
		if h.Health == nil || h.Detail == nil {
			errs = append(errs, fmt.Errorf("context %s: %w", h.Context, h.Err))
			continue
		}
		k := h.Health.Spec.PeerKeys
		if k == nil || k.Secret == nil {
			errs = append(errs, fmt.Errorf("context %s: %s has no keys in a Secret", h.Context, h.Health.Spec.Cluster))
			continue
		}
		if h.keys, err = h.at.Keys(ctx, k.Secret.Name); err == nil {
			h.ring, err = peer.NewKeyring(h.keys.Data)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("context %s: %w", h.Context, err))
		}
		out = append(out, h)
	}
	return out, errors.Join(errs...)
}

func (o *keysOptions) status(ctx context.Context, io IO) error {
	all, err := o.holders(ctx)
	table := term.NewTable("CLUSTER", "HOLDS", "SIGNS WITH", "SINCE", "OTHERS ACCEPT")
	for _, h := range all {
		if h.ring == nil {
			continue
		}
		since := "not known"
		if !h.keys.Switched.IsZero() {
			since = h.keys.Switched.UTC().Format(time.RFC3339)
		}
		accept := make([]string, 0, len(h.Detail.Peers))
		for _, p := range h.Detail.Peers {
			accept = append(accept, p.Name+": "+strings.Join(p.Keys, " "))
		}
		table.Row(h.Health.Spec.Cluster, strings.Join(h.ring.IDs(), " "), h.ring.Active(), since, strings.Join(accept, ", "))
	}
	return errors.Join(table.Write(io.Out, term.For(io.Out, io.Getenv)), err)
}

// rotation is what one cluster's rules look at.
func (h *holder) rotation() *peer.Rotation {
	r := &peer.Rotation{Ring: h.ring, Switched: h.keys.Switched, Peers: map[string][]string{}, Change: h.Health.Spec.Mode != nil || h.Health.Status.Change != nil}
	for _, p := range h.Detail.Peers {
		r.Peers[p.Name] = nil
		if p.Unknown == "" {
			r.Peers[p.Name] = append([]string{}, p.Keys...)
		}
	}
	return r
}

// every asks each cluster's rules.
func every(all []holder, may func(*peer.Rotation) error) error {
	var errs []error
	for i := range all {
		if err := may(all[i].rotation()); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", all[i].Health.Spec.Cluster, err))
		}
	}
	return errors.Join(errs...)
}

func (o *keysOptions) rotate(ctx context.Context, io IO) error {
	all, err := o.holders(ctx)
	if err != nil {
		return err
	}
	if err := every(all, (*peer.Rotation).May); err != nil {
		return err
	}
	ids := map[string]int{}
	for _, h := range all {
		for _, id := range h.ring.IDs() {
			ids[id]++
		}
		if h.ring.Active() != all[0].ring.Active() {
			return o.turn(ctx, io, newest(all)) // a switch that stopped halfway
		}
	}
	active := all[0].ring.Active()
	names := slices.Sorted(maps.Keys(ids))
	if len(names) == 1 {
		return o.add(ctx, io, all)
	}
	for _, id := range names {
		if id > active {
			return o.turn(ctx, io, id)
		}
	}
	return o.remove(ctx, io, all, names, active)
}

// newest is the last of the ids that sign: they are made of the time.
func newest(all []holder) string {
	last := ""
	for _, h := range all {
		last = max(last, h.ring.Active())
	}
	return last
}

// add puts one new key into every Secret, and goes on to the switch.
func (o *keysOptions) add(ctx context.Context, io IO, all []holder) error {
	id := "k" + io.Now().UTC().Format("20060102-150405")
	if err := every(all, func(r *peer.Rotation) error { return r.MayAdd(id) }); err != nil {
		return err
	}
	if o.dryRun {
		return writing(fmt.Fprintf(io.Out, "nothing was changed (dry run): the next step adds the key %s to %d clusters\n", id, len(all)))
	}
	key := make([]byte, 32) //nolint:mnd // as long as the signature
	_, _ = rand.Read(key)   // never fails; see crypto/rand
	for i := range all {
		if err := all[i].patch(ctx, io, edit{data: map[string][]byte{id: key}, what: "accepts " + id}); err != nil {
			return err
		}
	}
	return o.turn(ctx, io, id)
}

// turn waits until every cluster accepts the key, and has it sign.
func (o *keysOptions) turn(ctx context.Context, io IO, id string) error {
	if o.dryRun {
		return writing(fmt.Fprintf(io.Out, "nothing was changed (dry run): the next step has %s sign\n", id))
	}
	if err := o.share(ctx, io, id); err != nil {
		return err
	}
	var all []holder
	end := io.Now().Add(o.wait)
	for {
		fresh, err := o.holders(ctx)
		if err == nil {
			err = every(fresh, func(r *peer.Rotation) error { return r.MaySwitch(id) })
		}
		if err == nil {
			all = fresh
			break
		}
		if io.Now().After(end) {
			return fmt.Errorf("the key %s is there and does not sign yet; run this again: %w", id, err)
		}
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
	}
	for i := range all {
		if all[i].ring.Active() == id {
			continue
		}
		if err := all[i].patch(ctx, io, edit{data: map[string][]byte{"active": []byte(id)}, switched: io.Now(), what: "signs with " + id}); err != nil {
			return err
		}
	}
	return writing(fmt.Fprintln(io.Out, "run this again in a day: the old key is removed then"))
}

// share gives the key to clusters that lack it: an earlier run may have stopped halfway.
func (o *keysOptions) share(ctx context.Context, io IO, id string) error {
	fresh, err := o.holders(ctx)
	if err != nil {
		return err
	}
	var key []byte
	for _, h := range fresh {
		if k := h.keys.Data[id]; k != nil {
			key = k
		}
	}
	for i := range fresh {
		if fresh[i].keys.Data[id] != nil {
			continue
		}
		if err := fresh[i].patch(ctx, io, edit{data: map[string][]byte{id: key}, what: "accepts " + id}); err != nil {
			return err
		}
	}
	return nil
}

func (o *keysOptions) remove(ctx context.Context, io IO, all []holder, names []string, active string) error {
	for _, id := range names {
		if id == active {
			continue
		}
		if err := every(all, func(r *peer.Rotation) error { return r.MayRemove(id, io.Now()) }); err != nil {
			return err
		}
		if o.dryRun {
			return writing(fmt.Fprintf(io.Out, "nothing was changed (dry run): the next step removes %s\n", id))
		}
		for i := range all {
			if err := all[i].patch(ctx, io, edit{data: map[string][]byte{id: nil}, what: "forgot " + id}); err != nil {
				return err
			}
		}
	}
	return nil
}

// edit is a change of one Secret.
type edit struct {
	data     map[string][]byte // nil ones are removed
	switched time.Time
	what     string // for people
}

func (h *holder) patch(ctx context.Context, io IO, e edit) error {
	if err := h.at.PatchKeys(ctx, h.Health.Spec.PeerKeys.Secret.Name, h.keys, e.data, e.switched); err != nil {
		return fmt.Errorf("context %s: %w", h.Context, err)
	}
	return writing(fmt.Fprintf(io.Out, "%s %s\n", h.Health.Spec.Cluster, e.what))
}
