package peer

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

const (
	minKey     = 32       // bytes
	maxKey     = 4 << 10  // bytes; a larger file is no key
	maxKeys    = 3        // the old, the present and the next one
	activeFile = "active" // holds the id of the key that signs
	keepOld    = 24 * time.Hour
)

// Keyring is one fleet's keys: all are accepted, the active one signs. It does not change; see Keys.
type Keyring struct {
	keys   map[string][]byte
	active string
}

// NewKeyring makes a keyring of a Secret's data: one entry of at least 32 random bytes for each key id, at most three,
// and `active`, which names one of them.
func NewKeyring(data map[string][]byte) (*Keyring, error) {
	r := &Keyring{keys: map[string][]byte{}}
	for id, b := range data {
		if id == activeFile {
			r.active = string(bytes.TrimSpace(b))
			continue
		}
		if !validKeyID(id) {
			return nil, fmt.Errorf("key id %q: only letters, digits, - and _, at most 63", id)
		}
		if len(b) < minKey || len(b) > maxKey {
			return nil, fmt.Errorf("key %q has %d bytes, want %d to %d", id, len(b), minKey, maxKey)
		}
		r.keys[id] = bytes.Clone(b)
	}
	switch {
	case len(r.keys) == 0:
		return nil, errors.New("there is no peer key")
	case len(r.keys) > maxKeys:
		return nil, fmt.Errorf("%d peer keys, at most %d", len(r.keys), maxKeys)
	case r.keys[r.active] == nil:
		return nil, fmt.Errorf("%q names the key %q, which is not there", activeFile, r.active)
	}
	return r, nil
}

func validKeyID(id string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	return id != "" && len(id) <= 63 && strings.Trim(id, letters) == ""
}

// ReadKeys reads a directory with one file for each key id and the file `active`, as NewKeyring takes them. Names that begin
// with a dot are skipped: a mounted Secret keeps its versions there.
func ReadKeys(dir fs.FS) (map[string][]byte, error) {
	entries, err := fs.ReadDir(dir, ".")
	if err != nil {
		return nil, fmt.Errorf("reading the peer keys: %w", err)
	}
	data := map[string][]byte{}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") || len(data) > maxKeys+1 {
			continue
		}
		b, err := fs.ReadFile(dir, e.Name())
		if err != nil {
			return nil, fmt.Errorf("reading the peer key %q: %w", e.Name(), err)
		}
		data[e.Name()] = b
	}
	return data, nil
}

// IDs lists the accepted key ids in order.
func (r *Keyring) IDs() []string { return slices.Sorted(maps.Keys(r.keys)) }

// Active is the id of the key that signs.
func (r *Keyring) Active() string { return r.active }

// Keys holds the present keyring for many readers. The zero value has none: nothing can be signed or read then.
type Keys struct{ ring atomic.Pointer[Keyring] }

// Ring is the present keyring, nil when there is none yet.
func (k *Keys) Ring() *Keyring { return k.ring.Load() }

// Set replaces the keyring. A caller that could not read a new one keeps the old by not calling it.
func (k *Keys) Set(r *Keyring) { k.ring.Store(r) }

// Rotation is what the rules of a key rotation look at: one cluster's keys, and what each peer says it accepts.
type Rotation struct {
	Ring     *Keyring
	Switched time.Time           // when the active key became active
	Peers    map[string][]string // key ids that each peer accepts, by cluster; nil for a peer that is unknown
	Change   bool                // a change is going on in some cluster
}

// May says whether keys may be touched at all: not during a change, and not while a peer is unknown.
func (r *Rotation) May() error {
	if r.Change {
		return errors.New("a change is going on: rotate keys when it has ended")
	}
	for _, p := range slices.Sorted(maps.Keys(r.Peers)) {
		if r.Peers[p] == nil {
			return fmt.Errorf("peer %q is unknown: what it accepts cannot be seen", p)
		}
	}
	return nil
}

// MayAdd says whether one more key may be added.
func (r *Rotation) MayAdd(id string) error {
	if err := r.May(); err != nil {
		return err
	}
	if r.Ring.keys[id] != nil {
		return fmt.Errorf("key %q is there already", id)
	}
	if !validKeyID(id) || id == activeFile {
		return fmt.Errorf("%q cannot be a key id", id)
	}
	if len(r.Ring.keys) >= maxKeys {
		return fmt.Errorf("there are %d keys already: remove an old one first", len(r.Ring.keys))
	}
	return nil
}

// MaySwitch says whether a key may become the one that signs: only when every cluster accepts it.
func (r *Rotation) MaySwitch(id string) error {
	if err := r.May(); err != nil {
		return err
	}
	if r.Ring.keys[id] == nil {
		return fmt.Errorf("key %q is not there: add it first", id)
	}
	for _, p := range slices.Sorted(maps.Keys(r.Peers)) {
		if !slices.Contains(r.Peers[p], id) {
			return fmt.Errorf("peer %q does not accept key %q yet", p, id)
		}
	}
	return nil
}

// MayRemove says whether a key may go: never the one that signs, and only a day after the last switch, so that a cluster
// which was switched last, or not reached, is still heard.
func (r *Rotation) MayRemove(id string, now time.Time) error {
	if err := r.May(); err != nil {
		return err
	}
	if id == r.Ring.active {
		return fmt.Errorf("key %q signs: switch to another first", id)
	}
	if r.Ring.keys[id] == nil {
		return fmt.Errorf("key %q is not there", id)
	}
	if left := keepOld - now.Sub(r.Switched); left > 0 {
		return fmt.Errorf("the active key is %v old: wait another %v", now.Sub(r.Switched).Round(time.Minute), left.Round(time.Minute))
	}
	return nil
}
