package bench

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
)

// streamLength is how many messages a healthy server stream has.
const streamLength = 3

// caller sends one request in some protocol and says which endpoint answered it.
type caller interface {
	call(ctx context.Context, id string, c *Call) (region string, err error)
}

func newCaller(s *Scenario) (caller, error) {
	authority := s.Host
	if s.Port != 80 {
		authority = net.JoinHostPort(s.Host, strconv.Itoa(s.Port))
	}
	if s.Direct {
		return newDirectCaller(s)
	}
	switch s.Driver {
	case DriverHTTP, DriverHTTP2:
		return newHTTPCaller(s, authority), nil
	case DriverSDK:
		return newSDKCaller(s, authority), nil
	case DriverGRPC:
		conn, err := grpc.NewClient("passthrough:///"+authority, grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return dial(ctx, s) }))
		if err != nil {
			return nil, fmt.Errorf("making the gRPC client: %w", err)
		}
		return &grpcCaller{conn: conn}, nil
	case DriverTCP, DriverTLS:
		return &lineCaller{s: s}, nil
	default:
		return nil, fmt.Errorf("no driver %q", s.Driver)
	}
}

// dial opens a connection to the gateway, or as the application would, with the sidecar in the way: the PROXY protocol tells Envoy which
// address the application dialled, as iptables would.
func dial(ctx context.Context, s *Scenario) (net.Conn, error) {
	var d net.Dialer
	if s.Node.Gateway {
		return d.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(GatewayPort)))
	}
	c, err := d.DialContext(ctx, "tcp", entryAddress)
	if err != nil {
		return nil, fmt.Errorf("dialling the sidecar: %w", err)
	}
	_, port, _ := net.SplitHostPort(c.LocalAddr().String())
	if _, err := fmt.Fprintf(c, "PROXY TCP4 127.0.0.1 %s %s %d\r\n", s.VIP, port, s.Port); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

type httpCaller struct {
	client    *http.Client
	scheme    string
	authority string
}

func newHTTPCaller(s *Scenario, authority string) *httpCaller {
	protocols := &http.Protocols{}
	protocols.SetHTTP1(s.Driver == DriverHTTP)
	protocols.SetUnencryptedHTTP2(s.Driver == DriverHTTP2)
	return &httpCaller{scheme: "http", authority: authority, client: &http.Client{Transport: &http.Transport{
		Protocols: protocols, MaxIdleConnsPerHost: 512, DisableCompression: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx, s) },
	}}}
}

func (h *httpCaller) call(ctx context.Context, id string, c *Call) (string, error) {
	var body io.Reader
	if c.Method != http.MethodGet && c.Method != http.MethodHead {
		body = strings.NewReader(`{"bench":true}`)
	}
	req, err := http.NewRequestWithContext(ctx, c.Method, h.scheme+"://"+h.authority+c.Path, body)
	if err != nil {
		return "", err
	}
	req.GetBody = nil // the transport must not repeat anything by itself
	for k, v := range c.Headers {
		req.Header.Set(k, v)
	}
	req.Header.Set(idHeader, id)
	resp, err := h.client.Do(req)
	if err != nil {
		return "", err
	}
	msg, err := io.ReadAll(resp.Body)
	err = errors.Join(err, resp.Body.Close())
	if err == nil && resp.StatusCode >= http.StatusBadRequest {
		err = fmt.Errorf("status %d: %.80s", resp.StatusCode, msg)
	}
	return resp.Header.Get(regionHeader), err
}

// grpcCaller sends the health service's messages to whatever method the call names.
type grpcCaller struct{ conn *grpc.ClientConn }

func (g *grpcCaller) call(ctx context.Context, id string, c *Call) (string, error) {
	ctx = metadata.AppendToOutgoingContext(ctx, strings.ToLower(idHeader), id)
	if !c.Stream {
		var header metadata.MD
		err := g.conn.Invoke(ctx, c.Path, &healthv1.HealthCheckRequest{}, &healthv1.HealthCheckResponse{}, grpc.Header(&header))
		return first(header), err
	}
	ctx = metadata.AppendToOutgoingContext(ctx, strings.ToLower(streamHeader), "1")
	stream, err := g.conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, c.Path)
	if err != nil {
		return "", err
	}
	if err := errors.Join(stream.SendMsg(&healthv1.HealthCheckRequest{}), stream.CloseSend()); err != nil {
		return "", err
	}
	header, err := stream.Header()
	if err != nil {
		return "", err
	}
	for n := 0; ; n++ {
		err := stream.RecvMsg(&healthv1.HealthCheckResponse{})
		switch {
		case errors.Is(err, io.EOF) && n == streamLength:
			return first(header), nil
		case errors.Is(err, io.EOF):
			return first(header), fmt.Errorf("stream ended after %d messages", n)
		case err != nil:
			return first(header), err
		}
	}
}

func first(header metadata.MD) string {
	if v := header.Get(strings.ToLower(regionHeader)); len(v) > 0 {
		return v[0]
	}
	return ""
}

// lineCaller opens a new connection for each request.
type lineCaller struct{ s *Scenario }

func (l *lineCaller) call(ctx context.Context, id string, _ *Call) (string, error) {
	conn, err := dial(ctx, l.s)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	} else {
		_ = conn.SetDeadline(time.Now().Add(clientPatience))
	}
	if l.s.Driver == DriverTLS {
		conn = tls.Client(conn, &tls.Config{ServerName: l.s.Host, RootCAs: l.s.World.Pool(), MinVersion: tls.VersionTLS12})
	}
	if _, err := fmt.Fprintln(conn, id); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return "", err
	}
	region, got, _ := strings.Cut(strings.TrimSpace(line), " ")
	if got != id {
		return region, fmt.Errorf("another answer: %q", line)
	}
	return region, nil
}
