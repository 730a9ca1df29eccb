package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/spillway-mesh/spillway/cmd/spillway/internal/probing"
	"github.com/spillway-mesh/spillway/pkg/live"
	"github.com/spillway-mesh/spillway/pkg/term"
)

func newHealth(name string, io IO) *cobra.Command {
	c := &cobra.Command{Use: "health", Short: "Ask why a cluster's health is as it is, and how checkers see it"}
	c.AddCommand(newHealthWhy(name, io), newHealthProbe(name, io))
	return c
}

// whyOptions are the flags of health why.
type whyOptions struct {
	live   liveOptions
	at     string
	peers  bool
	output string
}

func newHealthWhy(name string, io IO) *cobra.Command {
	var o whyOptions
	c := &cobra.Command{
		Use: "why", Short: "Show what a cluster decided, when, by which rule and from what", Args: cobra.NoArgs,
		Example: examples(name,
			"health why -n istio-ingress --cluster blue", "the last transitions that one of its replicas remembers",
			"health why -n istio-ingress --cluster blue --at 03:12", "what held at that time (UTC) of the last day",
			"health why -n istio-ingress --cluster blue --peers", "how it sees the other clusters now"),
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c.Context(), io) },
	}
	o.live.bind(c, false)
	f := c.Flags()
	f.StringVar(&o.at, "at", "", "`time` as HH:MM in UTC, or in full as 2026-11-23T03:12:00Z")
	f.BoolVar(&o.peers, "peers", false, "show the other clusters as they are seen now")
	bindOutput(c, &o.output, "text", "json")
	return c
}

func (o *whyOptions) run(ctx context.Context, io IO) error {
	at, err := when(o.at, io.Now())
	if err != nil {
		return err
	}
	f, err := o.live.one(ctx, o.peers)
	if err != nil {
		return err
	}
	if o.peers {
		if f.Detail == nil {
			return f.Err
		}
		return o.printPeers(io, f.Detail)
	}
	entries, err := f.at.Why(ctx, serverOf(f.Health), o.live.port)
	if err != nil {
		return err //nolint:wrapcheck // says what it was asking
	}
	if !at.IsZero() {
		entries = around(entries, at)
	}
	if o.output == "json" {
		return printJSONOf(io, entries)
	}
	table := term.NewTable("AT", "STATUS", "VOTE", "MODE", "WOULD", "REASON", "FAILING", "PEERS")
	for _, e := range entries {
		var peers []string
		for name, state := range e.Peers {
			peers = append(peers, name+"="+state)
		}
		slices.Sort(peers)
		table.Row(e.At.UTC().Format(time.RFC3339), e.Status, e.Vote, e.Mode, e.Would, e.Reason, strings.Join(e.Failing, ","), strings.Join(peers, ","))
	}
	if table.Len() == 0 {
		return writing(fmt.Fprintln(io.Out, "nothing has been decided since the replica started"))
	}
	return table.Write(io.Out, term.For(io.Out, io.Getenv)) //nolint:wrapcheck // says that it was writing
}

// when reads a time of day as the last one that has been.
func when(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	at, err := time.Parse("15:04", text)
	if err != nil {
		return time.Time{}, usagef("--at wants HH:MM or a time such as 2026-11-23T03:12:00Z, not %q", text)
	}
	now = now.UTC()
	out := time.Date(now.Year(), now.Month(), now.Day(), at.Hour(), at.Minute(), 0, 0, time.UTC)
	if out.After(now) {
		out = out.AddDate(0, 0, -1)
	}
	return out, nil
}

// around is what held at a time, and what came next.
func around(entries []live.Entry, at time.Time) []live.Entry {
	next := slices.IndexFunc(entries, func(e live.Entry) bool { return e.At.After(at.Add(time.Minute)) })
	if next < 0 {
		next = len(entries)
	}
	first := slices.IndexFunc(entries, func(e live.Entry) bool { return e.At.After(at) })
	if first < 0 {
		first = len(entries)
	}
	return entries[max(first-1, 0):min(next+1, len(entries))]
}

