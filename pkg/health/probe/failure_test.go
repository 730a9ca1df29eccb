package probe

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"syscall"
	"testing"

	"github.com/spillway-mesh/spillway/pkg/health"
)

// resets is a server that drops every connection without a word, as a middlebox does.
func resets(t *testing.T) string {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 1))
			_ = c.(*net.TCPConn).SetLinger(0)
			_ = c.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return l.Addr().String()
}

func TestFailureOnLoopback(t *testing.T) {
	t.Parallel()
	h, err := NewHTTP(HTTPSpec{URL: "http://" + resets(t)})
	if err != nil {
		t.Fatal(err)
	}
	want(t, probe(t, h), health.Fail, "connection reset")
	want(t, probe(t, &TCP{Address: refused(t)}), health.Fail, "connection refused")
	want(t, probe(t, &TCP{Address: "255.255.255.255:80"}), health.Fail, "not reachable") // a broadcast address takes no connections
}

// What an operating system says is told by its number, not by its words.
func TestFailureByNumber(t *testing.T) {
	t.Parallel()
	for number, reason := range map[syscall.Errno]string{
		syscall.ECONNREFUSED: "connection refused", syscall.ECONNRESET: "connection reset", syscall.EHOSTUNREACH: "not reachable",
		syscall.ENETUNREACH: "not reachable", syscall.ETIMEDOUT: "timeout",
	} {
		err := fmt.Errorf("asking: %w", &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", number)})
		want(t, failure(t.Context(), err), health.Fail, reason)
	}
	for _, words := range []string{"connection reset by peer", "connection refused"} {
		want(t, failure(t.Context(), fmt.Errorf("%s: %w", words, http.ErrBodyNotAllowed)), health.Fail, "no answer")
	}
}
