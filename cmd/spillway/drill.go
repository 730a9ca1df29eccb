package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/spillway-mesh/spillway/cmd/spillway/internal/change"
	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

func newDrill(name string, io IO) *cobra.Command {
	var o modeOptions
	c := &cobra.Command{
		Use: "drill --cluster NAME --check NAME --for 2m", Args: cobra.NoArgs,
		Short: "Have checks read as failing, and see what would come of it; users notice nothing",
		Long: "Drill sets the mode Observe, in which the cluster answers 200 whatever happens, has the named checks read as failing,\n" +
			"and tells what Strict would do. The mode ends by itself.",
		Example: examples(name, "drill -n istio-ingress --cluster blue --check checkout --for 2m", "would blue leave if checkout broke?"),
		RunE:    func(c *cobra.Command, _ []string) error { return o.drill(c.Context(), io) },
	}
	o.bind(c)
	f := c.Flags()
	f.StringSliceVar(&o.checks, "check", nil, "`names` of checks")
	f.DurationVar(&o.lasts, "for", 2*time.Minute, "how long it lasts") //nolint:mnd // long enough for three rounds and the vote
	return c
}

func (o *modeOptions) drill(ctx context.Context, io IO) error {
	if len(o.checks) == 0 {
		return usagef("name the checks with --check")
	}
	if o.reason == "" {
		o.reason = "drill"
	}
	f, err := o.live.one(ctx, false)
	if err != nil {
		return err
	}
	if f.Health.Spec.Mode != nil {
		return usagef("%s is in the mode %s: a drill would end it", f.Health.Spec.Cluster, f.Health.Spec.Mode.Name)
	}
	for _, name := range o.checks {
		known := slices.ContainsFunc(f.Health.Spec.Checks, func(c v1alpha1.HealthCheck) bool { return c.Name == name })
		if !known && f.Health.Spec.Discover == nil {
			return usagef("%s has no check %q", f.Health.Spec.Cluster, name)
		}
	}
	m := &v1alpha1.ModeSetting{
		Name: v1alpha1.ModeObserve, Until: metav1.NewTime(io.Now().Add(o.lasts).UTC().Truncate(time.Second)), Reason: o.reason, By: o.who(io), Drill: o.checks,
	}
	if err := refuse(io, change.Check(f.Health, m, io.Now())); err != nil {
		return err
	}
	if err := o.apply(ctx, io, f, m, "drill"); err != nil {
		return err
	}
	return o.observe(ctx, io, f, m.Until.Time)
}

// observe prints what the checks alone would do, until the drill has ended or they would have the cluster leave.
func (o *modeOptions) observe(ctx context.Context, io IO, f *found, until time.Time) error {
	last := ""
	for io.Now().Before(until) {
		now, out := "the health server cannot be asked", false
		if d, err := f.at.Detail(ctx, serverOf(f.Health), o.live.port); err == nil {
			now = fmt.Sprintf("answers %s; Strict would say %s, %s", d.Status, d.Would, d.WouldWhy)
			out = d.Mode == string(v1alpha1.ModeObserve) && d.Would == "Out"
		} else {
			now += ": " + err.Error()
		}
		if now != last {
			last = now
			if err := writing(fmt.Fprintf(io.Out, "%s %s %s\n", io.Now().UTC().Format("15:04:05Z"), f.Health.Spec.Cluster, now)); err != nil {
				return err
			}
		}
		if out {
			return writing(fmt.Fprintf(io.Out, "%s would leave; the drill ends at %s\n", f.Health.Spec.Cluster, until.UTC().Format(time.RFC3339)))
		}
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
	}
	return writing(fmt.Fprintf(io.Out, "%s would have stayed\n", f.Health.Spec.Cluster))
}
