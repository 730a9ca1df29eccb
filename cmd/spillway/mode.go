package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/spillway-mesh/spillway/cmd/spillway/internal/change"
	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

// modeOptions are the flags of the commands that change a cluster's mode.
type modeOptions struct {
	live     liveOptions
	lasts    time.Duration
	reason   string
	by       string
	force    bool
	dryRun   bool
	wait     bool
	untilRPS string
	checks   []string
	fleet    string
}

func newMode(name string, io IO) *cobra.Command {
	c := &cobra.Command{
		Use:   "mode",
		Short: "Set, extend and end the mode of a cluster's health",
		Long: "Mode says what the verdict of a cluster goes by, for a time: strict while it is changed, drain to send its users away,\n" +
			"observe and force-healthy for people who know why. Every mode ends by itself; relax ends it now. Nothing here makes\n" +
			"the last cluster leave: that takes the promises of the others, whatever is set.",
		Example: examples(name,
			"mode drain --cluster blue --for 3h --reason 'GKE 1.34' --dry-run", "say whether the cluster would leave",
			"mode drain --cluster blue --for 3h --reason 'GKE 1.34' --wait", "send its users away, and wait until it answers so",
			"mode strict --cluster blue --for 2h --reason 'GKE 1.34'", "have it leave when something breaks that worked before",
			"mode relax --cluster blue --reason done", "end it"),
	}
	for _, m := range []struct {
		name v1alpha1.HealthMode
		use  string
		does string
	}{
		{v1alpha1.ModeStrict, "strict", "Leave when a required check fails that passed before and passes elsewhere"},
		{v1alpha1.ModeDrain, "drain", "Answer 503, so that users go to the other clusters"},
		{v1alpha1.ModeObserve, "observe", "Answer 200, and tell what Strict would do"},
		{v1alpha1.ModeForceHealthy, "force-healthy", "Answer 200 whatever the checks say"},
	} {
		c.AddCommand(newModeSet(io, m.name, m.use, m.does))
	}
	c.AddCommand(newModeExtend(io), newModeRebaseline(io), newModeRelax(io), newModeStatus(io))
	return c
}

func newModeSet(io IO, mode v1alpha1.HealthMode, use, does string) *cobra.Command {
	var o modeOptions
	c := &cobra.Command{
		Use: use + " --for TIME --reason TEXT", Short: does, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return o.set(c.Context(), io, mode) },
	}
	o.bind(c)
	f := c.Flags()
	f.DurationVar(&o.lasts, "for", 0, "how long it lasts, such as 2h")
	f.BoolVar(&o.dryRun, "dry-run", false, "say what would come of it, and change nothing")
	f.BoolVar(&o.force, "force", false, "begin though another cluster is being changed; the promises of the others are needed all the same")
	if mode == v1alpha1.ModeDrain {
		f.BoolVar(&o.wait, "wait", false, "wait until the cluster answers 503")
		f.StringVar(&o.fleet, "fleet", "", "`file` with the ClusterFailover, to say how long users stay by each edge")
		f.StringVar(&o.untilRPS, "until-rps", "", "with --wait: and until its gateways serve only so much of what they did, such as 1%")
	} else {
		f.BoolVar(&o.wait, "wait", false, "wait until the mode acts")
	}
	return c
}

func (o *modeOptions) bind(c *cobra.Command) {
	o.live.bind(c, false)
	f := c.Flags()
	f.StringVar(&o.reason, "reason", "", "`text` for those who find it at night")
	f.StringVar(&o.by, "by", "", "`who` sets it (default the user of this machine)")
}

// who is told in the object and the event.
func (o *modeOptions) who(io IO) string {
	for _, name := range []string{o.by, io.Getenv("SPILLWAY_BY"), io.Getenv("USER")} {
		if name != "" {
			return name
		}
	}
	return "unknown"
}

