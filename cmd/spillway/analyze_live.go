package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/spillway-mesh/spillway/cmd/spillway/internal/clusters"
	"github.com/spillway-mesh/spillway/pkg/live"
)

// liveReading are the flags of commands that read objects from clusters instead of files.
type liveReading struct {
	on      bool
	options live.Options
}

func (o *liveReading) bind(c *cobra.Command) {
	f := c.Flags()
	f.BoolVar(&o.on, "live", false, "look at clusters instead of files; nothing is changed, and the rights of a viewer do")
	f.StringVar(&o.options.Kubeconfig, "kubeconfig", "", "with --live: `file` with the contexts (default as kubectl finds it)")
	f.StringSliceVar(&o.options.Contexts, "context", nil, "with --live: kubeconfig `context`; may be repeated (default the current one)")
	f.DurationVar(&o.options.Timeout, "request-timeout", 30*time.Second, "with --live: how long each request to an API server may take")
}

// limit takes the namespace if the user gave one.
func (o *liveReading) limit(c *cobra.Command, namespace string) {
	if c.Flags().Changed("namespace") {
		o.options.Namespace = namespace
	}
}

// check refuses what does not go together.
func (o *liveReading) check(paths, fixing bool) error {
	switch {
	case !o.on && (len(o.options.Contexts) > 0 || o.options.Kubeconfig != ""):
		return usagef("--context and --kubeconfig belong to --live")
	case o.on && paths:
		return usagef("give files or --live, not both")
	case o.on && fixing:
		return usagef("--fix changes files, and --live changes nothing")
	}
	return nil
}

// read reads all clusters. What could not be seen is apart from what is wrong with what was.
func (o *liveReading) read(ctx context.Context) (*clusters.Found, error) {
	found, err := clusters.Read(ctx, o.options)
	if err != nil {
		return nil, err //nolint:wrapcheck // says what it was reading
	}
	if len(found.Snapshot.Objects) == 0 && len(found.Unseen) > 0 {
		return nil, errors.New(found.Unseen[0].Message)
	}
	return found, nil
}
