// Package xdsclient asks istiod for configuration as a proxy does, over aggregated xDS, and reduces the answer to what a
// failover is made of: which endpoints a client gets at which priority, under which names, and what its routes repeat.
//
// It knows Envoy's types and nothing of this project's. Start reading at Client.Snapshot.
package xdsclient

import (
	"cmp"
	"context"
	"fmt"

	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpointv3 "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3" // unpacked as Any
	discoveryv3 "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/structpb"
)

const (
	typePrefix   = "type.googleapis.com/"
	clusterType  = typePrefix + "envoy.config.cluster.v3.Cluster"
	listenerType = typePrefix + "envoy.config.listener.v3.Listener"
	endpointType = typePrefix + "envoy.config.endpoint.v3.ClusterLoadAssignment"
	routeType    = typePrefix + "envoy.config.route.v3.RouteConfiguration"

	maxMessage = 64 << 20
)

// Client is a connection to istiod.
type Client struct {
	conn *grpc.ClientConn
}

// Dial connects to istiod's plain xDS address, a loopback address.
func Dial(address string) (*Client, error) {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage)))
	if err != nil {
		return nil, fmt.Errorf("dialling istiod: %w", err)
	}
	return &Client{conn: conn}, nil
}

// Close ends the connection.
func (c *Client) Close() error { return c.conn.Close() }

// Node is who asks: a sidecar, a waypoint or a gateway's proxy, in a namespace and region.
type Node struct {
	Namespace string
	Region    string // "" for a proxy without a locality
	Cluster   string // "" for Kubernetes
	Network   string // "" for none
	Waypoint  string // the name of the waypoint that asks; "" for a sidecar
	App       string // its label app; "client" if it is empty
	Gateway   bool
}

func (n Node) proto() (*corev3.Node, error) {
	labels := map[string]any{"app": cmp.Or(n.App, "client")}
	if n.Region != "" {
		labels["topology.kubernetes.io/region"] = n.Region
		labels["topology.kubernetes.io/zone"] = n.Region + "-b"
	}
	kind := "sidecar"
	switch {
	case n.Gateway:
		kind = "router"
	case n.Waypoint != "":
		kind, labels["gateway.networking.k8s.io/gateway-name"] = "waypoint", n.Waypoint
	}
	metadata, err := structpb.NewStruct(map[string]any{
		"NAMESPACE": n.Namespace, "CLUSTER_ID": cmp.Or(n.Cluster, "Kubernetes"), "NETWORK": n.Network, "ISTIO_VERSION": "1.31.0", "NAME": "client",
		"SERVICE_ACCOUNT": "client", "INSTANCE_IPS": "127.0.0.1", "MESH_ID": "cluster.local", "LABELS": labels,
	})
	if err != nil {
		return nil, fmt.Errorf("making the node: %w", err)
	}
	out := &corev3.Node{Id: kind + "~127.0.0.1~client." + n.Namespace + "~" + n.Namespace + ".svc.cluster.local", Metadata: metadata}
	if n.Region != "" {
		out.Locality = &corev3.Locality{Region: n.Region, Zone: n.Region + "-b"}
	}
	return out, nil
}

// Snapshot is all that istiod tells a proxy.
type Snapshot struct {
	Clusters  map[string]*clusterv3.Cluster
	Listeners map[string]*listenerv3.Listener
	Routes    map[string]*routev3.RouteConfiguration
	// Endpoints are those of clusters that do not hold them themselves; only Clusters asks for them.
	Endpoints map[string]*endpointv3.ClusterLoadAssignment
}

