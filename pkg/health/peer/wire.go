package peer

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Header carries the signed request of a poll.
const Header = "Spillway-Peer"

// format is the first field of every message; it belongs to the envelope, the payload has its own version.
const format = "1"

// The two kinds of messages; the kind is signed too, so that an answer can never be sent back as a request.
const (
	kindRequest  = "req"
	kindResponse = "res"
)

var (
	// ErrSignature says that a message is not signed with a key that is accepted here.
	ErrSignature = errors.New("peer message is not signed with an accepted key")
	// ErrTooLarge says that a message is larger than this package reads or writes.
	ErrTooLarge = errors.New("peer message is too large")
)

// encoding takes one spelling of each value only.
func encoding() *base64.Encoding { return base64.RawURLEncoding.Strict() }

func mac(key []byte, kind string, payload []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("spillway-peer/1\n" + kind + "\n"))
	h.Write(payload)
	return h.Sum(nil)
}

// seal signs a payload with the active key: 1.<kid>.<payload>.<mac>.
func seal(kind string, payload []byte, keys *Keyring) string {
	e := encoding()
	return strings.Join([]string{
		format, keys.active, e.EncodeToString(payload), e.EncodeToString(mac(keys.keys[keys.active], kind, payload)),
	}, ".")
}

// open checks a message and returns its payload. Nothing is computed for a message above the limit, in bytes.
func open(kind, token string, keys *Keyring, limit int) ([]byte, error) {
	if len(token) > limit {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(token), limit)
	}
	parts := strings.Split(token, ".")
	if len(parts) != 4 {
		return nil, ErrSignature
	}
	if parts[0] != format {
		return nil, ErrVersion
	}
	key, ok := keys.keys[parts[1]]
	if !ok || strings.ContainsAny(token, "\r\n") { // the decoder skips line ends
		return nil, ErrSignature
	}
	got, err := encoding().DecodeString(parts[3])
	if err != nil || len(got) != sha256.Size {
		return nil, ErrSignature
	}
	payload, err := encoding().DecodeString(parts[2])
	if err != nil || !hmac.Equal(got, mac(key, kind, payload)) {
		return nil, ErrSignature
	}
	return payload, nil
}

// EncodeRequest signs a request for the header Spillway-Peer.
func EncodeRequest(r *Request, keys *Keyring) (string, error) {
	return encode(kindRequest, r, keys, MaxRequest)
}

// DecodeRequest checks and reads the header Spillway-Peer. The error is ErrTooLarge, ErrVersion, ErrSignature or
// ErrMalformed; a handler answers all of them alike.
func DecodeRequest(token string, keys *Keyring) (*Request, error) {
	payload, err := open(kindRequest, token, keys, MaxRequest)
	if err != nil {
		return nil, err
	}
	return decodeRequest(payload)
}

// EncodeResponse signs an answer. One with more checks than fit leaves out unknown ones first and then passing ones:
// both make the receiver more reluctant to leave. Failing ones are never left out, so too many of them are ErrTooLarge.
func EncodeResponse(r *Response, keys *Keyring) (string, error) {
	out, err := encode(kindResponse, r, keys, MaxResponse)
	if !errors.Is(err, ErrTooLarge) {
		return out, err
	}
	less := *r
	less.Checks = slices.DeleteFunc(slices.Clone(r.Checks), func(c CheckLine) bool {
		return c.Settled == ResultUnknown && c.Last != ResultFail
	})
	for {
		out, err = encode(kindResponse, &less, keys, MaxResponse)
		if !errors.Is(err, ErrTooLarge) {
			return out, err
		}
		n := len(less.Checks)
		less.Checks = dropPassing(less.Checks, n/8+1)
		if len(less.Checks) == n {
			return "", err
		}
	}
}

// dropPassing removes up to n checks that pass, from the end.
func dropPassing(checks []CheckLine, n int) []CheckLine {
	kept := make([]CheckLine, 0, len(checks))
	for _, c := range slices.Backward(checks) {
		if n > 0 && c.Settled != ResultFail && c.Last != ResultFail {
			n--
			continue
		}
		kept = append(kept, c)
	}
	slices.Reverse(kept)
	return kept
}

// DecodeResponse checks and reads an answer. The error is ErrTooLarge, ErrVersion, ErrSignature or ErrMalformed.
func DecodeResponse(token string, keys *Keyring) (*Response, error) {
	payload, err := open(kindResponse, token, keys, MaxResponse)
	if err != nil {
		return nil, err
	}
	return decodeResponse(payload)
}

func encode(kind string, message any, keys *Keyring, limit int) (string, error) {
	payload, err := json.Marshal(message)
	if err != nil {
		return "", fmt.Errorf("encoding a peer message: %w", err)
	}
	out := seal(kind, payload, keys)
	if len(out) > limit {
		return "", fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(out), limit)
	}
	return out, nil
}
