package peer

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"syscall"
)

// Agent is the User-Agent of everything that health servers ask each other: load balancers are told from them by it.
const Agent = "spillway-health"

// Client asks one peer, each time on a new connection: an old one would go on reaching a replica, or a cluster, that nobody
// else is led to any more.
type Client struct {
	host  string
	plain bool
	http  *http.Client
}

// Endpoint says how a peer is reached.
type Endpoint struct {
	Host  string         // Host header and TLS server name; empty: the one of the URL
	Roots *x509.CertPool // whom to trust; nil: the system's
	// Inside allows plain HTTP to any address, as between the replicas of one cluster; otherwise it is for loopback only.
	Inside bool
}

// NewClient makes a client.
func NewClient(e Endpoint) *Client {
	server := e.Host
	if h, _, err := net.SplitHostPort(server); err == nil {
		server = h
	}
	dialer := &net.Dialer{}
	if !e.Inside {
		dialer.Control = onlyLoopbackPlain
	}
	secure := &net.Dialer{}
	c := &Client{host: e.Host, plain: e.Inside}
	c.http = &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: nil, DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: MaxRequest,
			DialContext: dialer.DialContext,
			DialTLSContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				name := server
				if name == "" {
					name, _, _ = net.SplitHostPort(address)
				}
				d := tls.Dialer{NetDialer: secure, Config: &tls.Config{MinVersion: tls.VersionTLS12, ServerName: name, RootCAs: e.Roots}}
				return d.DialContext(ctx, network, address)
			},
		},
	}
	return c
}

// errPlain says that a message to another cluster would have gone unencrypted.
var errPlain = errors.New("plain http to another host")

// onlyLoopbackPlain looks at the address that is really dialled, after the name was resolved.
func onlyLoopbackPlain(_, address string, _ syscall.RawConn) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil || !a.Addr().Unmap().IsLoopback() {
		return errPlain
	}
	return nil
}

// Poll sends a request to a URL and reads the answer; whether it counts, Replica.Heard says. The error is a Reason. The
// caller's context bounds the time.
func (c *Client) Poll(ctx context.Context, at string, q *Request, keys *Keyring) (*Response, error) {
	if keys == nil {
		return nil, NoKeys
	}
	token, err := EncodeRequest(q, keys)
	if err != nil {
		return nil, TooLarge
	}
	resp, err := c.get(ctx, at, token)
	if err != nil {
		return nil, reasonOf(ctx, err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, MaxResponse+1))
	switch {
	case err != nil:
		return nil, reasonOf(ctx, err)
	case resp.StatusCode == http.StatusNotFound:
		return nil, BadSignature // it says no more than that to those it does not know
	case resp.StatusCode != http.StatusOK:
		return nil, Unreachable
	}
	answer, err := DecodeResponse(string(text), keys)
	if err != nil {
		return nil, reasonOf(ctx, err)
	}
	return answer, nil
}

// Serves says whether the probe path beside a peer's URL answers 200 with its token.
func (c *Client) Serves(ctx context.Context, at, token string) bool {
	probe, found := strings.CutSuffix(at, "/peer")
	if !found {
		return false
	}
	resp, err := c.get(ctx, probe, "")
	if err != nil {
		return false
	}
	defer func() { _ = resp.Body.Close() }()
	const most = 1 << 10
	text, err := io.ReadAll(io.LimitReader(resp.Body, most))
	return err == nil && resp.StatusCode == http.StatusOK && strings.TrimSpace(string(text)) == token
}

func (c *Client) get(ctx context.Context, at, signed string) (*http.Response, error) {
	u, err := url.Parse(at)
	if err != nil {
		return nil, fmt.Errorf("reading the URL of a peer: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("reading the URL of a peer: %w", err)
	}
	req.Header.Set("User-Agent", Agent)
	if signed != "" {
		req.Header.Set(Header, signed)
	}
	if c.host != "" {
		req.Host = c.host
	}
	return c.http.Do(req) //nolint:wrapcheck // reasonOf makes a word of it
}

// reasonOf makes a word of an error.
func reasonOf(ctx context.Context, err error) Reason {
	var verify *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var timeout net.Error
	switch {
	case errors.Is(err, errPlain):
		return TLS
	case ctx.Err() != nil || errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout():
		return Timeout
	case errors.As(err, &verify) || errors.As(err, &record):
		return TLS
	case errors.Is(err, ErrSignature):
		return BadSignature
	case errors.Is(err, ErrVersion):
		return BadVersion
	case errors.Is(err, ErrTooLarge):
		return TooLarge
	case errors.Is(err, ErrMalformed):
		return Malformed
	default:
		return Unreachable
	}
}