// Clusters asks for clusters, and for the endpoints of those that do not hold them themselves, on a stream of its own.
func (c *Client) Clusters(ctx context.Context, n Node) (*Snapshot, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ask, err := c.ask(ctx, n)
	if err != nil {
		return nil, err
	}
	out := &Snapshot{}
	if out.Clusters, err = collect(ask, clusterType, nil, (*clusterv3.Cluster).GetName); err != nil {
		return nil, err
	}
	var names []string
	for name, cluster := range out.Clusters {
		if cluster.GetType() == clusterv3.Cluster_EDS {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		out.Endpoints, err = collect(ask, endpointType, names, (*endpointv3.ClusterLoadAssignment).GetClusterName)
	}
	return out, err
}

func (c *Client) ask(ctx context.Context, n Node) (*asker, error) {
	node, err := n.proto()
	if err != nil {
		return nil, err
	}
	stream, err := discoveryv3.NewAggregatedDiscoveryServiceClient(c.conn).StreamAggregatedResources(ctx)
	if err != nil {
		return nil, fmt.Errorf("opening the stream: %w", err)
	}
	return &asker{stream: stream, node: node}, nil
}

// Snapshot asks for clusters, listeners and the named route configurations, on a stream of its own.
func (c *Client) Snapshot(ctx context.Context, n Node, routes ...string) (*Snapshot, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ask, err := c.ask(ctx, n)
	if err != nil {
		return nil, err
	}
	out := &Snapshot{}
	if out.Clusters, err = collect(ask, clusterType, nil, (*clusterv3.Cluster).GetName); err != nil {
		return nil, err
	}
	if out.Listeners, err = collect(ask, listenerType, nil, (*listenerv3.Listener).GetName); err != nil {
		return nil, err
	}
	if len(routes) > 0 {
		if out.Routes, err = collect(ask, routeType, routes, (*routev3.RouteConfiguration).GetName); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Endpoints are those of clusters whose endpoints come apart from them, as address:port, sorted, by priority.
func (c *Client) Endpoints(ctx context.Context, n Node, clusters ...string) (map[string][][]string, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	node, err := n.proto()
	if err != nil {
		return nil, err
	}
	stream, err := discoveryv3.NewAggregatedDiscoveryServiceClient(c.conn).StreamAggregatedResources(ctx)
	if err != nil {
		return nil, fmt.Errorf("opening the stream: %w", err)
	}
	ask := asker{stream: stream, node: node}
	found, err := collect(&ask, endpointType, clusters, (*endpointv3.ClusterLoadAssignment).GetClusterName)
	if err != nil {
		return nil, err
	}
	out := make(map[string][][]string, len(found))
	for name, e := range found {
		if out[name], err = Tiers(&clusterv3.Cluster{Name: name, LoadAssignment: e}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// asker sends requests on one stream; the node goes with the first.
type asker struct {
	stream discoveryv3.AggregatedDiscoveryService_StreamAggregatedResourcesClient
	node   *corev3.Node
}

func (a *asker) fetch(typeURL string, names []string) ([]*anypb.Any, error) {
	if err := a.stream.Send(&discoveryv3.DiscoveryRequest{Node: a.node, TypeUrl: typeURL, ResourceNames: names}); err != nil {
		return nil, fmt.Errorf("asking for %s: %w", typeURL, err)
	}
	a.node = nil
	for {
		r, err := a.stream.Recv()
		if err != nil {
			return nil, fmt.Errorf("waiting for %s: %w", typeURL, err)
		}
		ack := &discoveryv3.DiscoveryRequest{
			TypeUrl: r.GetTypeUrl(), VersionInfo: r.GetVersionInfo(), ResponseNonce: r.GetNonce(), ResourceNames: names,
		}
		if err := a.stream.Send(ack); err != nil {
			return nil, fmt.Errorf("acknowledging %s: %w", r.GetTypeUrl(), err)
		}
		if r.GetTypeUrl() == typeURL { // anything else is a push of what was asked before
			return r.GetResources(), nil
		}
	}
}

// collect asks for one type and keys the answer by name.
func collect[T any, M interface {
	*T
	proto.Message
}](a *asker, typeURL string, names []string, name func(M) string) (map[string]M, error) {
	resources, err := a.fetch(typeURL, names)
	if err != nil {
		return nil, err
	}
	out := make(map[string]M, len(resources))
	for _, r := range resources {
		m := M(new(T))
		if err := r.UnmarshalTo(m); err != nil {
			return nil, fmt.Errorf("unpacking %s: %w", typeURL, err)
		}
		out[name(m)] = m
	}
	return out, nil
}
