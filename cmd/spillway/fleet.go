package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/spillway-mesh/spillway/pkg/term"
)

// fleetOptions are the flags of the commands that show a fleet.
type fleetOptions struct {
	live   liveOptions
	output string
	watch  bool
}

// errNobody says that no cluster answered.
var errNobody = errors.New("none of the contexts answers")

func newFleet(name string, io IO) *cobra.Command {
	var o fleetOptions
	status := &cobra.Command{
		Use: "status", Short: "Show every cluster of a fleet, each as far as it answers", Args: cobra.NoArgs,
		Example: examples(name,
			"fleet status -n istio-ingress --contexts blue,green", "show both clusters; one that is away is a line that says so",
			"fleet status -n istio-ingress --contexts blue,green --watch", "and again whenever something changes"),
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c.Context(), io) },
	}
	o.bind(status)
	c := &cobra.Command{Use: "fleet", Short: "Look at the clusters of a fleet"}
	c.AddCommand(status)
	return c
}

func (o *fleetOptions) bind(c *cobra.Command) {
	o.live.bind(c, true)
	bindOutput(c, &o.output, "text", "json")
	c.Flags().BoolVarP(&o.watch, "watch", "w", false, "go on, and print whenever something changes")
}

// clusterLine is one cluster, as JSON tells it.
type clusterLine struct {
	Context   string   `json:"context"`
	Cluster   string   `json:"cluster,omitempty"`
	Status    string   `json:"status,omitempty"`
	Since     string   `json:"since,omitempty"`
	Mode      string   `json:"mode,omitempty"`
	Until     string   `json:"until,omitempty"`
	By        string   `json:"by,omitempty"`
	ModeWhy   string   `json:"modeReason,omitempty"`
	Reason    string   `json:"reason,omitempty"`
	Rotation  string   `json:"rotation,omitempty"`
	Peers     []string `json:"peers,omitempty"`
	NotPassed []string `json:"notPassing,omitempty"`
	Error     string   `json:"error,omitempty"`
}

func lineOf(f *found) clusterLine {
	l := clusterLine{Context: f.Context}
	if f.Health == nil {
		l.Error = strings.Join(strings.Fields(f.Err.Error()), " ")
		return l
	}
	x := f.Health
	l.Cluster, l.Status, l.Mode, l.Reason = x.Spec.Cluster, x.Status.Verdict, string(x.Status.Mode), x.Status.Reason
	l.Rotation = string(x.Spec.Rotation)
	if x.Status.Since != nil {
		l.Since = x.Status.Since.UTC().Format(time.RFC3339)
	}
	if m := x.Spec.Mode; m != nil {
		l.Until, l.By, l.ModeWhy = m.Until.UTC().Format(time.RFC3339), m.By, m.Reason
		if l.Mode != string(m.Name) {
			l.Mode += " (set: " + string(m.Name) + ")"
		}
	}
	for _, p := range x.Status.Peers {
		state := "confirmed"
		if !p.Confirmed {
			state = p.Unknown
			if state == "" {
				state = "not confirmed"
			}
		}
		l.Peers = append(l.Peers, p.Name+"="+state)
	}
	for _, c := range x.Status.Checks {
		l.NotPassed = append(l.NotPassed, c.Name+"="+c.State)
	}
	if l.Status == "" {
		l.Status, l.Reason = "unknown", "no health server has written a status"
	}
	return l
}

func (o *fleetOptions) run(ctx context.Context, io IO) error {
	var last []byte
	for {
		text, answered, err := o.show(ctx, io)
		if err != nil {
			return err
		}
		if !bytes.Equal(text, last) {
			last = text
			if o.watch && o.output == "text" {
				text = append([]byte(io.Now().UTC().Format(time.RFC3339)+"\n"), text...)
			}
			if err := writing(io.Out.Write(text)); err != nil {
				return err
			}
		}
		if !o.watch {
			if !answered {
				return errNobody
			}
			return nil
		}
		if err := pause(ctx, 2*time.Second); err != nil { //nolint:mnd // as often as clusters ask each other
			return err
		}
	}
}

// show is what all contexts say now, and whether any of them answered.
func (o *fleetOptions) show(ctx context.Context, io IO) ([]byte, bool, error) {
	all, err := o.live.ask(ctx, false)
	if err != nil {
		return nil, false, err
	}
	lines := make([]clusterLine, 0, len(all))
	answered := false
	for i := range all {
		if h := all[i].Health; h != nil && o.live.cluster != "" && h.Spec.Cluster != o.live.cluster {
			continue
		}
		answered = answered || all[i].Health != nil
		lines = append(lines, lineOf(&all[i]))
	}
	if o.output == "json" {
		text, err := json.MarshalIndent(lines, "", "  ")
		return append(text, '\n'), answered, err //nolint:wrapcheck // text only
	}
	table := term.NewTable("CLUSTER", "CONTEXT", "STATUS", "MODE", "UNTIL", "PEERS", "NOT PASSING", "REASON")
	for _, l := range lines {
		if l.Error != "" {
			table.Row("?", l.Context, "?", "", "", "", "", l.Error)
			continue
		}
		reason := l.Reason
		if l.ModeWhy != "" {
			reason += fmt.Sprintf(" (%s: %s)", l.By, l.ModeWhy)
		}
		table.Row(l.Cluster, l.Context, l.Status, l.Mode, l.Until, strings.Join(l.Peers, ","), strings.Join(l.NotPassed, ","), reason)
	}
	var b bytes.Buffer
	err = table.Write(&b, term.For(io.Out, io.Getenv))
	return b.Bytes(), answered, err //nolint:wrapcheck // to memory
}
