package plan

import (
	"net/netip"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/health"
)

// maxFleetName is how long the name of a fleet may be in the messages between its clusters, and in a ClusterHealth.
const maxFleetName = 253

// BuildFleet says what a ClusterFailover means. What cannot be kept is refused with the reason and the way out: the fleet
// is then nil. The spec is only read; its defaults are filled in here. The timings are those of spec.edge, in its order; of
// an edge without one nothing is known.
func BuildFleet(spec *v1alpha1.ClusterFailover, timings ...EdgeTiming) (*Fleet, diag.List) {
	f, diags := SketchFleet(spec, timings...)
	if diags.HasErrors() {
		return nil, diags
	}
	return f, diags
}

// SketchFleet is BuildFleet for those who want to see what is wrong: a fleet that is refused comes, too, as far as it could be
// planned. Nothing must be written for it.
func SketchFleet(spec *v1alpha1.ClusterFailover, timings ...EdgeTiming) (*Fleet, diag.List) {
	b := &fleetBuilder{spec: &spec.Spec, timings: timings, fleet: &Fleet{
		Namespace: spec.Namespace, Name: spec.Name, ID: spec.Namespace + "/" + spec.Name,
		Hosts: slices.Clone(spec.Spec.Hosts), Health: healthOf(spec.Spec.Health),
		PeerAccess: string(or(spec.Spec.PeerAccess, v1alpha1.AccessPerClusterHost)),
		Gateway:    gatewayOf(spec.Spec.Gateway),
	}}
	b.name()
	b.clusters()
	b.server()
	b.keys()
	b.edges()
	b.objective()
	b.availability()
	b.minOut()
	b.maintenance()
	return b.fleet, b.diags
}

// fleetBuilder holds a fleet in the making. Its methods run in the order that BuildFleet gives.
type fleetBuilder struct {
	spec    *v1alpha1.ClusterFailoverSpec
	timings []EdgeTiming
	fleet   *Fleet
	diags   diag.List
}

func (b *fleetBuilder) at(names ...string) *field.Path { return field.NewPath("spec", names...) }

// name holds the fleet's name to what fits into a message: cut short, two fleets might take each other for one.
func (b *fleetBuilder) name() {
	if n := len(b.fleet.ID); n > maxFleetName {
		b.diags.Errorf(field.NewPath("metadata", "name"), codeFleetName,
			"namespace and name have %d characters together; messages between clusters take %d", n-1, maxFleetName-1).
			WithHint("shorten the name")
	}
	if len(b.fleet.Hosts) == 0 {
		b.diags.Errorf(b.at("hosts"), codeLimits, "there is no host").WithHint("list what users dial")
	}
}

// clusters lists the clusters, and to each one all others.
func (b *fleetBuilder) clusters() {
	f := b.fleet
	before := map[string]bool{}
	for i := range b.spec.Clusters {
		c, at := &b.spec.Clusters[i], b.at("clusters").Index(i)
		if before[c.Name] {
			b.diags.Errorf(at.Child("name"), codeTwice, "there are two clusters %q", c.Name).WithHint("rename one of the two")
		}
		before[c.Name] = true
		out := clusterOf(c)
		out.Token = health.Token(f.ID, c.Name)
		switch {
		case c.Ingress != nil && c.Ingress.Address != "":
			out.Address, out.PeerAddress = c.Ingress.Address, or(c.Ingress.PeerAddress, c.Ingress.Address)
		case len(b.spec.Clusters) > 1:
			b.diags.Errorf(at.Child("ingress", "address"), codeNoAddress,
				"the other clusters cannot reach %q, and no cluster could leave with its word", c.Name).
				WithHint("give the address of its gateway, its own and not one that the clusters share")
		}
		f.Clusters = append(f.Clusters, out)
	}
	if len(f.Clusters) == 0 {
		b.diags.Errorf(b.at("clusters"), codeLimits, "there is no cluster").WithHint("list the clusters of the fleet")
	}
	if b.diags.HasErrors() {
		return
	}
	for i := range f.Clusters {
		for j := range f.Clusters {
			if i != j {
				f.Clusters[i].Peers = append(f.Clusters[i].Peers, b.peer(f.Clusters[j]))
			}
		}
	}
}

// peer is how the others see a cluster. They dial its own address; the name that they send and want in its certificate
// is the first host, which every gateway serves, unless the fleet gives each cluster a host of its own.
func (b *fleetBuilder) peer(c FleetCluster) FleetPeer {
	server, name := c.PeerAddress, b.fleet.Hosts[0]
	ip, err := netip.ParseAddr(c.PeerAddress)
	switch {
	case err == nil && ip.Is6():
		server = "[" + c.PeerAddress + "]"
	case err != nil && or(b.spec.PeerAccess, v1alpha1.AccessPerClusterHost) == v1alpha1.AccessPerClusterHost:
		name = c.PeerAddress
	}
	return FleetPeer{
		Name: c.Name, URLs: []string{"https://" + server + b.fleet.Health.Path + "/peer"}, Host: name,
		Rotation: c.Rotation, Token: c.Token,
	}
}

