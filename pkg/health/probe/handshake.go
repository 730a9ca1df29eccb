package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
)

// Handshake shakes hands over TLS and closes the connection again: of a protocol that is not known no more can be asked.
type Handshake struct {
	Address string // HOST:PORT
	Names   Names
}

// Names are what a server is called over TLS, and whom to trust.
type Names struct {
	ServerName string // sent as SNI
	// Accepted are names of which the certificate must hold one; default ServerName.
	Accepted []string
	Roots    *x509.CertPool // nil: the system's
}

var _ Prober = (*Handshake)(nil)

// Probe shakes hands once.
func (h *Handshake) Probe(ctx context.Context) Outcome {
	d := tls.Dialer{Config: h.Names.config()}
	c, err := d.DialContext(ctx, "tcp", h.Address)
	if err != nil {
		return failure(ctx, err)
	}
	_ = c.Close() // the names were right, which is all that was asked
	return pass("connected")
}

// config has the certificate checked for any of the accepted names, which Go's own check cannot do.
func (n *Names) config() *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: serverName(n.ServerName), RootCAs: n.Roots}
	if len(n.Accepted) == 0 {
		return c
	}
	c.InsecureSkipVerify = true // what follows verifies, with more names than one
	c.VerifyConnection = func(s tls.ConnectionState) error {
		options := x509.VerifyOptions{Roots: n.Roots, Intermediates: x509.NewCertPool()}
		for _, between := range s.PeerCertificates[1:] {
			options.Intermediates.AddCert(between)
		}
		own := s.PeerCertificates[0]
		if _, err := own.Verify(options); err != nil {
			return fmt.Errorf("verifying the certificate: %w", err)
		}
		var err error
		for _, name := range n.Accepted {
			if err = own.VerifyHostname(hostOnly(name)); err == nil {
				return nil
			}
		}
		return fmt.Errorf("verifying the names of the certificate: %w", err)
	}
	return c
}

// hostOnly has an address in the form in which it is compared with those of a certificate.
func hostOnly(name string) string {
	if ip := net.ParseIP(name); ip != nil {
		return ip.String()
	}
	return name
}
