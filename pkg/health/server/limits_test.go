package server

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"
)

// Where there is no more room a connection is closed at once, and its place is free again when another goes.
func TestLimited(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	one := &limited{Listener: l, room: make(chan struct{}, 1)}
	accepted := make(chan net.Conn)
	go func() {
		defer close(accepted)
		for {
			c, err := one.Accept()
			if err != nil {
				return
			}
			accepted <- c
		}
	}()
	dial := func() net.Conn {
		c, err := new(net.Dialer).DialContext(t.Context(), "tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	first := dial()
	held := <-accepted
	second := dial()
	if err := second.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := second.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal("a second connection is kept")
	}
	_ = held.Close()
	third := dial()
	last := <-accepted
	_ = held.Close() // gave its place back already; this one is the third's
	if len(one.room) != 1 {
		t.Error("a place is given back twice")
	}
	_ = last.Close()
	if len(one.room) != 0 {
		t.Errorf("%d places are taken", len(one.room))
	}
	for _, c := range []net.Conn{first, second, third} {
		_ = c.Close()
	}
	_ = l.Close()
	<-accepted
}
