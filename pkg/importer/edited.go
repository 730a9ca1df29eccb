package importer

import (
	"slices"

	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/behaviour"
	"github.com/spillway-mesh/spillway/pkg/plan"
)

// edited joins what is remembered with what the objects say: a part of which they say something else is taken from them.
func (l *lifter) edited(one *Imported, platform plan.Platform) {
	lifted, asked := one.Spec, l.asked
	one.Spec = asked
	at := "metadata.annotations[" + plan.AnnotationSpec + "]"
	s := Generate(asked, platform, l.host.Addresses)
	if s == nil {
		one.Spec = lifted
		l.decide(l.host.Entry().Object, at, "the spec that the annotation remembers is refused today; the spec is made of what the objects say")
		return
	}
	m := mesh.New(s, mesh.Options{})
	hosts := m.HostsNamed(l.host.Name)
	if len(hosts) == 0 {
		return
	}
	generated := behaviour.Of(m, hosts[0], "")
	changes := behaviour.Between(generated, l.view, Options(asked, l.view, generated))
	if len(changes) == 0 {
		l.decide(l.host.Entry().Object, at, "the objects are not quite those that this release generates from the spec they remember, and do the same")
		return
	}
	for _, c := range changes {
		l.tellEdit(c)
		l.take(asked, lifted, c.Topic)
	}
}

func (l *lifter) tellEdit(c behaviour.Change) {
	d := l.decide(l.host.Entry().Object, "", "changed by hand: %s", c)
	d.Code = codeEdited
}

// take takes the part that a topic is about from the lifted spec.
func (l *lifter) take(into, from *v1alpha1.ExternalFailover, topic behaviour.Topic) {
	to, of := &into.Spec, &from.Spec
	switch topic {
	case behaviour.Visibility:
		to.Clients = joinClients(to.Clients, of.Clients)
	case behaviour.Address:
		to.Addresses = of.Addresses
	case behaviour.Ports:
		to.Ports, to.TLS = of.Ports, of.TLS
	case behaviour.Endpoints, behaviour.Names:
		to.Endpoints = of.Endpoints
	case behaviour.Tiers:
		to.Failover = of.Failover
	case behaviour.Ejection, behaviour.Pools, behaviour.Checks:
		to.Detect = of.Detect
	case behaviour.Trust:
		to.TLS = of.TLS
	case behaviour.Requests:
		to.Preset, to.Requests = "", of.Requests
	}
}

func joinClients(known, lifted *v1alpha1.Clients) *v1alpha1.Clients {
	out := &v1alpha1.Clients{}
	if known != nil {
		out = known.DeepCopy()
	}
	out.Namespaces = nil
	if lifted != nil {
		out.Namespaces = lifted.Namespaces
	}
	return out
}

// Options are what to compare two views of the host of a spec by: all regions that any of them names, and the spec's
// names for endpoints.
func Options(spec *v1alpha1.ExternalFailover, views ...*behaviour.View) behaviour.Options {
	o := behaviour.Options{Labels: labelsOf(spec)}
	var regions []string
	for _, f := range spec.Spec.Failover {
		if f.From != v1alpha1.FromAnyone {
			regions = append(regions, f.From)
		}
	}
	if spec.Spec.Clients != nil {
		regions = append(regions, spec.Spec.Clients.Regions...)
	}
	for _, v := range views {
		regions = append(regions, v.Regions()...)
	}
	slices.Sort(regions)
	o.Regions = append(slices.Compact(regions), behaviour.Elsewhere)
	return o
}

// labelsOf names endpoints by their region where it is one's alone, else by their name.
func labelsOf(spec *v1alpha1.ExternalFailover) map[string]string {
	counts := map[string]int{}
	for _, e := range spec.Spec.Endpoints {
		counts[e.Locality]++
	}
	out := make(map[string]string, len(spec.Spec.Endpoints))
	for _, e := range spec.Spec.Endpoints {
		out[e.Address] = e.Name
		if e.Locality != "" && counts[e.Locality] == 1 {
			out[e.Address] = e.Locality
		}
	}
	return out
}
