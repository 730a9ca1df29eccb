package peer

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// Any bytes at all: open and decode say no, and never panic; what they let through was signed.
func FuzzDecode(f *testing.F) {
	keys := testRing(f)
	q, err := EncodeRequest(fullRequest(), keys)
	if err != nil {
		f.Fatal(err)
	}
	s, err := EncodeResponse(fullResponse(), keys)
	if err != nil {
		f.Fatal(err)
	}
	for _, x := range []string{q, s, "", "...", "1.k1..", "1.k1.e30.AAAA"} {
		f.Add(x)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := DecodeRequest(token, keys); err == nil && token != q {
			var r Request
			payload, _ := open(kindRequest, token, keys, MaxRequest)
			if seal(kindRequest, payload, keys) != token {
				t.Fatalf("not signed by us, yet read: %+v", r)
			}
		}
		_, _ = DecodeResponse(token, keys)
	})
}

// Any signed payload: it may come from a version that we never saw.
func FuzzPayload(f *testing.F) {
	keys := testRing(f)
	for _, m := range []any{fullRequest(), fullResponse()} {
		b, err := json.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		if r, err := DecodeRequest(seal(kindRequest, payload, keys), keys); err == nil {
			again(t, r, keys, EncodeRequest, DecodeRequest)
		}
		if r, err := DecodeResponse(seal(kindResponse, payload, keys), keys); err == nil {
			again(t, r, keys, func(r *Response, k *Keyring) (string, error) { return encode(kindResponse, r, k, MaxResponse) }, DecodeResponse)
		}
	})
}

// again checks that decode(encode(x)) = x for every x that a decoder can give.
func again[T any](t *testing.T, r *T, keys *Keyring, enc func(*T, *Keyring) (string, error), dec func(string, *Keyring) (*T, error)) {
	t.Helper()
	out, err := enc(r, keys)
	if err != nil {
		return // grown above the limit by escapes
	}
	got, err := dec(out, keys)
	if err != nil {
		t.Fatalf("cannot read what was written: %v", err)
	}
	if d := cmp.Diff(r, got, cmpopts.EquateEmpty()); d != "" {
		t.Fatal(d)
	}
}