func (o *whyOptions) printPeers(io IO, d *live.Detail) error {
	if o.output == "json" {
		return printJSONOf(io, d.Peers)
	}
	table := term.NewTable("PEER", "STATUS", "CONFIRMED", "HEARD", "MODE", "REFUSES", "SERVES", "ROUND TRIP", "CLOCK", "KEYS")
	for _, p := range d.Peers {
		heard := fmt.Sprintf("%.1fs ago", p.Age)
		if p.Age < 0 {
			heard = "never"
		}
		if p.Unknown != "" {
			heard = p.Unknown
		}
		table.Row(p.Name, p.Status, yesNo(p.Confirmed), heard, p.Mode, p.Refused, yesNo(p.Serves), fmt.Sprintf("%.0fms", p.RTT*1000), //nolint:mnd // milliseconds
			fmt.Sprintf("%+.1fs", p.Skew), strings.Join(p.Keys, ","))
	}
	return table.Write(io.Out, term.For(io.Out, io.Getenv)) //nolint:wrapcheck // says that it was writing
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

func printJSONOf(io IO, x any) error {
	text, err := json.MarshalIndent(x, "", "  ")
	if err != nil {
		return err //nolint:wrapcheck // text only
	}
	return writing(io.Out.Write(append(text, '\n')))
}

// probeOptions are the flags of health probe.
type probeOptions struct {
	host, token, output string
}

func newHealthProbe(name string, io IO) *cobra.Command {
	var o probeOptions
	c := &cobra.Command{
		Use: "probe URL…", Short: "Ask a probe path, and say what each cloud's checkers make of the answer", Args: cobra.MinimumNArgs(1),
		Long: "Probe asks as load balancers do – on a new connection, no redirect followed – and says for the checkers of Google, Route 53,\n" +
			"AWS ELB and Azure whether they would take the cluster as healthy, and by which of their rules.",
		Example: examples(name,
			"health probe http://203.0.113.10/.well-known/cluster-health --token b13010ac", "as a load balancer would ask blue",
			"health probe https://203.0.113.10/.well-known/cluster-health --host shop.example.com", "with the Host of the users"),
		RunE: func(c *cobra.Command, args []string) error { return o.run(c.Context(), io, args) },
	}
	f := c.Flags()
	f.StringVar(&o.host, "host", "", "`name` to send as Host (default that of the URL)")
	f.StringVar(&o.token, "token", "", "`text` that the body must hold: the cluster's token")
	bindOutput(c, &o.output, "text", "json")
	return c
}

// probed is what came of one URL.
type probed struct {
	URL      string            `json:"url"`
	Status   int               `json:"status,omitempty"`
	Took     string            `json:"took"`
	Verdicts []probing.Verdict `json:"verdicts"`
}

func (o *probeOptions) run(ctx context.Context, io IO, urls []string) error {
	all := make([]probed, 0, len(urls))
	healthy := true
	for _, u := range urls {
		if !strings.HasPrefix(u, "http://") && !strings.HasPrefix(u, "https://") {
			return usagef("%q is no URL: write http:// or https:// before it", u)
		}
		a := probing.Ask(ctx, probing.Request{URL: u, Host: o.host, Agent: "spillway-probe/1", Now: io.Now})
		p := probed{URL: u, Status: a.Status, Took: a.Took.Round(time.Millisecond).String(), Verdicts: probing.Judge(a, o.token)}
		for _, v := range p.Verdicts {
			healthy = healthy && v.Healthy && v.Warning == ""
		}
		all = append(all, p)
	}
	if o.output == "json" {
		if err := printJSONOf(io, all); err != nil {
			return err
		}
	} else {
		table := term.NewTable("URL", "STATUS", "TOOK", "CHECKER", "HEALTHY", "BECAUSE")
		for _, p := range all {
			for _, v := range p.Verdicts {
				because := v.Rule
				if v.Warning != "" {
					because += "; " + v.Warning
				}
				table.Row(p.URL, fmt.Sprint(p.Status), p.Took, v.Checker, yesNo(v.Healthy), because)
			}
		}
		if err := table.Write(io.Out, term.For(io.Out, io.Getenv)); err != nil {
			return err //nolint:wrapcheck // says that it was writing
		}
	}
	if !healthy {
		return errFindings
	}
	return nil
}
