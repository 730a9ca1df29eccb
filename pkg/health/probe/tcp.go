package probe

import (
	"context"
	"net"
)

// TCP opens a connection and closes it again.
type TCP struct {
	Address string // HOST:PORT
}

var _ Prober = (*TCP)(nil)

// Probe dials once.
func (t *TCP) Probe(ctx context.Context) Outcome {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", t.Address)
	if err != nil {
		return failure(ctx, err)
	}
	_ = c.Close() // it was open, which is all that was asked
	return pass("connected")
}
