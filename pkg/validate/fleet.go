package validate

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

// ClusterFailover tells everything that is wrong with the fields of one object.
func ClusterFailover(x *v1alpha1.ClusterFailover) diag.List {
	c := &checker{}
	c.metadata(x)
	s, at := &x.Spec, field.NewPath("spec")
	c.hosts(at.Child("hosts"), s.Hosts)
	c.clusters(at.Child("clusters"), s)
	if g := s.Gateway; g != nil {
		c.gateway(at.Child("gateway"), g)
	}
	if s.Server != nil {
		c.server(at.Child("server"), s.Server)
	}
	if o := s.Objective; o != nil {
		c.objective(at.Child("objective"), o)
	}
	choice(c, at.Child("peerAccess"), s.PeerAccess, false, v1alpha1.AccessPerClusterHost, v1alpha1.AccessInternalLoadBalancer,
		v1alpha1.AccessAddress)
	if m := s.Maintenance; m != nil {
		c.maintenance(at.Child("maintenance"), m)
	}
	if s.Health != nil {
		c.health(at.Child("health"), s.Health)
		c.maxOut(at.Child("health", "guard", "maxOut"), s)
	}
	c.edges(at.Child("edge"), s.Edge)
	return c.diags
}

func (c *checker) hosts(at *field.Path, hosts []string) {
	c.count(at, len(hosts), 1, 64)
	before := seen{}
	for i, h := range hosts {
		if at := at.Index(i); c.required(at, h, longestName) && !c.twice(before, at, h, "the host") {
			c.dnsName(at, "SP111", h)
		}
	}
}

func (c *checker) clusters(at *field.Path, s *v1alpha1.ClusterFailoverSpec) {
	c.count(at, len(s.Clusters), 1, maxPeers+1)
	names, addresses := seen{}, seen{}
	roles := map[v1alpha1.ClusterRole]int{}
	for i := range s.Clusters {
		k, at := &s.Clusters[i], at.Index(i)
		if c.dnsLabel(at.Child("name"), k.Name, longestEndpoint) {
			c.twice(names, at.Child("name"), k.Name, "the cluster")
		}
		if k.Region != "" {
			c.region(at.Child("region"), k.Region)
		}
		choice(c, at.Child("role"), k.Role, false, v1alpha1.RoleActive, v1alpha1.RolePrimary, v1alpha1.RoleSecondary)
		roles[k.Role]++
		c.rotation(at.Child("rotation"), k.Rotation)
		c.capacity(at.Child("capacity"), k.Capacity)
		if k.Ingress != nil {
			c.address(at.Child("ingress", "address"), k.Ingress.Address)
			c.twice(addresses, at.Child("ingress", "address"), k.Ingress.Address, "the address")
			if a := k.Ingress.PeerAddress; a != "" && a != k.Ingress.Address {
				c.address(at.Child("ingress", "peerAddress"), a)
				c.twice(addresses, at.Child("ingress", "peerAddress"), a, "the address")
			}
		}
		c.egress(at.Child("egress"), k.Egress)
		if k.GKE != nil {
			c.required(at.Child("gke", "project"), k.GKE.Project, longestLabel)
			c.required(at.Child("gke", "location"), k.GKE.Location, longestLabel)
			c.short(at.Child("gke", "fleetMembership"), k.GKE.FleetMembership, longestLabel)
		}
		if k.Maintenance != nil {
			c.window(at.Child("maintenance"), k.Maintenance)
		}
	}
	active := roles[v1alpha1.RoleActive] + roles[""]
	switch {
	case roles[v1alpha1.RolePrimary]+roles[v1alpha1.RoleSecondary] == 0:
	case active > 0:
		c.errorf(at, "SP551", "some clusters are Active and others Primary or Secondary").
			WithHint("either all are Active, or one is Primary and the others are Secondary")
	case roles[v1alpha1.RolePrimary] != 1:
		c.errorf(at, "SP551", "%d clusters are Primary, not one", roles[v1alpha1.RolePrimary]).
			WithHint("make one Primary and the others Secondary")
	}
	if len(s.Clusters) == 1 {
		c.diags.Warnf(at, "SP552", "there is one cluster only: it never leaves, whatever its health").WithHint("add the cluster that stands in for it")
	}
}

// maxOut wants one cluster to stay.
func (c *checker) maxOut(at *field.Path, s *v1alpha1.ClusterFailoverSpec) {
	g := s.Health.Guard
	if g != nil && g.MaxOut != nil && int(*g.MaxOut) >= len(s.Clusters) && len(s.Clusters) > 1 {
		c.errorf(at, "SP553", "%d of %d clusters may be out at once: nobody would be left", *g.MaxOut, len(s.Clusters)).
			WithHint("write at most %d", len(s.Clusters)-1)
	}
}

func (c *checker) objective(at *field.Path, o *v1alpha1.Objective) {
	c.duration(at.Child("rto"), o.RTO)
	if o.Availability == "" {
		return
	}
	if f, err := o.Availability.Float64(); err != nil || f <= 0 || f >= 100 {
		c.errorf(at.Child("availability"), "SP104", "%s is not a percentage below 100", quote(string(o.Availability))).WithHint("such as 99.5")
	}
}

func (c *checker) edges(at *field.Path, edges []v1alpha1.Edge) {
	c.count(at, len(edges), 0, 16)
	types := seen{}
	for i := range edges {
		at := at.Index(i).Child("type")
		choice(c, at, edges[i].Type, true, v1alpha1.EdgeGKEIngress, v1alpha1.EdgeGKEGateway, v1alpha1.EdgeMultiClusterGateway,
			v1alpha1.EdgeMultiClusterIngress, v1alpha1.EdgeRoute53, v1alpha1.EdgeExternalDNS, v1alpha1.EdgeCloudDNS, v1alpha1.EdgeALB,
			v1alpha1.EdgeNLB, v1alpha1.EdgeMesh)
		if edges[i].Type != "" {
			c.twice(types, at, string(edges[i].Type), "the edge")
		}
	}
}

// sorted is the keys of a map in order.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
