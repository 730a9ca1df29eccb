package plan

import (
	"fmt"
	"hash/fnv"
	"strings"
)

// Labels and annotations of everything that is written for a spec.
const (
	LabelManagedBy  = "app.kubernetes.io/managed-by" // always ManagedBy
	ManagedBy       = "spillway"
	LabelOwner      = "spillway.dev/owner" // OwnerLabel: short enough for a label
	AnnotationOwner = "spillway.dev/owner" // Owner: in full
	AnnotationSpec  = "spillway.dev/spec"  // Plan.Asked, on the ServiceEntry: what import needs to bring the spec back
	LabelOrder      = "spillway.dev/order" // the set that an endpoint's copy belongs to, with M2
	LabelRegion     = "topology.kubernetes.io/region"
)

// Ranks are the <nn> of file names: objects are applied in this order and deleted in reverse, so that nothing is sent
// half-configured.
const (
	RankRBAC            = 0
	RankClusterHealth   = 5 // what the health server goes by, there before anything that asks it
	RankHealthServer    = 6
	RankEgressGateway   = 6 // the gateway itself, shared by specs
	RankHop             = 8 // what it does for a spec; no request comes before the spec's own objects are there
	RankDestinationRule = 10
	RankPolicy          = 15 // before the route that it guards
	RankEnvoyFilter     = 20
	RankGateway         = 25
	RankVirtualService  = 30
	RankServiceEntry    = 40
	RankMonitoring      = 50 // its kinds are there only where an operator is
	RankMaintenance     = 60 // last: it starts commands that need all of the rest
)

const (
	maxLabel = 63  // of Kubernetes label values and of DNS labels
	maxName  = 253 // of Kubernetes object names
)

// Owner is the spec that the plan came from, as namespace/name.
func (p *Plan) Owner() string { return p.Namespace + "/" + p.Name }

// OwnerLabel is the owner as a label value. A namespace holds no dot, so two owners never share one.
func (p *Plan) OwnerLabel() string { return ownerLabel(p.Namespace, p.Name) }

func ownerLabel(namespace, name string) string { return shorten(namespace+"."+name, maxLabel) }

// MeshName names the rule of a service of the mesh over all clusters.
func (f *Fleet) MeshName(service string) string {
	return shorten(strings.ReplaceAll(f.Name, ".", "-")+"-mesh-"+service, maxName)
}

// MaintenanceName names what sets the mode for windows. A CronJob leaves eleven characters to the names of its Jobs.
func (f *Fleet) MaintenanceName() string {
	const most = 52
	return shorten(f.Name+"-maintenance", most)
}

// ObjectName names an object that is written for the spec into a namespace; parts tell several of one kind apart, in
// lower case and DNS characters only. Only the first object of a kind at home has the spec's plain name; all others carry
// a hash of the owner, because a spec of that very name may live there: orders-us-east1 beside orders.
func (p *Plan) ObjectName(namespace string, parts ...string) string {
	name := p.Name
	if namespace != p.Namespace || len(parts) > 0 {
		name += "-" + hash(p.Owner())
	}
	return shorten(strings.Join(append([]string{name}, parts...), "-"), maxName)
}

// RegionPart makes a client region fit for ObjectName: regions are label values, which may hold capitals, dots and
// underscores that names may not.
func RegionPart(region string) string {
	switch region {
	case "":
		return "no-region"
	case Anyone:
		return "everyone"
	}
	safe := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-':
			return r
		case r >= 'A' && r <= 'Z':
			return r + ('a' - 'A')
		default:
			return '-'
		}
	}, region)
	if trimmed := strings.Trim(safe, "-"); trimmed != region {
		return shorten(strings.TrimLeft(trimmed+"-"+hash(region), "-"), maxLabel)
	}
	return shorten(region, maxLabel)
}

// setName names the set with the given index, as a subset and as a label value.
func setName(i int) string { return fmt.Sprintf("o%d", i+1) }

// shorten keeps a name within a limit: what is cut off is replaced by a hash of the whole.
func shorten(name string, limit int) string {
	if len(name) <= limit {
		return name
	}
	sum := hash(name)
	return strings.TrimRight(name[:limit-len(sum)-1], "-._") + "-" + sum
}

// hash is eight hexadecimal digits; it tells names apart and protects nothing.
func hash(s string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(s)) // a hash never fails to write
	return fmt.Sprintf("%08x", h.Sum32())
}
