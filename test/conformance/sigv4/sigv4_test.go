package sigv4_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/spillway-mesh/spillway/test/conformance/sigv4"
)

const exampleSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" //nolint:gosec // of AWS's published examples

// vector is an example that AWS publishes with its signature.
type vector struct {
	method, url, host string
	headers           map[string]string
	body              string
	service           string
	signed, signature string
}

func vectors() map[string]vector {
	date := map[string]string{"X-Amz-Date": "20150830T123600Z"}
	const form = "application/x-www-form-urlencoded; charset=utf-8"
	return map[string]vector{
		"get-vanilla": {
			method: "GET", url: "/", host: "example.amazonaws.com", headers: date, service: "service", signed: "host;x-amz-date",
			signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
		},
		"post-vanilla": {
			method: "POST", url: "/", host: "example.amazonaws.com", headers: date, service: "service", signed: "host;x-amz-date",
			signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
		},
		"ListUsers": {
			method: "GET", url: "/?Action=ListUsers&Version=2010-05-08", host: "iam.amazonaws.com", service: "iam",
			headers: map[string]string{"X-Amz-Date": "20150830T123600Z", "Content-Type": form}, signed: "content-type;host;x-amz-date",
			signature: "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
		},
	}
}

func (v *vector) request() *http.Request {
	req := httptest.NewRequest(v.method, v.url, strings.NewReader(v.body))
	req.Host = v.host
	for name, value := range v.headers {
		req.Header.Set(name, value)
	}
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/"+v.service+
		"/aws4_request, SignedHeaders="+v.signed+", Signature="+v.signature)
	return req
}

// TestVectors takes AWS's examples, and refuses each with one thing changed.
func TestVectors(t *testing.T) {
	t.Parallel()
	now := time.Date(2015, 8, 30, 12, 37, 0, 0, time.UTC)
	for name, v := range vectors() {
		key := sigv4.Key{ID: "AKIDEXAMPLE", Secret: exampleSecret, Region: "us-east-1", Service: v.service}
		if err := sigv4.Check(v.request(), nil, key, now); err != nil {
			t.Errorf("%s is refused: %v", name, err)
		}
		for what, change := range map[string]func(*http.Request, *sigv4.Key){
			"another region":    func(_ *http.Request, k *sigv4.Key) { k.Region = "us-west-2" },
			"another service":   func(_ *http.Request, k *sigv4.Key) { k.Service = "dynamodb" },
			"another secret":    func(_ *http.Request, k *sigv4.Key) { k.Secret += "x" },
			"another host":      func(r *http.Request, _ *sigv4.Key) { r.Host = "dynamodb.us-west-2.amazonaws.com" },
			"another method":    func(r *http.Request, _ *sigv4.Key) { r.Method = http.MethodPut },
			"another path":      func(r *http.Request, _ *sigv4.Key) { r.URL.Path = "/other" },
			"no signature":      func(r *http.Request, _ *sigv4.Key) { r.Header.Del("Authorization") },
			"a long time ago":   func(r *http.Request, _ *sigv4.Key) { r.Header.Set("X-Amz-Date", "20150830T113600Z") },
			"a wrong body hash": func(r *http.Request, _ *sigv4.Key) { r.Header.Set("X-Amz-Content-Sha256", "00") },
		} {
			r, k := v.request(), key
			change(r, &k)
			if sigv4.Check(r, nil, k, now) == nil {
				t.Errorf("%s passes with %s", name, what)
			}
		}
		if sigv4.Check(v.request(), []byte("more"), key, now) == nil {
			t.Errorf("%s passes with another body", name)
		}
	}
}
