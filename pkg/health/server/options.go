// Package server runs the health of a cluster: it learns what the cluster goes by, has the checks asked, decides, and answers
// load balancers, peers and people.
//
// The engine (engine.go) owns all that changes, under one lock, and publishes what the probe path answers; the ports
// (public.go, internal.go) read that and never wait. Where the configuration comes from is a Source. It imports the API, the
// packages of health below it, and Prometheus. Start reading at Run.
package server

import (
	"context"
	"log/slog"
	"time"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/health/probe"
)

// Options of a health server.
type Options struct {
	Listen         string        // of the port that gateways reach; default :8080
	InternalListen string        // of the port for people, metrics and siblings; default :9090
	Path           string        // of the probe while nothing is configured
	Siblings       []string      // internal URLs of the other replicas, where the source does not list them
	CacheDir       string        // where the last configuration is kept; empty: nowhere
	Linger         time.Duration // how long the probe path goes on answering after the end was asked for
	Replica        string        // name of this replica
	GatewayMetrics string        // port, path and query of the gateways' metrics; default DefaultGatewayMetrics
	Source         Source
	Log            *slog.Logger
	// Ready is called once with the addresses that are listened to; may be nil.
	Ready func(public, internal string)
}

// Source delivers what the cluster goes by.
type Source interface {
	// Run delivers until the context ends; an error ends the server.
	Run(ctx context.Context, sink Sink) error
	// Keep writes the status, if the function, given the present one, has anything to change.
	Keep(ctx context.Context, next func(v1alpha1.ClusterHealthStatus) (v1alpha1.ClusterHealthStatus, bool)) error
	// Surroundings are what checks look at besides the network.
	Surroundings() Surroundings
}

// Sink takes what a source delivers; each value replaces the one before.
type Sink interface {
	Health(x *v1alpha1.ClusterHealth)
	Keys(data map[string][]byte)
	Siblings(urls []string)
	Gateways(ready, desired int, addresses []string)
	Services(found []Discovered)
}

// Surroundings of the checks.
type Surroundings struct {
	Lister   probe.Lister
	Failover func(namespace, name string) (*v1alpha1.ExternalFailover, bool)
	// ListsSiblings says that the source tells where the other replicas are. Until it has, or an earlier process knew, they are
	// not known, and this replica does not take its cluster out alone.
	ListsSiblings bool
}
