package bench

import (
	"crypto/tls"
	"io"
	"net"

	"golang.org/x/net/http2"
)

// goAwayEvery is how often a refusing server closes the whole connection instead of one stream.
const goAwayEvery = 4

// refuseStreams is an HTTP/2 server under too much load: it takes connections and refuses every stream, unseen by the
// application, one by one or, by GOAWAY, all that a connection still carries.
func (r *region) refuseStreams(g *gateConn) {
	defer func() { _ = g.Close() }()
	var conn net.Conn = g
	if r.ep.TLS {
		conn = tls.Server(conn, r.tlsConfig())
	}
	if _, err := io.ReadFull(conn, make([]byte, len(http2.ClientPreface))); err != nil {
		return
	}
	framer := http2.NewFramer(conn, conn)
	if framer.WriteSettings() != nil {
		return
	}
	for streams := 0; ; {
		frame, err := framer.ReadFrame()
		if err != nil {
			return
		}
		if _, ok := frame.(*http2.HeadersFrame); ok {
			streams++
		}
		if streams == goAwayEvery {
			_ = framer.WriteGoAway(0, http2.ErrCodeNo, nil)
			return
		}
		if refuse(framer, frame) != nil {
			return
		}
	}
}

// refuse answers a frame: a new stream by a reset that says nothing was done.
func refuse(framer *http2.Framer, frame http2.Frame) error {
	switch f := frame.(type) {
	case *http2.SettingsFrame:
		if !f.IsAck() {
			return framer.WriteSettingsAck()
		}
	case *http2.PingFrame:
		if !f.IsAck() {
			return framer.WritePing(true, f.Data)
		}
	case *http2.HeadersFrame:
		return framer.WriteRSTStream(f.StreamID, http2.ErrCodeRefusedStream)
	}
	return nil
}
