// Package probe asks the things that a cluster's health depends on, in rounds.
//
// A Prober asks one thing once. A Runner asks all of them, again and again, and publishes what it found as a
// health.Snapshot that anyone may read without waiting. Nothing here decides anything: what a failure is worth is
// pkg/health's business, and what is not known is Unknown, never a failure. It imports health and what each prober needs
// to speak; each prober is a file. Start reading at Prober, then at Runner.
package probe

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"

	"github.com/spillway-mesh/spillway/pkg/health"
)

// Prober asks one thing. It returns when the context ends at the latest, and may be used again, but not twice at once.
type Prober interface {
	Probe(ctx context.Context) Outcome
}

// Outcome is what one question found out.
type Outcome struct {
	Result health.Result
	// Reason is short and stable, without anything secret: it goes into status, logs and metrics.
	Reason string
	// Gone says that what is asked for does not exist any more.
	Gone bool
}

func pass(reason string) Outcome    { return Outcome{Result: health.Pass, Reason: reason} }
func fail(reason string) Outcome    { return Outcome{Result: health.Fail, Reason: reason} }
func unknown(reason string) Outcome { return Outcome{Result: health.Unknown, Reason: reason} }

// failure says in a few words why a connection or a request came to nothing. A question that was called off says nothing
// of what it asked.
func failure(ctx context.Context, err error) Outcome {
	var dns *net.DNSError
	var op *net.OpError
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return unknown("called off")
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || isTimeout(err):
		return fail("timeout")
	case errors.As(err, &dns):
		return fail("name not found")
	case isCertificate(err):
		return fail("certificate not trusted")
	case errors.Is(err, syscall.ECONNREFUSED):
		return fail("connection refused")
	case errors.Is(err, syscall.ECONNRESET):
		return fail("connection reset")
	case errors.As(err, &op) && op.Op == "dial": // no route, or a network that is not there
		return fail("not reachable")
	default:
		return fail("no answer")
	}
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}
