package plan

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

// unit is what failover[].to names: an endpoint, or a group of them that share a tier.
type unit struct {
	name      string
	endpoints []int // indexes
}

// endpoints fills in the endpoints and gathers them into units.
func (b *builder) endpoints() {
	n := len(b.spec.Endpoints)
	b.plan.Endpoints = make([]Endpoint, 0, n)
	b.names = make([]names, 0, n)
	b.units = make([]unit, 0, n)
	b.unitsKnown = true
	backing := make([]int, n)
	for i := range b.spec.Endpoints {
		s := &b.spec.Endpoints[i]
		e := Endpoint{Name: s.Name, Tier: s.Name, Address: s.Address, Region: s.Locality, Weight: 1}
		if s.Group != "" {
			e.Tier = s.Group
		}
		if s.Weight != nil && *s.Weight > 1 {
			e.Weight = int(*s.Weight)
		}
		e.IP = isIP(s.Address)
		b.endpointPorts(i, s, &e)
		b.endpointName(i, e.Name)
		b.names = append(b.names, namesOf(s, e.IP, b.spec.Host))
		e.ServerName = b.names[i].server
		b.plan.Endpoints = append(b.plan.Endpoints, e)
		backing[i] = i
		if u := b.unitNamed(e.Tier); u >= 0 {
			b.units[u].endpoints = append(b.units[u].endpoints, i)
		} else {
			b.units = append(b.units, unit{name: e.Tier, endpoints: backing[i : i+1 : i+1]})
		}
	}
	b.groupsApart()
}

func (b *builder) endpointPorts(i int, s *v1alpha1.Endpoint, e *Endpoint) {
	if len(s.Ports) == 0 {
		return
	}
	e.Ports = make(map[string]int, len(s.Ports))
	for name, number := range s.Ports {
		e.Ports[name] = int(number)
	}
	for _, name := range sortedKeys(s.Ports) {
		if !slices.ContainsFunc(b.plan.Ports, func(p Port) bool { return p.Name == name }) {
			b.diags.Errorf(b.at("endpoints").Index(i).Child("ports").Key(name), codePort, "the host has no port named %q",
				name).WithHint("use a name from spec.ports: %s", portNames(b.plan.Ports))
		}
	}
}

func (b *builder) endpointName(i int, name string) {
	for j := range b.plan.Endpoints {
		if b.plan.Endpoints[j].Name == name {
			b.diags.Errorf(b.at("endpoints").Index(i).Child("name"), codeTwice, "there are two endpoints named %q", name).
				WithHint("give each endpoint a name of its own; endpoints of one tier share a group, not a name")
			b.unitsKnown = false
			return
		}
	}
}

// groupsApart refuses a group that is called like an endpoint outside it: `to` could mean either.
func (b *builder) groupsApart() {
	for i := range b.spec.Endpoints {
		group := b.spec.Endpoints[i].Group
		if group == "" {
			continue
		}
		j := slices.IndexFunc(b.spec.Endpoints, func(o v1alpha1.Endpoint) bool { return o.Name == group })
		if j >= 0 && b.spec.Endpoints[j].Group != group {
			b.diags.Errorf(b.at("endpoints").Index(i).Child("group"), codeTwice, "the group %q is called like an endpoint "+
				"that is not in it, so failover[].to could mean either", group).WithHint("give the group another name")
			b.unitsKnown = false
		}
	}
}

func (b *builder) unitNamed(name string) int {
	for i := range b.units {
		if b.units[i].name == name {
			return i
		}
	}
	return -1
}

func isIP(address string) bool {
	_, err := netip.ParseAddr(address)
	return err == nil
}

func portNames(ports []Port) string {
	names := make([]string, len(ports))
	for i := range ports {
		names[i] = ports[i].Name
	}
	return strings.Join(names, ", ")
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
