package peer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func testRing(t testing.TB) *Keyring {
	t.Helper()
	return ring(t, "k1", "k1", "k2")
}

// ring makes a keyring whose keys follow from their ids.
func ring(t testing.TB, active string, ids ...string) *Keyring {
	t.Helper()
	data := map[string][]byte{"active": []byte(active + "\n")}
	for _, id := range ids {
		data[id] = bytes.Repeat([]byte(id), 32)
	}
	r, err := NewKeyring(data)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func fullRequest() *Request {
	return &Request{
		V: 1, Fleet: "edge/shop", Members: "abc", From: "blue", Replica: "blue-0", To: "green",
		Nonce: "AAAAAAAAAAAAAAAAAAAAAA", Challenge: "c", Status: StatusOut, Ask: &Ask{ID: "a", Class: 1}, Released: "z",
		Change: &Change{Mode: "Drain", Established: true}, Accept: []int{1},
		Sibling: &SiblingPart{Vote: VoteAbstain, PromiseLeft: 1500, ConfigGeneration: 4},
	}
}

func fullResponse() *Response {
	return &Response{
		V: 1, Fleet: "edge/shop", Members: "abc", From: "green", Replica: "green-0", Boot: "b", To: "blue",
		Nonce: "AAAAAAAAAAAAAAAAAAAAAA", Challenge: "c", Status: StatusIn, Reason: "Rest", Mode: "Strict", Rotation: "Serving",
		Change:     &Change{Mode: "Strict"},
		Assessment: Assessment{State: AssessedFailing, Score: 70, RoundAge: 1200},
		Checks:     []CheckLine{{Name: "db", Settled: ResultFail, Last: ResultPass, Age: 300}, {Name: "web", Settled: ResultUnknown, Last: ResultUnknown}},
		Gateway:    &Gateway{Ready: 2, Desired: 3}, LBProbeAge: new(Millis(900)), Capacity: &Capacity{Max: 4000, Load: 12.5},
		Promise: &Promise{AskID: "a", Hold: 30000}, Refused: "Failing", Keys: []string{"k1", "k2"}, Build: "v1", Wall: "2026-01-01T00:00:00Z",
		Sibling: &SiblingPart{Vote: VoteOut},
	}
}

func TestMessagesSurviveTheWire(t *testing.T) {
	t.Parallel()
	keys := testRing(t)
	q, err := EncodeRequest(fullRequest(), keys)
	if err != nil {
		t.Fatal(err)
	}
	gotQ, err := DecodeRequest(q, keys)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(fullRequest(), gotQ); d != "" {
		t.Error(d)
	}
	s, err := EncodeResponse(fullResponse(), keys)
	if err != nil {
		t.Fatal(err)
	}
	gotS, err := DecodeResponse(s, keys)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(fullResponse(), gotS); d != "" {
		t.Error(d)
	}
	if _, err := DecodeRequest(s, keys); !errors.Is(err, ErrSignature) {
		t.Errorf("an answer passes as a request: %v", err)
	}
	if _, err := DecodeResponse(q, keys); !errors.Is(err, ErrSignature) {
		t.Errorf("a request passes as an answer: %v", err)
	}
}

// Whatever byte of a message is changed, it is refused.
func TestNoByteCanBeChanged(t *testing.T) {
	t.Parallel()
	keys := testRing(t)
	q, err := EncodeRequest(fullRequest(), keys)
	if err != nil {
		t.Fatal(err)
	}
	for i := range q {
		for _, c := range []byte{'A', 'B', '.', '\n', '='} {
			b := []byte(q)
			if b[i] == c {
				continue
			}
			b[i] = c
			if _, err := DecodeRequest(string(b), keys); err == nil {
				t.Fatalf("byte %d changed from %q to %q is not noticed", i, q[i], c)
			}
		}
	}
	for _, c := range []string{"\n", "A", "=", "."} {
		if _, err := DecodeRequest(q+c, keys); err == nil {
			t.Errorf("%q after the end is not noticed", c)
		}
	}
}

func TestKeysDecideWhoIsHeard(t *testing.T) {
	t.Parallel()
	old, both, switched := ring(t, "k1", "k1"), ring(t, "k1", "k1", "k2"), ring(t, "k2", "k1", "k2")
	other, err := NewKeyring(map[string][]byte{"active": []byte("k1"), "k1": bytes.Repeat([]byte("x"), 32)})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name     string
		from, to *Keyring
		want     error
	}{
		{"same", old, old, nil},
		{"added, not switched", both, old, nil},
		{"switched, accepted", switched, both, nil},
		{"switched, not accepted", switched, old, ErrSignature},
		{"other secret under the same id", other, old, ErrSignature},
	} {
		q, err := EncodeRequest(fullRequest(), c.from)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := DecodeRequest(q, c.to); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

// sealed signs any payload, as a build of another version would.
func sealed(t testing.TB, kind string, keys *Keyring, edit func(map[string]any)) string {
	t.Helper()
	var message any = fullRequest()
	if kind == kindResponse {
		message = fullResponse()
	}
	b, err := json.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	edit(m)
	if b, err = json.Marshal(m); err != nil {
		t.Fatal(err)
	}
	return seal(kind, b, keys)
}

// A later version adds fields and values: this one reads the rest, and takes what it does not know as unknown.
func TestReadsWhatALaterVersionWrites(t *testing.T) {
	t.Parallel()
	keys := testRing(t)
	got, err := DecodeResponse(sealed(t, kindResponse, keys, func(m map[string]any) {
		m["mood"] = map[string]any{"good": true}
		m["status"] = "Half"
		m["mode"] = "Gentle"
		m["assessment"].(map[string]any)["state"] = 7
		m["checks"] = []any{map[string]any{"n": "db", "s": "W", "l": "P", "why": "x"}, map[string]any{"n": "web"}}
		m["change"] = map[string]any{"mode": "Gentle", "established": true}
		m["sibling"] = map[string]any{"vote": "Maybe"}
	}), keys)
	if err != nil {
		t.Fatal(err)
	}
	want := fullResponse()
	want.Status, want.Mode, want.Assessment.State = "", "Gentle", AssessedUnknown
	want.Checks = []CheckLine{{Name: "db", Settled: ResultUnknown, Last: ResultPass}, {Name: "web", Settled: ResultUnknown, Last: ResultUnknown}}
	want.Change = &Change{Mode: "Gentle", Established: true}
	want.Sibling = &SiblingPart{}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if _, err := DecodeRequest(sealed(t, kindRequest, keys, func(m map[string]any) { m["hurry"] = 1 }), keys); err != nil {
		t.Errorf("a request with an unknown field: %v", err)
	}
	if _, err := DecodeRequest(sealed(t, kindRequest, keys, func(m map[string]any) { m["v"] = 2 }), keys); !errors.Is(err, ErrVersion) {
		t.Errorf("a request of version 2: %v", err)
	}
	if _, err := DecodeResponse(sealed(t, kindResponse, keys, func(m map[string]any) { m["v"] = 0 }), keys); !errors.Is(err, ErrVersion) {
		t.Errorf("an answer of version 0: %v", err)
	}
}

// An earlier version lacks the fields that came last: each one alone may be absent, and absent is unknown or none.
func TestReadsWhatAnEarlierVersionWrites(t *testing.T) {
	t.Parallel()
	keys := testRing(t)
	for _, field := range []string{
		"members", "boot", "status", "reason", "mode", "rotation", "change", "assessment", "checks", "gateway", "lbProbeAge",
		"capacity", "promise", "refused", "keys", "build", "wall", "sibling", "challenge",
	} {
		got, err := DecodeResponse(sealed(t, kindResponse, keys, func(m map[string]any) { delete(m, field) }), keys)
		if err != nil {
			t.Errorf("without %s: %v", field, err)
			continue
		}
		if field == "status" && got.Status != "" || field == "assessment" && got.Assessment.State != AssessedUnknown {
			t.Errorf("without %s: read as %+v", field, got)
		}
	}
	for _, field := range []string{"members", "challenge", "status", "ask", "released", "change", "accept", "sibling"} {
		if _, err := DecodeRequest(sealed(t, kindRequest, keys, func(m map[string]any) { delete(m, field) }), keys); err != nil {
			t.Errorf("without %s: %v", field, err)
		}
	}
}

// previousRequest and previousResponse are the least that a reader of version 1 may expect: what this build writes must
// be readable as that, whatever it adds later.
type previousRequest struct {
	V                                                   int
	Fleet, Members, From, Replica, To, Nonce, Challenge string
	Status                                              string
	Ask                                                 *struct {
		ID    string
		Class int
	}
}

type previousResponse struct {
	V                                                  int
	Fleet, From, Replica, To, Nonce, Challenge, Status string
	Assessment                                         struct{ State string }
	Checks                                             []struct{ N, S, L string }
	Promise                                            *struct {
		AskID string
		Hold  int64
	}
}

func TestAnEarlierVersionReadsWhatWeWrite(t *testing.T) {
	t.Parallel()
	var q previousRequest
	reread(t, fullRequest(), &q)
	if q.From != "blue" || q.Ask == nil || q.Ask.Class != 1 || q.Status != "Out" || q.V != 1 {
		t.Errorf("read as %+v", q)
	}
	var s previousResponse
	reread(t, fullResponse(), &s)
	if s.Promise == nil || s.Promise.Hold != 30000 || len(s.Checks) != 2 || s.Checks[0].S != "F" || s.Assessment.State != "Failing" {
		t.Errorf("read as %+v", s)
	}
}

func reread(t *testing.T, from, into any) {
	t.Helper()
	b, err := json.Marshal(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatal(err)
	}
}

// many makes n checks: one in ten fails, one in ten is unknown.
func many(n int) []CheckLine {
	var out []CheckLine
	for i := range n {
		c := CheckLine{Name: fmt.Sprintf("check-%04d", i), Settled: ResultPass, Last: ResultPass}
		switch i % 10 {
		case 3:
			c.Settled = ResultFail
		case 4:
			c.Settled, c.Last = ResultUnknown, ResultUnknown
		}
		out = append(out, c)
	}
	return out
}

func TestLargeAnswersKeepTheirFailures(t *testing.T) {
	t.Parallel()
	keys := testRing(t)
	r := fullResponse()
	r.Checks = many(3000)
	out, err := EncodeResponse(r, keys)
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeResponse(out, keys)
	if err != nil {
		t.Fatal(err)
	}
	count := map[Result]int{}
	for _, c := range got.Checks {
		count[c.Settled]++
	}
	if count[ResultFail] != 300 || count[ResultPass] == 0 || count[ResultPass] >= 2400 || count[ResultUnknown] != 0 {
		t.Errorf("kept %v of 300 failing, 2400 passing and 300 unknown", count)
	}
	for i := range r.Checks {
		r.Checks[i].Settled = ResultFail
	}
	if _, err := EncodeResponse(r, keys); !errors.Is(err, ErrTooLarge) {
		t.Errorf("3000 failing checks: %v", err)
	}
}

func TestOversizeIsRefusedBeforeAnythingElse(t *testing.T) {
	t.Parallel()
	keys := testRing(t)
	q := seal(kindRequest, bytes.Repeat([]byte(" "), MaxRequest), keys)
	if _, err := DecodeRequest(q, keys); !errors.Is(err, ErrTooLarge) {
		t.Errorf("an oversize request: %v", err)
	}
	long := fullRequest()
	long.Replica = strings.Repeat("r", maxName+1)
	q, err := EncodeRequest(long, keys)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := DecodeRequest(q, keys); !errors.Is(err, ErrMalformed) {
		t.Errorf("a long name: %v", err)
	}
}

func TestKeyringIsStrict(t *testing.T) {
	t.Parallel()
	k := strings.Repeat("k", 32)
	for name, data := range map[string]map[string]string{
		"none":          {"active": "a"},
		"no active":     {"a": k},
		"active absent": {"a": k, "active": "b"},
		"short":         {"a": k[1:], "active": "a"},
		"four":          {"a": k, "b": k, "c": k, "d": k, "active": "a"},
		"dot in id":     {"a.b": k, "active": "a.b"},
	} {
		fsys := fstest.MapFS{"..data/x": {Data: []byte("hidden")}}
		for f, v := range data {
			fsys[f] = &fstest.MapFile{Data: []byte(v)}
		}
		if _, err := loadKeyring(fsys); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	got, err := loadKeyring(fstest.MapFS{
		"..data/x": {Data: []byte("hidden")}, "b": {Data: []byte(k)}, "a": {Data: []byte(k)}, "active": {Data: []byte("b\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"a", "b"}, got.IDs()); d != "" || got.Active() != "b" {
		t.Errorf("active %q %s", got.Active(), d)
	}
}

func TestRotationRules(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	base := func() *Rotation {
		return &Rotation{Ring: ring(t, "k1", "k1", "k2"), Switched: start, Peers: map[string][]string{"green": {"k1", "k2"}, "red": {"k1", "k2"}}}
	}
	day := start.Add(24 * time.Hour)
	for _, c := range []struct {
		name string
		edit func(*Rotation)
		try  func(*Rotation) error
		ok   bool
	}{
		{"add", nil, func(r *Rotation) error { return r.MayAdd("k3") }, true},
		{"add again", nil, func(r *Rotation) error { return r.MayAdd("k2") }, false},
		{"add a fourth", func(r *Rotation) { r.Ring = ring(t, "k1", "k1", "k2", "k3") }, func(r *Rotation) error { return r.MayAdd("k4") }, false},
		{"add an odd name", nil, func(r *Rotation) error { return r.MayAdd("k/3") }, false},
		{"add during a change", func(r *Rotation) { r.Change = true }, func(r *Rotation) error { return r.MayAdd("k3") }, false},
		{"add with an unknown peer", func(r *Rotation) { r.Peers["red"] = nil }, func(r *Rotation) error { return r.MayAdd("k3") }, false},
		{"switch", nil, func(r *Rotation) error { return r.MaySwitch("k2") }, true},
		{"switch to none", nil, func(r *Rotation) error { return r.MaySwitch("k3") }, false},
		{"switch before all have it", func(r *Rotation) { r.Peers["red"] = []string{"k1"} }, func(r *Rotation) error { return r.MaySwitch("k2") }, false},
		{"remove", nil, func(r *Rotation) error { return r.MayRemove("k2", day) }, true},
		{"remove too early", nil, func(r *Rotation) error { return r.MayRemove("k2", day.Add(-time.Second)) }, false},
		{"remove the signing one", nil, func(r *Rotation) error { return r.MayRemove("k1", day) }, false},
		{"remove one that is not there", nil, func(r *Rotation) error { return r.MayRemove("k9", day) }, false},
		{"remove during a change", func(r *Rotation) { r.Change = true }, func(r *Rotation) error { return r.MayRemove("k2", day) }, false},
	} {
		r := base()
		if c.edit != nil {
			c.edit(r)
		}
		if err := c.try(r); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestChallengeLastsNinetySecondsAtMost(t *testing.T) {
	t.Parallel()
	keys := testRing(t)
	at := time.Unix(1_800_000_000, 0)
	c := keys.Challenge("blue", at)
	for d, want := range map[time.Duration]bool{
		0: true, 29 * time.Second: true, 59 * time.Second: true, 60 * time.Second: false, 90 * time.Second: false,
		-1 * time.Second: true, -30 * time.Second: true, -31 * time.Second: false,
	} {
		if keys.Challenged(c, "blue", at.Add(d)) != want {
			t.Errorf("after %v: %v, want %v", d, !want, want)
		}
	}
	if keys.Challenged(c, "green", at) || keys.Challenged("", "blue", at) {
		t.Error("another cluster's challenge, or none, is taken")
	}
	if !ring(t, "k2", "k1", "k2").Challenged(c, "blue", at) {
		t.Error("a challenge of before the switch of keys is refused")
	}
}

// loadKeyring reads a folder as the server does.
func loadKeyring(dir fs.FS) (*Keyring, error) {
	data, err := ReadKeys(dir)
	if err != nil {
		return nil, err
	}
	return NewKeyring(data)
}
