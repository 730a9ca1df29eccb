package plan

import "slices"

// FleetPattern is one way to fail over between clusters, as it would be for a fleet.
type FleetPattern struct {
	Name    string
	Edge    string // the type of edge that stands for it: the fleet's own, or the usual one
	Of      bool   // the fleet has it
	Times   EdgeTime
	Timing  EdgeTiming
	Keeps   string // what of the objective: yes, no, not known; empty if there is none
	Parts   []string
	Dies    string // what happens when the cluster dies that holds the configuration
	Careful string // what to know before choosing it
}

// patternFacts is what is true of a pattern for every fleet. The first edge is the usual one.
type patternFacts struct {
	name    string
	edges   []string
	parts   []string
	dies    string
	careful string
}

func patternsKnown() []patternFacts {
	return []patternFacts{
		{
			name:  "multi-cluster load balancer",
			edges: []string{"MultiClusterIngress", "MultiClusterGateway", "GKEIngress", "GKEGateway", "ALB", "NLB"},
			parts: []string{"one address for all clusters", "a fleet with one config cluster, once per project", "health checks from the load balancer's edge"},
			dies: "traffic goes on, and nothing can be changed until another cluster is made the config cluster: " +
				"the same objects must lie there already",
			careful: "with no healthy cluster it answers 502; a new cluster is built beside the old one with an address of its own",
		},
		{
			name:  "DNS",
			edges: []string{"Route53", "CloudDNS", "ExternalDNS"},
			parts: []string{"one address per cluster", "records and health checks of the DNS provider", "every resolver and client in between"},
			dies: "nothing, if the records are owned outside of the clusters; with external-dns a dead cluster's record stays, and its " +
				"health check keeps users from it",
			careful: "clients keep answers and connections for minutes longer than the TTL; with no healthy cluster all are given out",
		},
		{
			name:  "mesh over all clusters",
			edges: []string{"Mesh"},
			parts: []string{"east-west gateways", "one trust domain and a control plane that sees all clusters", "a locality failover for each service"},
			dies: "with one control plane for all, every proxy keeps its last configuration and none can start; with one for each, only that " +
				"cluster's",
			careful: "it moves calls between services: users from outside stay with the cluster that they entered, so that one of the others is " +
				"needed, too",
		},
	}
}

// Patterns compares the patterns for the fleet. The timings are those of each type of edge as it is usually set; the fleet's
// own edges count as they are.
func (f *Fleet) Patterns(usual map[string]EdgeTiming) []FleetPattern {
	known := patternsKnown()
	out := make([]FleetPattern, 0, len(known))
	for _, facts := range known {
		p := FleetPattern{Name: facts.name, Edge: facts.edges[0], Parts: facts.parts, Dies: facts.dies, Careful: facts.careful}
		p.Timing = usual[p.Edge]
		if i := slices.IndexFunc(f.Edges, func(e Edge) bool { return slices.Contains(facts.edges, e.Type) }); i >= 0 {
			p.Edge, p.Of, p.Timing = f.Edges[i].Type, true, f.Edges[i].Timing
		}
		p.Times = f.Health.timeOf(p.Edge, p.Timing)
		p.Keeps = f.keeps(p.Times)
		out = append(out, p)
	}
	return out
}

// keeps says whether the objective of the fleet is kept in the worst case.
func (f *Fleet) keeps(t EdgeTime) string {
	allowed, asked := f.Allowance()
	switch {
	case f.Objective == 0 && !asked:
		return ""
	case !t.Known:
		return "not known"
	case f.Objective > 0 && t.Slowest() > f.Objective, asked && t.Slowest() > allowed:
		return "no"
	case t.Beyond != "":
		return "yes, but for " + t.Beyond
	default:
		return "yes"
	}
}
