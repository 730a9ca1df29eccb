// Package sigv4 checks AWS Signature Version 4 on a request as a server of AWS does: it computes the signature again, by the
// algorithm that AWS publishes, and compares region, service, time and the hash of the body. Its tests are AWS's own examples.
//
// It imports the standard library only and knows nothing of how Spillway or Envoy sign. Start reading at Check.
package sigv4

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	timeFormat = "20060102T150405Z"
	// skew is how far AWS lets clocks be apart.
	skew            = 5 * time.Minute
	unsignedPayload = "UNSIGNED-PAYLOAD"
)

// Key is who may sign, and for what.
type Key struct {
	ID, Secret      string
	Region, Service string
}

// Check says what is wrong with the signature of a request, nil if nothing is. body is what was received.
func Check(req *http.Request, body []byte, k Key, now time.Time) error {
	auth, found := strings.CutPrefix(req.Header.Get("Authorization"), algorithm+" ")
	if !found {
		return fmt.Errorf("no signature: Authorization is %q", req.Header.Get("Authorization"))
	}
	parts := map[string]string{}
	for part := range strings.SplitSeq(auth, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		parts[name] = value
	}
	stamp := req.Header.Get("X-Amz-Date")
	at, err := time.Parse(timeFormat, stamp)
	if err != nil {
		return fmt.Errorf("reading X-Amz-Date: %w", err)
	}
	if d := now.Sub(at).Abs(); d > skew {
		return fmt.Errorf("signed at %s, %s away", stamp, d)
	}
	scope := strings.Join([]string{stamp[:8], k.Region, k.Service, "aws4_request"}, "/")
	if parts["Credential"] != k.ID+"/"+scope {
		return fmt.Errorf("credential %q, want %s/%s", parts["Credential"], k.ID, scope)
	}
	signed := strings.Split(parts["SignedHeaders"], ";")
	for _, must := range []string{"host", "x-amz-date"} {
		if !slices.Contains(signed, must) {
			return fmt.Errorf("%s is not signed", must)
		}
	}
	hash, err := payloadHash(req, body)
	if err != nil {
		return err
	}
	toSign := strings.Join([]string{algorithm, stamp, scope, hexSum([]byte(canonical(req, signed, hash)))}, "\n")
	if want := sign(k, stamp[:8], toSign); parts["Signature"] != want {
		return fmt.Errorf("the signature is %s, not %s", parts["Signature"], want)
	}
	return nil
}

// payloadHash is the hash that the signature covers; one that a header gives must be the body's.
func payloadHash(req *http.Request, body []byte) (string, error) {
	said, hash := req.Header.Get("X-Amz-Content-Sha256"), hexSum(body)
	if said == unsignedPayload {
		return said, nil
	}
	if said != "" && said != hash {
		return "", fmt.Errorf("X-Amz-Content-Sha256 is %s, the body's is %s", said, hash)
	}
	return hash, nil
}

// canonical is the request as it is signed.
func canonical(req *http.Request, signed []string, hash string) string {
	var out bytes.Buffer
	path := req.URL.EscapedPath()
	if path == "" {
		path = "/"
	}
	fmt.Fprintf(&out, "%s\n%s\n%s\n", req.Method, path, canonicalQuery(req.URL.Query()))
	for _, name := range signed {
		value := strings.Join(req.Header.Values(name), ",")
		if name == "host" {
			value = req.Host
		}
		fmt.Fprintf(&out, "%s:%s\n", name, strings.Join(strings.Fields(value), " "))
	}
	fmt.Fprintf(&out, "\n%s\n%s", strings.Join(signed, ";"), hash)
	return out.String()
}

func canonicalQuery(q url.Values) string {
	var pairs []string
	for name, values := range q {
		for _, v := range values {
			pairs = append(pairs, escape(name)+"="+escape(v))
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

func sign(k Key, date, toSign string) string {
	key := []byte("AWS4" + k.Secret)
	for _, part := range []string{date, k.Region, k.Service, "aws4_request"} {
		key = mac(key, part)
	}
	return hex.EncodeToString(mac(key, toSign))
}

func mac(key []byte, data string) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write([]byte(data)) // a hash never fails to write
	return h.Sum(nil)
}

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
