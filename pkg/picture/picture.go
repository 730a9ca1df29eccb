// Package picture draws plans: the clients of each region on the left, and to their right, column by column, the
// endpoints they use on a good day and those they fail over to. Of fleets it draws how long a failover takes, and the
// calendar of their maintenance windows.
//
// The result is one self-contained SVG file without scripts, fonts or links, that fits light and dark pages and is the
// same for the same plans. It imports plan and window. Start reading at SVG, then at Budgets and Calendar.
package picture

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/plan"
)

// SVG draws the plans below one another.
func SVG(plans []*plan.Plan) []byte {
	var c canvas
	y := margin
	hosts := make([]string, len(plans))
	for i, p := range plans {
		if i > 0 {
			y += 2 * margin
		}
		hosts[i] = p.Host
		y = c.plan(p, y)
	}
	return c.document("Failover of "+strings.Join(hosts, ", "), y+margin)
}

// row is the clients of the regions that are promised the same.
type row struct {
	clients  []string // region labels
	remark   string
	promised bool
	tiers    [][]plan.Endpoint
}

// rowsOf puts regions with equal promises into one row, in the plan's order, and those that are promised nothing last.
func rowsOf(p *plan.Plan) []row {
	var rows []row
	var keys []string
	anyone := false
	for _, t := range p.Tiers {
		anyone = anyone || t.Region == plan.Anyone
		key := fmt.Sprint(t.Tiers, t.OnlyListed)
		if i := slices.Index(keys, key); i >= 0 {
			rows[i].clients = append(rows[i].clients, label(t.Region))
			continue
		}
		r := row{clients: []string{label(t.Region)}, promised: true, tiers: endpointsOf(p, t.Tiers)}
		if t.OnlyListed {
			r.remark = "never anywhere else"
		}
		keys, rows = append(keys, key), append(rows, r)
	}
	if anyone {
		return rows
	}
	return append(rows, row{
		clients: []string{label(plan.Anyone)}, remark: "not promised: all at once", tiers: endpointsOf(p, p.TiersFor(unnamed(p))),
	})
}

// unnamed is a region that the plan has never heard of.
func unnamed(p *plan.Plan) string {
	region := "elsewhere"
	for n := 1; slices.ContainsFunc(p.Tiers, func(t plan.ClientTiers) bool { return t.Region == region }); n++ {
		region = "elsewhere-" + strconv.Itoa(n)
	}
	return region
}

func label(region string) string {
	switch region {
	case plan.Anyone:
		return "any other region"
	case "":
		return "no region"
	default:
		return region
	}
}

func endpointsOf(p *plan.Plan, tiers [][]string) [][]plan.Endpoint {
	out := make([][]plan.Endpoint, 0, len(tiers))
	for _, names := range tiers {
		tier := make([]plan.Endpoint, 0, len(names))
		for _, name := range names {
			i := slices.IndexFunc(p.Endpoints, func(e plan.Endpoint) bool { return e.Name == name })
			if i < 0 {
				tier = append(tier, plan.Endpoint{Name: name})
				continue
			}
			tier = append(tier, p.Endpoints[i])
		}
		out = append(out, tier)
	}
	return out
}
