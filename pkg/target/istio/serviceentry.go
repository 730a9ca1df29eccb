package istio

import (
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
)

// serviceEntries make the host known, with every endpoint once per set that it is in; and, behind a waypoint, what the
// waypoint dials for it.
func (w writer) serviceEntries() []target.Object {
	front := w.serviceEntry(w.Host, w.Name, true)
	if w.Waypoint != nil {
		front.Labels["istio.io/use-waypoint"] = w.Waypoint.Name
		if w.Waypoint.Namespace != w.Namespace {
			front.Labels["istio.io/use-waypoint-namespace"] = w.Waypoint.Namespace
		}
	}
	if w.dialled() == w.Host {
		return []target.Object{front}
	}
	return []target.Object{w.serviceEntry(w.dialled(), w.ObjectName(w.Namespace, "relay"), false), front}
}

func (w writer) serviceEntry(host, name string, addressed bool) target.Object {
	spec := render.Map{
		kv("hosts", render.Strings(host)),
		w.exportTo(),
	}
	if len(w.Addresses) > 0 && addressed {
		spec = append(spec, why("with DNS capture the host resolves to this address, inside the mesh only",
			"addresses", render.Strings(w.Addresses...)))
	}
	spec = append(spec,
		w.location(),
		kv("ports", w.servicePorts()),
		w.resolution(),
		why(w.localityComment(), "endpoints", w.serviceEndpoints()),
	)
	entry := w.object("ServiceEntry", plan.RankServiceEntry, w.Namespace, name, render.Map{kv("spec", spec)})
	if w.Asked != "" && addressed {
		entry.Annotations[plan.AnnotationSpec] = w.Asked
	}
	return entry
}

func (w writer) resolution() render.Field {
	if w.Gateway != nil {
		return why("each pod of the gateway is an address of its own, left when it dies", "resolution", "DNS")
	}
	return why("never STATIC: only endpoints of a DNS host carry a name of their own, for SNI and Host", "resolution", "DNS")
}

func (w writer) location() render.Field {
	if w.Gateway != nil {
		return why("the endpoints are ports of the egress gateway, one for each region", "location", "MESH_INTERNAL")
	}
	return kv("location", "MESH_EXTERNAL")
}

func (w writer) servicePorts() render.List {
	ports := make(render.List, 0, len(w.Ports))
	for _, p := range w.Ports {
		m := render.Map{kv("number", p.Number), kv("name", p.Name), kv("protocol", string(p.Protocol))}
		if p.TargetPort != 0 && p.TargetPort != p.Number && w.Gateway == nil {
			f := kv("targetPort", p.TargetPort)
			if p.TLS {
				f.Comment = "the application speaks plain " + string(p.Protocol) + ", the proxy adds TLS on the way to this port"
			}
			m = append(m, f)
		}
		ports = append(ports, m)
	}
	return ports
}

func (w writer) localityComment() string {
	switch w.Order.Mechanism {
	case plan.MechanismSubsets:
		return "localities are names for the failover entries, no places; one copy of an endpoint per order"
	case plan.MechanismPriorities:
		return "what proxies get that no EnvoyFilter reaches; the others get their tiers there"
	default:
		return "localities are names for the failover entries, no places"
	}
}

func (w writer) serviceEndpoints() render.List {
	var out render.List
	for _, set := range w.Order.Sets {
		for _, m := range set.Members {
			e := w.endpoints[m.Endpoint]
			address, _ := w.Dial(&e, &w.Ports[0])
			entry := render.Map{kv("address", address)}
			if m.Locality != "" {
				entry = append(entry, kv("locality", m.Locality))
			}
			if set.Name != "" {
				entry = append(entry, kv("labels", render.Inline{kv(plan.LabelOrder, set.Name)}))
			}
			if ports := w.ownPorts(e); len(ports) > 0 {
				entry = append(entry, kv("ports", ports))
			}
			if e.Weight > 1 {
				entry = append(entry, kv("weight", e.Weight))
			}
			out = append(out, entry)
		}
	}
	return out
}

// ownPorts are the ports on which the endpoint listens elsewhere than the others.
func (w writer) ownPorts(e plan.Endpoint) render.Inline {
	var out render.Inline
	for _, p := range w.Ports {
		if _, own := e.Ports[p.Name]; own || w.Gateway != nil {
			_, n := w.Dial(&e, &p)
			out = append(out, kv(p.Name, n))
		}
	}
	return out
}
