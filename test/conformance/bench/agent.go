package bench

import (
	"net"

	secretv3 "github.com/envoyproxy/go-control-plane/envoy/service/secret/v3"
	"google.golang.org/grpc"

	"github.com/spillway-mesh/spillway/test/conformance/pki"
)

// ServeIdentity stands in for Istio's agent beside one proxy, on any listener: it serves the mesh identity, the
// certificate that lies in files, and the mesh's root.
func ServeIdentity(l net.Listener, identity, files *pki.Pair, meshRoot []byte) {
	srv := grpc.NewServer()
	secretv3.RegisterSecretDiscoveryServiceServer(srv, &secrets{identity: *identity, client: *files, meshRoot: meshRoot})
	go func() { _ = srv.Serve(l) }()
}
