package probe

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// GRPCSpec says which server's health is asked for.
type GRPCSpec struct {
	Address string // HOST:PORT
	Service string // empty: the server as a whole
	TLS     bool
	Host    string         // authority and, without its port, TLS server name; default the address's host
	Roots   *x509.CertPool // nil: the system's
}

// GRPC asks grpc.health.v1.Health/Check. The two small messages are written and read by hand over net/http: the gRPC
// library would be most of the binary.
type GRPC struct {
	client *http.Client
	url    string
	body   []byte
}

var _ Prober = (*GRPC)(nil)

// Field 1 of both messages of the health protocol: a string in the request, an enumeration in the response.
const (
	serviceField = 1<<3 | 2
	statusField  = 1 << 3
	serving      = 1
	frameHeader  = 5 // a flag and a length before each message
	longestName  = 127
)

// NewGRPC makes a prober.
func NewGRPC(spec GRPCSpec) (*GRPC, error) {
	host, _, err := net.SplitHostPort(spec.Address)
	if err != nil {
		return nil, fmt.Errorf("reading the address of a check: %w", err)
	}
	if len(spec.Service) > longestName {
		return nil, errors.New("reading a check: the name of the service is too long")
	}
	if spec.Host == "" {
		spec.Host = host
	}
	protocols := &http.Protocols{}
	protocols.SetHTTP2(spec.TLS)
	protocols.SetUnencryptedHTTP2(!spec.TLS)
	var message []byte
	if spec.Service != "" {
		message = append([]byte{serviceField, byte(len(spec.Service))}, spec.Service...)
	}
	body := binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))) //nolint:gosec // at most longestName and two bytes
	at := url.URL{Scheme: "http", Host: bracketed(spec.Host), Path: "/grpc.health.v1.Health/Check"}
	if spec.TLS {
		at.Scheme = "https"
	}
	return &GRPC{
		url: at.String(), body: append(body, message...),
		client: &http.Client{Transport: &http.Transport{
			Protocols: protocols, MaxConnsPerHost: 1, IdleConnTimeout: idle, MaxResponseHeaderBytes: mostBody,
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, ServerName: serverName(spec.Host), RootCAs: spec.Roots},
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				var d net.Dialer
				return d.DialContext(ctx, network, spec.Address)
			},
		}},
	}, nil
}

// Probe asks once.
func (p *GRPC) Probe(ctx context.Context) Outcome {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(p.body))
	if err != nil {
		return unknown("the address is not valid")
	}
	req.Header.Set("Content-Type", "application/grpc")
	req.Header.Set("TE", "trailers")
	resp, err := p.client.Do(req)
	if err != nil {
		return failure(ctx, err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, mostBody))
	if err != nil {
		return failure(ctx, err)
	}
	status := resp.Trailer.Get("Grpc-Status")
	if status == "" {
		status = resp.Header.Get("Grpc-Status") // an answer without a message
	}
	switch {
	case resp.StatusCode != http.StatusOK || status == "":
		return fail(fmt.Sprintf("no gRPC server (status %d)", resp.StatusCode))
	case status == "12":
		return fail("the health service is not implemented")
	case status == "5":
		return fail("the service is not known")
	case status != "0":
		return fail("gRPC status " + status)
	}
	return answer(text)
}

// answer reads the response: one frame with one field; no field at all is the enumeration's zero, unknown.
func answer(text []byte) Outcome {
	if len(text) < frameHeader || text[0] != 0 || int(binary.BigEndian.Uint32(text[1:])) != len(text)-frameHeader {
		return fail("the answer is not the health service's")
	}
	message := text[frameHeader:]
	if len(message) == 2 && message[0] == statusField && message[1] == serving {
		return pass("serving")
	}
	return fail("not serving")
}

// bracketed is a host as a URL has it: an IPv6 address stands in brackets.
func bracketed(host string) string {
	if strings.Count(host, ":") > 1 && !strings.HasPrefix(host, "[") {
		return "[" + host + "]"
	}
	return host
}

// serverName is the name that a certificate must hold: the host without brackets and port.
func serverName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}

// Close lets go of idle connections.
func (p *GRPC) Close() { p.client.CloseIdleConnections() }
