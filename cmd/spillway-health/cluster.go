package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"

	"k8s.io/client-go/rest"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/health/kube"
	"github.com/spillway-mesh/spillway/pkg/health/server"
	"github.com/spillway-mesh/spillway/pkg/validate"
)

// cluster is the source of a server that runs in Kubernetes: it watches the object that the flag names.
type cluster struct {
	watcher *kube.Watcher
	sink    server.Sink
	log     *slog.Logger
	listed  bool // the replicas are the endpoints of a Service
}

var (
	_ server.Source = (*cluster)(nil)
	_ server.Teller = (*cluster)(nil)
)

// errUsage says that a flag cannot be used as it is.
var errUsage = errors.New("wrong flag")

func newCluster(f *flags, log *slog.Logger) (*cluster, error) {
	namespace, name, found := strings.Cut(f.health, "/")
	if !found || namespace == "" || name == "" || strings.Contains(name, "/") {
		return nil, fmt.Errorf("%w: --health wants NAMESPACE/NAME, not %q", errUsage, f.health)
	}
	_, text, err := net.SplitHostPort(f.options.InternalListen)
	if err != nil {
		return nil, fmt.Errorf("%w: --internal-listen wants HOST:PORT, not %q", errUsage, f.options.InternalListen)
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return nil, fmt.Errorf("%w: --internal-listen wants a number as port, not %q", errUsage, text)
	}
	config, err := reach()
	if err != nil {
		return nil, err
	}
	c := &cluster{log: log, listed: f.service != ""}
	c.watcher, err = kube.New(kube.Options{
		Config: config, Namespace: namespace, Name: name, Service: f.service, PodIP: os.Getenv("POD_IP"), InternalPort: port,
		GatewaySelector: f.gateway,
	}, kube.Events{
		Health:   c.health,
		Keys:     func(data map[string][]byte) { c.sink.Keys(data) },
		Siblings: func(urls []string) { c.sink.Siblings(urls) },
		Gateways: func(ready, desired int, addresses []string) { c.sink.Gateways(ready, desired, addresses) },
		Services: func(found []kube.Service) { c.sink.Services(discovered(found)) },
	}, log)
	return c, err //nolint:wrapcheck // says what it was reading
}

// health passes on an object that is valid; after one that is not, the last one stays. The API server has checked what its
// schema can say, and no more.
func (c *cluster) health(x *v1alpha1.ClusterHealth) {
	for _, d := range validate.ClusterHealth(x) {
		if d.Severity == diag.Error {
			c.log.Error("the ClusterHealth is not valid, the last one stays", "path", d.Path, "problem", d.Message, "hint", d.Hint)
			return
		}
	}
	c.sink.Health(x)
}

// Event tells people of what happened.
func (c *cluster) Event(ctx context.Context, reason, note string, warning bool) error {
	return c.watcher.Event(ctx, reason, note, warning) //nolint:wrapcheck // says what it was writing
}

// reach finds the API server: that of the file in KUBECONFIG, else of the cluster that the process runs in.
func reach() (*rest.Config, error) {
	if path := os.Getenv("KUBECONFIG"); path != "" {
		return kube.FromKubeconfig(path) //nolint:wrapcheck // says what it was reading
	}
	return kube.InCluster() //nolint:wrapcheck // the same
}

// discovered takes the first port of each service.
func discovered(found []kube.Service) []server.Discovered {
	out := make([]server.Discovered, 0, len(found))
	for _, s := range found {
		d := server.Discovered{Namespace: s.Namespace, Name: s.Name, Annotations: s.Annotations}
		if len(s.Ports) > 0 {
			d.Port = s.Ports[0].Port
		}
		out = append(out, d)
	}
	return out
}

// Run watches until the context ends.
func (c *cluster) Run(ctx context.Context, sink server.Sink) error {
	c.sink = sink
	return c.watcher.Run(ctx) //nolint:wrapcheck // says what it was doing
}

// Keep writes the status.
func (c *cluster) Keep(ctx context.Context, next func(v1alpha1.ClusterHealthStatus) (v1alpha1.ClusterHealthStatus, bool)) error {
	return c.watcher.WriteStatus(ctx, next) //nolint:wrapcheck // says what it was writing
}

// Surroundings are what the watcher knows.
func (c *cluster) Surroundings() server.Surroundings {
	return server.Surroundings{Lister: c.watcher, Failover: c.watcher.Failover, ListsSiblings: c.listed}
}
