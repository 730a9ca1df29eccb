package probe

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"
)

const (
	// mostBody is how much of an answer is looked at; the rest is left unread.
	mostBody = 64 << 10
	// idle is how long a connection waits for the next round.
	idle = 30 * time.Second
)

// HTTPSpec says what is asked for and what a healthy answer is.
type HTTPSpec struct {
	URL     string
	Method  string // default GET
	Host    string // Host header; default the URL's
	Headers map[string]string
	Expect  []int  // status codes; default 200
	Body    string // text within the first 64 KiB; empty: any
	// Names over TLS; its ServerName is Host by default.
	Names Names
}

// HTTP asks a URL. It follows no redirect: a redirect is an answer of its own.
type HTTP struct {
	spec   HTTPSpec
	client *http.Client
}

var _ Prober = (*HTTP)(nil)

// NewHTTP makes a prober with a transport of its own, so that a check that hangs takes no connection from another.
func NewHTTP(spec HTTPSpec) (*HTTP, error) {
	if spec.Method == "" {
		spec.Method = http.MethodGet
	}
	if len(spec.Expect) == 0 {
		spec.Expect = []int{http.StatusOK}
	}
	if spec.Names.ServerName == "" {
		spec.Names.ServerName = spec.Host
	}
	p := &HTTP{spec: spec}
	if _, err := url.Parse(spec.URL); err != nil {
		return nil, fmt.Errorf("reading the URL of a check: %w", err)
	}
	transport := &http.Transport{
		Proxy:           nil, // a check asks for the thing itself
		TLSClientConfig: spec.Names.config(),
		MaxConnsPerHost: 2, MaxIdleConnsPerHost: 1, IdleConnTimeout: idle, DisableCompression: true,
		ForceAttemptHTTP2: true, MaxResponseHeaderBytes: mostBody,
	}
	p.client = &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return p, nil
}

func (p *HTTP) request(ctx context.Context) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, p.spec.Method, p.spec.URL, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("reading the URL of a check: %w", err)
	}
	for k, v := range p.spec.Headers {
		req.Header.Set(k, v)
	}
	req.Header.Set("User-Agent", "spillway-health")
	if p.spec.Host != "" {
		req.Host = bracketed(p.spec.Host)
	}
	return req, nil
}

// Probe asks once.
func (p *HTTP) Probe(ctx context.Context) Outcome {
	req, err := p.request(ctx)
	if err != nil {
		return unknown("the URL is not valid")
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return failure(ctx, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if !slices.Contains(p.spec.Expect, resp.StatusCode) {
		return fail(fmt.Sprintf("status %d", resp.StatusCode))
	}
	if p.spec.Body == "" {
		_, _ = io.CopyN(io.Discard, resp.Body, mostBody) // so that the connection can be used again
		return pass(fmt.Sprintf("status %d", resp.StatusCode))
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, mostBody))
	switch {
	case bytes.Contains(text, []byte(p.spec.Body)):
		return pass(fmt.Sprintf("status %d", resp.StatusCode))
	case err != nil:
		return failure(ctx, err)
	default:
		return fail("the body lacks the text")
	}
}

// Close lets go of idle connections.
func (p *HTTP) Close() { p.client.CloseIdleConnections() }

func isCertificate(err error) bool {
	var verify *tls.CertificateVerificationError
	var name x509.HostnameError
	var authority x509.UnknownAuthorityError
	return errors.As(err, &verify) || errors.As(err, &name) || errors.As(err, &authority)
}
