package istio

import (
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
)

// regionFilter is what the EnvoyFilter of one client region does.
type regionFilter struct {
	region  string
	patches render.List
}

// regionFilters are one per client region that is named, with mechanism M3.
func (w writer) regionFilters() []regionFilter {
	if w.Order.Mechanism != plan.MechanismPriorities {
		return nil
	}
	var out []regionFilter
	for _, c := range w.Tiers {
		if c.Region == "" || c.Region == plan.Anyone {
			continue
		}
		f := regionFilter{region: c.Region}
		for _, context := range w.contexts() {
			for _, p := range w.Ports {
				f.patches = append(f.patches, w.endpointsPatch(context, p, c.Tiers))
			}
		}
		out = append(out, f)
	}
	return out
}

// commonTiers are the explicit tiers of the clients that no region's filter reaches, if they have any.
func (w writer) commonTiers() ([][]string, bool) {
	if w.Order.Mechanism != plan.MechanismPriorities {
		return nil, false
	}
	return w.Others()
}

// endpointsPatch replaces the endpoints of a port's cluster, with the priority that each has for these clients.
func (w writer) endpointsPatch(context string, p plan.Port, tiers [][]string) render.Item {
	var groups render.List
	for priority, tier := range tiers {
		for _, name := range tier {
			groups = append(groups, w.endpointGroup(p, w.endpoints[name], priority))
		}
	}
	return patch("CLUSTER", w.clusterMatch(context, p, ""), "MERGE_AND_REPLACE_LIST",
		"replaces the endpoints: MERGE would add them to Istio's own", render.Map{
			kv("load_assignment", render.Map{kv("endpoints", groups)}),
		})
}

// endpointGroup is one endpoint as a locality of its own, so that its weight holds however many addresses it has.
func (w writer) endpointGroup(p plan.Port, e plan.Endpoint, priority int) render.Map {
	address, number := w.Dial(&e, &p)
	endpoint := render.Map{kv("address", render.Map{kv("socket_address", render.Inline{
		kv("address", address), kv("port_value", number),
	})})}
	if w.Gateway == nil && (w.needsNames() && p.Protocol.IsHTTP() || p.TLS) {
		endpoint = append(endpoint, w.ownName(e)...)
	}
	weight := kv("load_balancing_weight", max(e.Weight, 1))
	if priority == 0 {
		weight.Comment = "Envoy sends nothing to a locality without a weight"
	}
	return render.Map{
		kv("priority", priority),
		kv("locality", render.Inline{kv("region", e.Name)}),
		weight,
		kv("lb_endpoints", render.List{render.Map{kv("endpoint", endpoint)}}),
	}
}

// needsNames says that SNI or Host come from the endpoint's name.
func (w writer) needsNames() bool {
	return w.Identity.PerEndpointSNI || w.Identity.HostMode == plan.HostPerEndpoint
}

// ownName is the endpoint's name where that is not its address, and the Host of its health checks.
func (w writer) ownName(e plan.Endpoint) render.Map {
	var out render.Map
	if w.needsNames() && e.ServerName != e.Address {
		out = append(out, why("the name for SNI and Host; the default would be the address", "hostname", e.ServerName))
	}
	if w.Detect.Active != nil && w.Detect.Active.OwnHosts {
		out = append(out, why("the Host of its health checks, over the one of all", "health_check_config",
			render.Inline{kv("hostname", e.ServerName)}))
	}
	return out
}
