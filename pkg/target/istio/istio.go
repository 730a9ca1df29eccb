// Package istio writes plans as Istio objects: ServiceEntry, DestinationRule, VirtualService, EnvoyFilter, and Role and
// RoleBinding where proxies read a client certificate.
//
// The plan has decided pattern and order mechanism; this package only writes them down, one file per object or patch,
// and says in Check what Istio cannot express. It imports target, plan, diag and render, and neither Istio's nor Envoy's
// Go types: the tests hold its output against those. Start reading at Target.Render.
package istio

import (
	"strconv"
	"time"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
)

var _ target.Target = Target{}

// Target writes Istio objects.
type Target struct{}

// New is the target istio.
func New() Target { return Target{} }

const (
	networkingV1       = "networking.istio.io/v1"
	networkingV1alpha3 = "networking.istio.io/v1alpha3"
	rbacV1             = "rbac.authorization.k8s.io/v1"
)

// Info says what the target is.
func (Target) Info() target.Info {
	return target.Info{
		Name:      "istio",
		Summary:   "Istio objects for sidecars and gateways",
		Stability: "Beta",
		Kinds: target.Kinds(target.SemanticsRun("istiod 1.31 and Envoy 1.40"),
			"ServiceEntry.networking.istio.io", "DestinationRule.networking.istio.io", "VirtualService.networking.istio.io",
			"EnvoyFilter.networking.istio.io", "Role.rbac.authorization.k8s.io", "RoleBinding.rbac.authorization.k8s.io"),
	}
}

// Render writes the objects in the order in which they must be applied.
func (Target) Render(p *plan.Plan) ([]target.Object, error) {
	w := newWriter(p)
	objects := w.rbac()
	objects = append(objects, w.destinationRules()...)
	objects = append(objects, w.envoyFilters()...)
	if vs, ok := w.virtualService(); ok {
		objects = append(objects, vs)
	}
	return append(objects, w.serviceEntry()), nil
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
	sayOnce(body)
	version := networkingV1
	switch rank {
	case plan.RankRBAC:
		version = rbacV1
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
	return why("nobody else sees the host", "exportTo", render.Strings(w.Clients.Namespaces...))
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

// targetPort is where an endpoint listens for a port of the host.
func targetPort(e plan.Endpoint, p plan.Port) int {
	if n, ok := e.Ports[p.Name]; ok {
		return n
	}
	if p.TargetPort != 0 {
		return p.TargetPort
	}
	return p.Number
}

func kv(key string, value any) render.Field { return render.Field{Key: key, Value: value} }

func why(comment, key string, value any) render.Field {
	return render.Field{Key: key, Value: value, Comment: comment}
}

// duration is how Istio's objects spell one: 500ms, 10s.
func duration(d time.Duration) string {
	if d%time.Second == 0 {
		return strconv.FormatInt(int64(d/time.Second), 10) + "s"
	}
	if d%time.Millisecond == 0 {
		return strconv.FormatInt(d.Milliseconds(), 10) + "ms"
	}
	return d.String()
}

// seconds is how protobuf's JSON, which Envoy's values are read with, spells a duration: 0.5s.
func seconds(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + "s"
}