// set weighs a mode, and sets it.
func (o *modeOptions) set(ctx context.Context, io IO, mode v1alpha1.HealthMode) error {
	if o.untilRPS != "" && !o.wait {
		return usagef("--until-rps says for what to wait: add --wait")
	}
	left, err := percent(o.untilRPS)
	if err != nil {
		return err
	}
	f, err := o.live.one(ctx, mode == v1alpha1.ModeDrain)
	if err != nil {
		return err
	}
	m := &v1alpha1.ModeSetting{
		Name: mode, Until: metav1.NewTime(io.Now().Add(o.lasts).UTC().Truncate(time.Second)), Reason: o.reason, By: o.who(io), Force: o.force,
	}
	if err := refuse(io, change.Check(f.Health, m, io.Now())); err != nil {
		return err
	}
	if mode == v1alpha1.ModeDrain {
		if err := foresee(io, f); err != nil {
			return err
		}
		if err := o.tails(ctx, io, f); err != nil {
			return err
		}
	}
	if o.dryRun {
		return writing(fmt.Fprintf(io.Out, "nothing was changed (dry run): %s would be set until %s\n", mode, m.Until.UTC().Format(time.RFC3339)))
	}
	load := 0.0
	if left > 0 {
		if f.Detail == nil || f.Detail.LoadRPS == nil {
			return usagef("--until-rps needs the load of the gateways, which is not known: set a capacity, and see `preflight`")
		}
		load = *f.Detail.LoadRPS
	}
	if err := o.apply(ctx, io, f, m, string(mode)); err != nil {
		return err
	}
	if !o.wait {
		return nil
	}
	return o.follow(ctx, io, f, m, left*load)
}

// refuse prints what stands against a change.
func refuse(io IO, found diag.List) error {
	if len(found) == 0 {
		return nil
	}
	if err := writing(0, diag.WriteText(io.Err, found, diag.TextOptions{})); err != nil {
		return err
	}
	return errFindings
}

// foresee says whether a drain would take effect.
func foresee(io IO, f *found) error {
	leaves, against := change.Foresee(f.Health, f.Detail)
	source := ""
	if f.Detail == nil {
		source = " (by its status: the health server could not be asked)"
	}
	if leaves {
		return writing(fmt.Fprintf(io.Out, "%s would leave within %s%s\n", f.Health.Spec.Cluster, change.Leaving(f.Health), source))
	}
	return writing(fmt.Fprintf(io.Out, "%s would stay%s: %s\n", f.Health.Spec.Cluster, source, strings.Join(against, ", ")))
}

// apply changes the mode and notes who did it, why, and until when.
func (o *modeOptions) apply(ctx context.Context, io IO, f *found, m *v1alpha1.ModeSetting, what string) error {
	if err := f.at.SetMode(ctx, f.Health, m); err != nil {
		return err //nolint:wrapcheck // says what it was doing
	}
	note := fmt.Sprintf("%s by %s: %s", what, o.who(io), o.reason)
	if m != nil {
		note = fmt.Sprintf("%s until %s by %s: %s", what, m.Until.UTC().Format(time.RFC3339), o.who(io), m.Reason)
	}
	if err := writing(fmt.Fprintf(io.Out, "%s: %s\n", f.Health.Spec.Cluster, note)); err != nil {
		return err
	}
	reason := "Mode" + string(v1alpha1.ModeRelaxed)
	if m != nil {
		reason = "Mode" + string(m.Name)
	}
	if err := f.at.Event(ctx, f.Health, reason, note, io.Now()); err != nil {
		_, err := fmt.Fprintf(io.Err, "warning: it is set, but no event was noted: %v\n", err)
		return writing(0, err)
	}
	return nil
}

// follow waits until the mode acts: a drain until the cluster is out and, if that is asked for, its users are gone.
func (o *modeOptions) follow(ctx context.Context, io IO, f *found, m *v1alpha1.ModeSetting, rps float64) error {
	last := ""
	for {
		now, done := o.acts(ctx, f, m, rps)
		if now != last {
			last = now
			if err := writing(fmt.Fprintf(io.Out, "%s %s: %s\n", io.Now().UTC().Format("15:04:05Z"), f.Health.Spec.Cluster, now)); err != nil {
				return err
			}
		}
		switch {
		case done:
			return nil
		case io.Now().After(m.Until.Time):
			return fmt.Errorf("the mode has ended before it acted: %s", now)
		}
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
	}
}

// acts says how a cluster is, and whether that is what was waited for.
func (o *modeOptions) acts(ctx context.Context, f *found, m *v1alpha1.ModeSetting, rps float64) (string, bool) {
	x, err := f.at.Health(ctx, f.Health.Name)
	if err != nil {
		return "cannot be read: " + err.Error(), false
	}
	now := x.Status.Verdict + ", " + x.Status.Reason
	done := x.Status.Mode == m.Name && (m.Name != v1alpha1.ModeDrain || x.Status.Verdict == "Out")
	if !done || rps == 0 {
		return now, done
	}
	d, err := f.at.Detail(ctx, serverOf(x), o.live.port)
	if err != nil || d.LoadRPS == nil {
		return now + ", the load is not known", false
	}
	return fmt.Sprintf("%s, %.0f requests a second", now, *d.LoadRPS), *d.LoadRPS <= rps
}

