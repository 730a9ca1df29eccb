package probe

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"
)

// Certificate looks at how long the certificate that a server shows is still valid. Whether it is trusted is not asked.
type Certificate struct {
	Address    string // HOST:PORT
	ServerName string // default the address's host
	MinValid   time.Duration
	Now        func() time.Time
}

var _ Prober = (*Certificate)(nil)

// Probe shakes hands once.
func (c *Certificate) Probe(ctx context.Context) Outcome {
	name := c.ServerName
	if name == "" {
		name, _, _ = net.SplitHostPort(c.Address)
	}
	var earliest time.Time
	d := tls.Dialer{Config: &tls.Config{
		MinVersion: tls.VersionTLS12, ServerName: name,
		InsecureSkipVerify: true, //nolint:gosec // an expired or foreign certificate is what is looked for; nothing is sent
		VerifyConnection: func(s tls.ConnectionState) error {
			for i, cert := range s.PeerCertificates {
				if i == 0 || cert.NotAfter.Before(earliest) {
					earliest = cert.NotAfter
				}
			}
			return nil
		},
	}}
	conn, err := d.DialContext(ctx, "tcp", c.Address)
	if err != nil {
		return failure(ctx, err)
	}
	_ = conn.Close()
	left := earliest.Sub(c.Now())
	const day = 24 * time.Hour
	switch {
	case left <= 0:
		return fail("expired")
	case left < c.MinValid:
		return fail(fmt.Sprintf("expires in %d days", int(left/day)))
	default:
		return pass("valid")
	}
}
