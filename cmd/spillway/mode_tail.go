package main

import (
	"context"
	"fmt"
)

// tails says by each edge of the fleet how long users still come after a drain was ordered: an edge has to notice, and names
// that were looked up before are kept.
func (o *modeOptions) tails(ctx context.Context, io IO, f *found) error {
	if o.fleet == "" {
		return nil
	}
	input := inputOptions{files: []string{o.fleet}, namespace: f.Health.Namespace, failOn: "error"}
	in, err := input.readOrEnd(ctx, io, allWriters())
	if err != nil {
		return err
	}
	for n := range in.fleets.Len() {
		p, _ := in.fleets.Plan(n)
		if p == nil || p.ID != f.Health.Spec.Fleet {
			continue
		}
		for _, e := range p.Edges {
			text := fmt.Sprintf("%s: users come for up to %s more", e.Type, e.Drain)
			if !e.Known {
				text = e.Type + ": how long users still come is not known"
			}
			if e.Beyond != "" {
				text += ", and " + e.Beyond + " longer"
			}
			if err := writing(fmt.Fprintln(io.Out, text)); err != nil {
				return err
			}
		}
		return nil
	}
	return usagef("--fleet %s: there is no ClusterFailover %s in it", o.fleet, f.Health.Spec.Fleet)
}
