package bench

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"time"
)

const (
	idHeader     = "X-Bench-Id"
	regionHeader = "X-Bench-Region"
	streamHeader = "X-Bench-Stream"
	slowness     = 2 * time.Second
)

// grpcMessage is a frame with the message HealthCheckResponse{status: SERVING}.
const grpcMessage = "\x00\x00\x00\x00\x02\x08\x01"

// serveHTTP answers HTTP/1.1, HTTP/2 and gRPC, with or without TLS.
func (r *region) serveHTTP() func(net.Listener) {
	protocols := &http.Protocols{}
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	srv := &http.Server{
		Handler:           http.HandlerFunc(r.handle),
		Protocols:         protocols,
		ErrorLog:          log.New(io.Discard, "", 0), // broken handshakes are the point
		ReadHeaderTimeout: time.Minute,
		ConnContext:       func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, connKey{}, c) },
	}
	if r.ep.TLS {
		srv.TLSConfig = r.tlsConfig()
		return func(l net.Listener) { _ = srv.ServeTLS(l, "", "") }
	}
	return func(l net.Listener) { _ = srv.Serve(l) }
}

func (r *region) handle(w http.ResponseWriter, req *http.Request) {
	grpc := strings.HasPrefix(req.Header.Get("Content-Type"), "application/grpc")
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	id := req.Header.Get(idHeader)
	mode, changed := r.state()
	misdirected := r.ep.HostHeader != "" && stripPort(req.Host) != r.ep.HostHeader
	if id != "" { // health checks have none, and carry one Host for all regions
		r.ledger.reached(id, r.ep.Name)
		if misdirected {
			r.ledger.wrongHost(r.ep.Name, req.Host)
		}
	}
	r.obstruct(req, mode, changed)
	if misdirected && mode != Error503 && mode != Error500 {
		http.Error(w, "this region does not serve "+req.Host, http.StatusMisdirectedRequest)
		return
	}
	w.Header().Set(regionHeader, r.ep.Name)
	if grpc {
		r.answerGRPC(w, req, mode)
		return
	}
	switch {
	case mode == Error500 && r.ep.Signed != nil:
		answerDynamo(w, http.StatusInternalServerError, "com.amazonaws.dynamodb.v20120810#InternalServerError", "broken")
		return
	case mode == Error503:
		w.WriteHeader(http.StatusServiceUnavailable)
	case mode == Error500:
		w.WriteHeader(http.StatusInternalServerError)
	case r.ep.Signed != nil:
		r.forward(w, req, body, mode)
		return
	}
	_, _ = io.WriteString(w, "ok\n")
}

// obstruct breaks the request as the failure demands; it returns if the request is to be answered.
func (r *region) obstruct(req *http.Request, mode Kind, changed <-chan struct{}) {
	switch mode {
	case Hang:
		select {
		case <-changed:
		case <-req.Context().Done():
		}
		panic(http.ErrAbortHandler)
	case Reset:
		if c := connOf(req); c != nil {
			c.reset()
		}
		panic(http.ErrAbortHandler)
	case Slow:
		time.Sleep(slowness)
	}
}

// answerGRPC answers a unary call with one message and a stream with three. Errors come as a status without a message,
// in the headers, as servers send them.
func (r *region) answerGRPC(w http.ResponseWriter, req *http.Request, mode Kind) {
	h := w.Header()
	h.Set("Content-Type", "application/grpc")
	switch mode {
	case Error503:
		h.Set("Grpc-Status", "14")
		return
	case Error500:
		h.Set("Grpc-Status", "13")
		return
	}
	h.Set("Trailer", "Grpc-Status")
	n := 1
	if req.Header.Get(streamHeader) != "" {
		n = streamLength
	}
	for i := range n {
		if i > 0 {
			time.Sleep(30 * time.Millisecond)
		}
		_, _ = io.WriteString(w, grpcMessage)
		_ = http.NewResponseController(w).Flush()
	}
	h.Set("Grpc-Status", "0")
}

// serveLines answers each line with the region's name, with or without TLS.
func (r *region) serveLines(l net.Listener) {
	if r.ep.TLS {
		l = tls.NewListener(l, r.tlsConfig())
	}
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go r.lines(c)
	}
}

func (r *region) lines(c net.Conn) {
	defer func() { _ = c.Close() }()
	sc := bufio.NewScanner(c)
	for sc.Scan() {
		id := sc.Text()
		mode, changed := r.state()
		r.ledger.reached(id, r.ep.Name)
		switch mode {
		case Hang:
			<-changed
			return
		case Reset:
			gate(c).reset()
			return
		case Slow:
			time.Sleep(slowness)
		}
		if _, err := fmt.Fprintf(c, "%s %s\n", r.ep.Name, id); err != nil {
			return
		}
	}
}

func stripPort(hostport string) string {
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		return h
	}
	return hostport
}
