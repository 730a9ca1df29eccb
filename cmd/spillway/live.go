package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/spillway-mesh/spillway/cmd/spillway/internal/change"
	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/live"
	"github.com/spillway-mesh/spillway/pkg/plan"
)

// liveOptions are the flags of every command that asks clusters.
type liveOptions struct {
	options live.Options
	cluster string
	port    int
}

// internalPort is where the generated health server answers people.
const internalPort = 9190

func (o *liveOptions) bind(c *cobra.Command, several bool) {
	f := c.Flags()
	f.StringVar(&o.options.Kubeconfig, "kubeconfig", "", "`file` with the contexts (default as kubectl finds it)")
	f.StringVarP(&o.options.Namespace, "namespace", "n", "", "`namespace` of the fleet (default that of each context)")
	f.StringSliceVar(&o.options.Contexts, "contexts", nil, "kubeconfig `contexts`, one for each cluster (default the current one)")
	f.StringSliceVar(&o.options.Contexts, "context", nil, "the same, for a single one")
	f.DurationVar(&o.options.Timeout, "request-timeout", 10*time.Second, "how long each API server may take")
	f.IntVar(&o.port, "internal-port", internalPort, "port of the health server's Service for people")
	if !several {
		f.StringVar(&o.cluster, "cluster", "", "`name` of the cluster (default the only one that is found)")
	} else {
		f.StringVar(&o.cluster, "cluster", "", "`name` of the cluster that is meant")
	}
}

// serverOf is the Service of a cluster's health server.
func serverOf(x *v1alpha1.ClusterHealth) string {
	namespace, name, found := strings.Cut(x.Spec.Fleet, "/")
	if !found {
		namespace, name = x.Namespace, x.Spec.Fleet
	}
	f := plan.Fleet{Namespace: namespace, Name: name}
	return f.HealthName(&plan.FleetCluster{Name: x.Spec.Cluster})
}

// found is a cluster of the fleet and where it is asked.
type found struct {
	change.Seen

	at *live.Cluster
}

// ask reads the ClusterHealths of all contexts at once, and what their servers tell if that is wanted. A context that does not
// answer is in the result with its error.
func (o *liveOptions) ask(ctx context.Context, detailed bool) ([]found, error) {
	clusters, err := live.Open(o.options)
	if err != nil {
		return nil, err //nolint:wrapcheck // says what it was reading
	}
	parts := make([][]found, len(clusters))
	var all sync.WaitGroup
	for i, c := range clusters {
		all.Go(func() { parts[i] = o.askOne(ctx, c, detailed) })
	}
	all.Wait()
	var out []found
	for _, p := range parts {
		out = append(out, p...)
	}
	return out, nil
}

func (o *liveOptions) askOne(ctx context.Context, c *live.Cluster, detailed bool) []found {
	healths, err := c.Healths(ctx)
	if err == nil && len(healths) == 0 {
		err = fmt.Errorf("there is no ClusterHealth in the namespace %s", c.Namespace)
	}
	if err != nil {
		return []found{{change.Seen{Context: c.Context, Err: err}, c}}
	}
	out := make([]found, 0, len(healths))
	for i := range healths {
		f := found{change.Seen{Context: c.Context, Health: &healths[i]}, c}
		if detailed {
			f.Detail, f.Err = c.Detail(ctx, serverOf(f.Health), o.port)
		}
		out = append(out, f)
	}
	return out
}

// one finds the cluster that is meant.
func (o *liveOptions) one(ctx context.Context, detailed bool) (*found, error) {
	all, err := o.ask(ctx, false)
	if err != nil {
		return nil, err
	}
	var is []*found
	var errs []error
	var names []string
	for i := range all {
		f := &all[i]
		switch {
		case f.Err != nil:
			errs = append(errs, fmt.Errorf("context %s: %w", f.Context, f.Err))
		case o.cluster == "" || f.Health.Spec.Cluster == o.cluster:
			is = append(is, f)
		default:
			names = append(names, f.Health.Spec.Cluster)
		}
	}
	switch {
	case len(is) == 1:
		if detailed {
			is[0].Detail, is[0].Err = is[0].at.Detail(ctx, serverOf(is[0].Health), o.port)
		}
		return is[0], nil
	case len(is) > 1 && o.cluster == "":
		return nil, usagef("there are several clusters: name one with --cluster")
	case len(is) > 1:
		return nil, usagef("several contexts have a cluster %s: name one with --contexts", o.cluster)
	case len(errs) > 0:
		return nil, errors.Join(errs...)
	default:
		return nil, usagef("there is no cluster %q; there are: %s", o.cluster, strings.Join(names, ", "))
	}
}

// seen is the part that is weighed.
func seen(all []found) []change.Seen {
	out := make([]change.Seen, len(all))
	for i := range all {
		out[i] = all[i].Seen
	}
	return out
}

// pause waits, or says that nobody waits any more.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}
