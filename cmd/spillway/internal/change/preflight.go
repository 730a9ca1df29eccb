package change

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/live"
)

// Seen is one cluster of the fleet, as far as it could be asked.
type Seen struct {
	Context string
	Health  *v1alpha1.ClusterHealth // nil: it could not be read
	Detail  *live.Detail            // nil: the health server could not be asked
	Err     error
}

// Item is one thing that a change needs.
type Item struct {
	Name string
	OK   bool
	Warn bool // it does not stand against the change
	Text string
}

// Preflight says whether a fleet is fit for a change of one cluster; false if anything stands against it.
func Preflight(seen []Seen, cluster string) ([]Item, bool) {
	var own *Seen
	for i := range seen {
		if h := seen[i].Health; h != nil && h.Spec.Cluster == cluster {
			own = &seen[i]
		}
	}
	items := reached(seen)
	if own == nil {
		items = append(items, Item{Name: "cluster", Text: "no context has a ClusterHealth of " + cluster})
		return items, false
	}
	items = append(items, others(seen, own)...)
	items = append(items, checksOf(own)...)
	items = append(items, server(own)...)
	ok := !slices.ContainsFunc(items, func(i Item) bool { return !i.OK && !i.Warn })
	return items, ok
}

func reached(seen []Seen) []Item {
	out := make([]Item, 0, len(seen))
	for _, s := range seen {
		i := Item{Name: "reached", OK: s.Health != nil, Text: "context " + s.Context}
		if s.Err != nil {
			i.Text += ": " + s.Err.Error()
		}
		out = append(out, i)
	}
	return out
}

// others wants the rest of the fleet to serve, at rest, and to be the same fleet.
func others(seen []Seen, own *Seen) []Item {
	var out []Item
	known := map[string]bool{}
	for i := range seen {
		h := seen[i].Health
		if h == nil || h == own.Health {
			continue
		}
		name := h.Spec.Cluster
		known[name] = true
		if h.Spec.Fleet != own.Health.Spec.Fleet {
			out = append(out, Item{Name: "fleet", Text: fmt.Sprintf("%s is of the fleet %q, %s of %q", name, h.Spec.Fleet, own.Health.Spec.Cluster, own.Health.Spec.Fleet)})
		}
		if h.Spec.Rotation == v1alpha1.RotationOut {
			continue
		}
		serves := h.Status.Verdict == "In"
		out = append(out, Item{Name: "serves", OK: serves, Text: name + " is " + or(h.Status.Verdict, "unknown") + ", " + h.Status.Reason})
		if m := h.Spec.Mode; m != nil {
			out = append(out, Item{Name: "at rest", Text: fmt.Sprintf("%s is in the mode %s until %s: %s", name, m.Name, m.Until.UTC().Format("15:04Z"), m.Reason)})
		} else {
			out = append(out, Item{Name: "at rest", OK: true, Text: name})
		}
	}
	for _, p := range own.Health.Spec.Peers {
		if !known[p.Name] {
			out = append(out, Item{Name: "members", Warn: true, Text: "none of the contexts is " + p.Name})
		}
	}
	return append(out, confirmed(own)...)
}

func confirmed(own *Seen) []Item {
	var out []Item
	for _, p := range own.Health.Status.Peers {
		i := Item{Name: "confirmed", OK: p.Confirmed, Text: p.Name}
		if !p.Confirmed {
			i.Text += ": " + or(p.Unknown, "not often enough yet")
		}
		out = append(out, i)
	}
	if len(own.Health.Status.Peers) == 0 {
		out = append(out, Item{Name: "confirmed", Text: "no peer is known to " + own.Health.Spec.Cluster})
	}
	return out
}

// checksOf tells what fails already: that becomes the baseline, and is not held against the change.
func checksOf(own *Seen) []Item {
	failing := make([]string, 0, len(own.Health.Status.Checks))
	for _, c := range own.Health.Status.Checks {
		failing = append(failing, c.Name+"="+c.State)
	}
	if len(failing) == 0 {
		return []Item{{Name: "checks", OK: true, Text: "all pass"}}
	}
	return []Item{{Name: "checks", Warn: true, Text: "not passing already, and not held against the change: " + strings.Join(failing, ", ")}}
}

// server asks what only the health server knows.
func server(own *Seen) []Item {
	d := own.Detail
	if d == nil {
		return []Item{{Name: "health server", Warn: true, Text: "it could not be asked; headroom, replicas, probes and keys are not known"}}
	}
	const probed, skewed = 60, 30
	out := []Item{{Name: "replicas", OK: len(d.Siblings) > 0, Text: fmt.Sprintf("%d run", len(d.Siblings)+1)}}
	if e := own.Health.Spec.ExpectProbes; e != nil && *e {
		i := Item{Name: "probed", OK: d.LBProbeAge != nil && *d.LBProbeAge <= probed, Text: "nothing outside has asked the probe path"}
		if d.LBProbeAge != nil {
			i.Text = fmt.Sprintf("%.0fs ago", *d.LBProbeAge)
		}
		out = append(out, i)
	}
	leaves, against := Foresee(own.Health, d)
	out = append(out, Item{Name: "would leave", OK: leaves, Text: or(strings.Join(against, ", "), "within "+Leaving(own.Health).String())})
	for _, p := range d.Peers {
		if p.KeysDiffer {
			out = append(out, Item{Name: "keys", Warn: true, Text: p.Name + " accepts other keys: a rotation goes on"})
		}
		if p.Skew > skewed || p.Skew < -skewed {
			out = append(out, Item{Name: "clocks", Warn: true, Text: fmt.Sprintf("%s differs by %.0fs", p.Name, p.Skew)})
		}
	}
	return out
}
