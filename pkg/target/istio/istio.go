// Package istio writes plans as Istio objects: ServiceEntry, DestinationRule, VirtualService, EnvoyFilter, and Role and
// RoleBinding where proxies read a client certificate.
//
// The plan has decided pattern and order mechanism; this package only writes them down, one file per object or patch,
// and says in Check what Istio cannot express. It imports target, plan, diag and render, and neither Istio's nor Envoy's
// Go types: the tests hold its output against those. Start reading at Target.Render.
package istio

import (
	"slices"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/istio/egress"
	"github.com/spillway-mesh/spillway/pkg/target/istio/policy"
)

var _ target.Target = Target{}

// Target writes Istio objects.
type Target struct{}

// New is the target istio.
func New() Target { return Target{} }

const (
	networkingV1       = "networking.istio.io/v1"
	networkingV1alpha3 = "networking.istio.io/v1alpha3"
	securityV1         = "security.istio.io/v1"
	rbacV1             = "rbac.authorization.k8s.io/v1"
)

// Info says what the target is.
func (Target) Info() target.Info {
	return target.Info{
		Name:      "istio",
		Summary:   "Istio objects for sidecars, gateways and waypoints",
		Stability: "Beta",
		Kinds: append(target.Kinds(target.SemanticsRun("istiod 1.31 and Envoy 1.40"),
			"ServiceEntry.networking.istio.io", "DestinationRule.networking.istio.io", "VirtualService.networking.istio.io",
			"EnvoyFilter.networking.istio.io", "Role.rbac.authorization.k8s.io", "RoleBinding.rbac.authorization.k8s.io"),
			egress.Kinds()...),
	}
}

// Render writes the objects in the order in which they must be applied.
func (Target) Render(p *plan.Plan) ([]target.Object, error) {
	w := newWriter(p)
	objects := append(w.rbac(), egress.Objects(p)...)
	objects = append(objects, w.destinationRules()...)
	objects = append(objects, w.access()...)
	objects = append(objects, w.envoyFilters()...)
	if vs, ok := w.virtualService(); ok {
		objects = append(objects, vs)
	}
	return append(objects, w.serviceEntries()...), nil
}

// writer holds what several objects of one plan need.
type writer struct {
	*plan.Plan
	endpoints map[string]plan.Endpoint
}

func newWriter(p *plan.Plan) writer {
	w := writer{Plan: p, endpoints: make(map[string]plan.Endpoint, len(p.Endpoints))}
	for _, e := range p.Endpoints {
		w.endpoints[e.Name] = e
	}
	return w
}

// object is one that belongs to the plan; spec follows its metadata.
func (w writer) object(kind string, rank int, namespace, name string, body render.Map) target.Object {
	policy.SayOnce(body)
	version := networkingV1
	switch rank {
	case plan.RankRBAC:
		version = rbacV1
	case plan.RankPolicy:
		version = securityV1
	case plan.RankEnvoyFilter:
		version = networkingV1alpha3
	}
	return target.Object{
		APIVersion: version, Kind: kind, Namespace: namespace, Name: name, Rank: rank,
		Labels:      map[string]string{plan.LabelManagedBy: plan.ManagedBy, plan.LabelOwner: w.OwnerLabel()},
		Annotations: map[string]string{plan.AnnotationOwner: w.Owner()},
		Body:        body,
	}
}

// exportTo names the namespaces that may see the host.
func (w writer) exportTo() render.Field {
	if w.everywhere() {
		return kv("exportTo", render.Strings(w.Clients.Namespaces...))
	}
	return why("nobody else sees the host", "exportTo", render.Strings(w.seenBy()...))
}

// seenBy are the client namespaces, and that of the waypoint which dials for them.
func (w writer) seenBy() []string {
	if w.Waypoint == nil || slices.Contains(w.Clients.Namespaces, w.Waypoint.Namespace) {
		return w.Clients.Namespaces
	}
	out := append(slices.Clone(w.Clients.Namespaces), w.Waypoint.Namespace)
	slices.Sort(out)
	return out
}

// dialled is the host whose endpoints the clients' proxies choose among: behind a waypoint with a gateway it is another than
// the one that clients name, because a waypoint does not speak the mesh's own TLS for a host that it serves itself.
func (w writer) dialled() string {
	if w.Gateway != nil && w.Gateway.Relay != "" {
		return w.Gateway.Relay
	}
	return w.Host
}

// everywhere says that clients are in all namespaces.
func (w writer) everywhere() bool {
	return len(w.Clients.Namespaces) == 1 && w.Clients.Namespaces[0] == "*"
}

// httpPorts are the ports on which requests can be told apart.
func (w writer) httpPorts() []plan.Port {
	var out []plan.Port
	for _, p := range w.Ports {
		if p.Protocol.IsHTTP() {
			out = append(out, p)
		}
	}
	return out
}

func kv(key string, value any) render.Field { return render.Field{Key: key, Value: value} }

func why(comment, key string, value any) render.Field {
	return render.Field{Key: key, Value: value, Comment: comment}
}