func (b *fleetBuilder) keys() {
	if h := b.fleet.Health; len(b.spec.Clusters) > 1 && h.KeysSecret == "" && h.KeysFolder == "" {
		b.diags.Errorf(b.at("health", "peerKeys"), codeNoKeys, "messages between the clusters are signed, and no keys are given").
			WithHint("name the Secret that holds them in each cluster: peerKeys: {secret: {name: spillway-peer-keys}}")
	}
}

// edges works out how long each edge takes.
func (b *fleetBuilder) edges() {
	f := b.fleet
	for i, e := range b.spec.Edge {
		edge := Edge{Index: i}
		if i < len(b.timings) {
			edge.Timing = b.timings[i]
		}
		edge.EdgeTime = f.Health.timeOf(string(e.Type), edge.Timing)
		if e.Options != nil {
			edge.Options = string(e.Options.Raw)
		}
		f.Edges = append(f.Edges, edge)
		f.Health.ExpectProbes = f.Health.ExpectProbes || edge.Timing.Probes
	}
	if s := b.spec.Health; s != nil && s.ExpectProbes != nil {
		f.Health.ExpectProbes = *s.ExpectProbes
	}
	if f.Health.CheckerDown == "" {
		f.Health.CheckerDown = string(checkerDown(f.Edges))
	}
}

// checkerDown is what to answer where no health server is left, unless the spec says it. A cluster whose verdict nobody knows
// may leave only edges that still serve users when all clusters have left; behind any other it stays, as without an edge.
func checkerDown(edges []Edge) v1alpha1.CheckerDown {
	probed, open := 0, 0
	for _, e := range edges {
		if e.Timing.Probes {
			probed++
		}
		if e.Timing.Probes && e.Timing.FailsOpen {
			open++
		}
	}
	if probed > 0 && open == probed {
		return v1alpha1.CheckerDownLeave
	}
	return v1alpha1.CheckerDownStay
}

// objective refuses one that the slowest edge cannot keep.
func (b *fleetBuilder) objective() {
	f := b.fleet
	if b.spec.Objective == nil {
		return
	}
	f.Availability = string(b.spec.Objective.Availability)
	if b.spec.Objective.RTO == nil {
		return
	}
	f.Objective = b.spec.Objective.RTO.Duration
	at := b.at("objective", "rto")
	if len(f.Edges) == 0 {
		b.diags.Warnf(at, codeNoWorstCase, "no edge is declared, so it is not known how long users wait").
			WithHint("list what stands before the clusters under edge")
	}
	var slowest EdgeTime
	for _, e := range f.Edges {
		if !e.Known {
			b.diags.Warnf(at, codeNoWorstCase, "it is not known how long the edge %s takes, so rto is not held against it", e.Type).
				WithHint("measure it")
		}
		if e.Slowest() > slowest.Slowest() {
			slowest = e.EdgeTime
		}
	}
	if f.Objective >= slowest.Slowest() {
		return
	}
	hint := []string{"write " + slowest.Slowest().String() + " or more, or choose a faster edge"}
	if slowest.Strict > slowest.Gateway {
		hint = append(hint, "the checks' round, thresholds.fall and guard.poll count too")
	}
	if slowest.Beyond != "" {
		hint = append(hint, slowest.Beyond+" come on top in any case")
	}
	b.diags.Errorf(at, codeObjective, "the edge %s takes longer than %s in the worst case: %s after a gateway dies, %s after a check fails",
		slowest.Type, f.Objective, slowest.Gateway, slowest.Strict).WithHint("%s", strings.Join(hint, "; "))
}

// minOut keeps a cluster out for as long as the slowest edge takes to see it: one that came back sooner would have left in
// vain.
func (b *fleetBuilder) minOut() {
	g := &b.fleet.Health.Guard
	given := b.spec.Health != nil && b.spec.Health.Guard != nil && b.spec.Health.Guard.MinOut != nil
	for _, e := range b.fleet.Edges {
		if e.Strict <= g.MinOut {
			continue
		}
		if given {
			b.diags.Notef(b.at("health", "guard", "minOut"), codeMinOut, "%s is raised to %s, the longest that the edge %s takes",
				g.MinOut, e.Strict, e.Type)
		}
		g.MinOut = e.Strict
	}
}

// TogetherFleets finds fleets that would write one another's objects: the result has one list per fleet, in the order
// given; the first of two stays.
func TogetherFleets(specs []*v1alpha1.ClusterFailover) []diag.List {
	out := make([]diag.List, len(specs))
	type object struct{ namespace, name string }
	fleets, healths := map[object]bool{}, map[object]string{}
	for i, s := range specs {
		id := object{s.Namespace, s.Name}
		about := v1alpha1.KindClusterFailover + " " + s.Namespace + "/" + s.Name
		if fleets[id] {
			out[i].Errorf(field.NewPath("metadata", "name"), codeDuplicate, "there are two %s", about).WithHint(
				"the second would overwrite the first: rename one, or give each file once")
			continue
		}
		fleets[id] = true
		for j := range s.Spec.Clusters {
			written := object{s.Namespace, s.Spec.Clusters[j].Name}
			if other, taken := healths[written]; taken && other != about {
				out[i].Errorf(field.NewPath("spec", "clusters").Index(j).Child("name"), codeHealthTwice,
					"%s writes the ClusterHealth %s/%s, too", other, written.namespace, written.name).
					WithHint("put one of the fleets into another namespace, such as that of its own gateway")
				continue
			}
			healths[written] = about
		}
	}
	return out
}