// percent reads such as 1%.
func percent(text string) (float64, error) {
	if text == "" {
		return 0, nil
	}
	var v float64
	if n, err := fmt.Sscanf(text, "%f%%", &v); n != 1 || err != nil || v <= 0 || v > 100 {
		return 0, usagef("--until-rps wants a percentage such as 1%%, not %q", text)
	}
	return v / 100, nil
}

func newModeExtend(io IO) *cobra.Command {
	var o modeOptions
	c := &cobra.Command{
		Use: "extend --for TIME --reason TEXT", Short: "Have the mode that is set last longer", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return o.alter(c.Context(), io, "extended", func(m *v1alpha1.ModeSetting) {
				from := io.Now()
				if m.Until.After(from) {
					from = m.Until.Time
				}
				m.Until = metav1.NewTime(from.Add(o.lasts).UTC().Truncate(time.Second))
			})
		},
	}
	o.bind(c)
	c.Flags().DurationVar(&o.lasts, "for", 0, "how much longer, such as 1h")
	c.Flags().BoolVar(&o.dryRun, "dry-run", false, "change nothing")
	return c
}

func newModeRebaseline(io IO) *cobra.Command {
	var o modeOptions
	c := &cobra.Command{
		Use: "rebaseline --check NAME --reason TEXT", Short: "Stop holding a check's failure against the change", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if len(o.checks) == 0 {
				return usagef("name the checks with --check")
			}
			return o.alter(c.Context(), io, "rebaselined "+strings.Join(o.checks, ", "), func(m *v1alpha1.ModeSetting) {
				for _, name := range o.checks {
					if !slices.Contains(m.Rebaseline, name) {
						m.Rebaseline = append(m.Rebaseline, name)
					}
				}
			})
		},
	}
	o.bind(c)
	c.Flags().StringSliceVar(&o.checks, "check", nil, "`names` of checks")
	c.Flags().BoolVar(&o.dryRun, "dry-run", false, "change nothing")
	return c
}

// alter changes the mode that is set.
func (o *modeOptions) alter(ctx context.Context, io IO, what string, do func(*v1alpha1.ModeSetting)) error {
	f, err := o.live.one(ctx, false)
	if err != nil {
		return err
	}
	if f.Health.Spec.Mode == nil {
		return usagef("no mode of %s is set", f.Health.Spec.Cluster)
	}
	m := f.Health.Spec.Mode.DeepCopy()
	if o.reason == "" {
		return refuse(io, change.Check(f.Health, &v1alpha1.ModeSetting{Name: v1alpha1.ModeObserve, Until: metav1.NewTime(io.Now().Add(time.Second))}, io.Now()))
	}
	m.Reason, m.By = o.reason, o.who(io)
	do(m)
	weighed := m.DeepCopy()
	weighed.Name = v1alpha1.ModeObserve // what is set already is not weighed again, only its end
	if err := refuse(io, change.Check(f.Health, weighed, io.Now())); err != nil {
		return err
	}
	if o.dryRun {
		return writing(fmt.Fprintf(io.Out, "nothing was changed (dry run): %s until %s\n", what, m.Until.UTC().Format(time.RFC3339)))
	}
	return o.apply(ctx, io, f, m, string(m.Name)+" "+what)
}

func newModeRelax(io IO) *cobra.Command {
	var o modeOptions
	c := &cobra.Command{
		Use: "relax --reason TEXT", Short: "End the mode now", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			f, err := o.live.one(c.Context(), false)
			switch {
			case err != nil:
				return err
			case f.Health.Spec.Mode == nil:
				return writing(fmt.Fprintf(io.Out, "%s is at rest already\n", f.Health.Spec.Cluster))
			}
			return o.apply(c.Context(), io, f, nil, "relaxed")
		},
	}
	o.bind(c)
	return c
}

func newModeStatus(io IO) *cobra.Command {
	var o fleetOptions
	c := &cobra.Command{
		Use: "status", Short: "Show the mode of each cluster", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c.Context(), io) },
	}
	o.bind(c)
	return c
}
