package probing

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptrace"
	"time"
)

// Request is one question to a probe path.
type Request struct {
	URL   string
	Host  string // sent as Host; empty: that of the URL
	Agent string
	Now   func() time.Time
}

// patience is longer than that of any checker.
const patience = 11 * time.Second

// Ask asks as checkers do: on a new connection, no redirect followed, no certificate insisted on.
func Ask(ctx context.Context, q Request) *Answer {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	a := &Answer{}
	begun := q.Now()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn:              func(httptrace.GotConnInfo) { a.Connect = q.Now().Sub(begun) },
		GotFirstResponseByte: func() { a.Took = q.Now().Sub(begun) },
	})
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, q.URL, nil)
	if err != nil {
		return &Answer{Err: err}
	}
	r.Header.Set("User-Agent", q.Agent)
	r.Host = q.Host
	client := &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: nil, DisableKeepAlives: true,
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true, VerifyConnection: func(s tls.ConnectionState) error { //nolint:gosec // as checkers do; told below
				a.TLS = true
				a.BadCert = verify(s)
				return nil
			}},
		},
	}
	answer, err := client.Do(r)
	if err != nil {
		a.Err = err
		return a
	}
	defer func() { _ = answer.Body.Close() }()
	const most = 5120 // as Route 53 reads
	text, _ := io.ReadAll(io.LimitReader(answer.Body, most))
	a.Status, a.Body = answer.StatusCode, string(text)
	return a
}

// verify checks the certificate as a browser would.
func verify(s tls.ConnectionState) error {
	pool := x509.NewCertPool()
	for _, c := range s.PeerCertificates[1:] {
		pool.AddCert(c)
	}
	_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{DNSName: s.ServerName, Intermediates: pool})
	return err //nolint:wrapcheck // says what is wrong with the certificate
}
