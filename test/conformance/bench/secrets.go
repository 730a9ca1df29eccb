package bench

import (
	"fmt"
	"net"
	"slices"
	"strings"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	tlsv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	discoveryv3 "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	secretv3 "github.com/envoyproxy/go-control-plane/envoy/service/secret/v3"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/spillway-mesh/spillway/test/conformance/pki"
)

const (
	sdsPort    = 15012 // of the client; each pod of a gateway has one podStep further
	secretType = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret"
)

// secrets stands in for Istio's agent beside the proxy: it serves the mesh identity and the files of the container.
type secrets struct {
	secretv3.UnimplementedSecretDiscoveryServiceServer
	identity pki.Pair
	meshRoot []byte
	client   pki.Pair
	world    []byte
}

func startSecrets(address string, s *secrets) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("opening the SDS port: %w", err)
	}
	srv := grpc.NewServer()
	secretv3.RegisterSecretDiscoveryServiceServer(srv, s)
	go func() { _ = srv.Serve(l) }()
	return nil
}

// StreamSecrets answers each new list of names once.
func (s *secrets) StreamSecrets(stream secretv3.SecretDiscoveryService_StreamSecretsServer) error {
	var last []string
	for n := 1; ; n++ {
		req, err := stream.Recv()
		if err != nil {
			return err
		}
		if req.GetErrorDetail() != nil || slices.Equal(last, req.GetResourceNames()) {
			continue
		}
		last = req.GetResourceNames()
		resp := &discoveryv3.DiscoveryResponse{VersionInfo: fmt.Sprint(n), Nonce: fmt.Sprint(n), TypeUrl: secretType}
		for _, name := range last {
			res, err := anypb.New(s.secret(name))
			if err != nil {
				return fmt.Errorf("encoding secret %s: %w", name, err)
			}
			resp.Resources = append(resp.Resources, res)
		}
		if err := stream.Send(resp); err != nil {
			return err
		}
	}
}

func (s *secrets) secret(name string) *tlsv3.Secret {
	switch {
	case name == "default":
		return certificate(name, s.identity)
	case name == "ROOTCA":
		return authority(name, s.meshRoot)
	case strings.HasPrefix(name, "file-cert:"):
		return certificate(name, s.client)
	default: // file-root:PATH, file-root:system
		return authority(name, s.world)
	}
}

func certificate(name string, p pki.Pair) *tlsv3.Secret {
	return &tlsv3.Secret{Name: name, Type: &tlsv3.Secret_TlsCertificate{TlsCertificate: &tlsv3.TlsCertificate{
		CertificateChain: inline(p.Cert), PrivateKey: inline(p.Key),
	}}}
}

func authority(name string, pem []byte) *tlsv3.Secret {
	return &tlsv3.Secret{Name: name, Type: &tlsv3.Secret_ValidationContext{
		ValidationContext: &tlsv3.CertificateValidationContext{TrustedCa: inline(pem)},
	}}
}

func inline(b []byte) *corev3.DataSource {
	return &corev3.DataSource{Specifier: &corev3.DataSource_InlineBytes{InlineBytes: b}}
}
