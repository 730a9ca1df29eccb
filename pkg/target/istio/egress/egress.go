// Package egress writes the egress gateway of pattern C: the gateway itself, and what it does for one host. Each endpoint has
// a port there; behind it stand a ServiceEntry and a DestinationRule with that endpoint's own name, certificate check and,
// if asked for, signature.
//
// The plan has decided everything; this package writes it down. It imports target, plan, render and the parts of policies
// that it shares with the rules of the host. Start reading at Objects.
package egress

import (
	"slices"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/istio/policy"
)

const (
	networkingV1       = "networking.istio.io/v1"
	networkingV1alpha3 = "networking.istio.io/v1alpha3"
	securityV1         = "security.istio.io/v1"
)

// NotSent is the header by which the gateway says that a request reached no region. Answers of regions lose it.
const NotSent = "x-spillway-not-sent"

// Kinds are the kinds that this package writes beside those of a host without a gateway.
func Kinds() []target.Kind {
	return append(
		target.Kinds(target.CRDValidated("istio.io/istio"), "Gateway.networking.istio.io", "AuthorizationPolicy.security.istio.io"),
		target.Kinds(target.CRDValidated("kube-apiserver 1.36"), "Deployment.apps", "HorizontalPodAutoscaler.autoscaling",
			"NetworkPolicy.networking.k8s.io", "PodDisruptionBudget.policy", "Service", "ServiceAccount")...)
}

// Objects are the gateway and its part in the plan; none without one.
func Objects(p *plan.Plan) []target.Object {
	if p.Gateway == nil {
		return nil
	}
	w := writer{Plan: p, gateway: p.Gateway}
	objects := append(w.workload(), w.access()...)
	objects = append(objects, w.destinationRules()...)
	objects = append(objects, w.filters()...)
	objects = append(objects, w.gatewayObject())
	objects = append(objects, w.serviceEntries()...)
	return append(objects, w.virtualService())
}

// writer holds what several objects need.
type writer struct {
	*plan.Plan
	gateway *plan.Gateway
}

// shared is an object of the gateway's own, the same for every spec that uses it.
func (w writer) shared(version, kind, name string, body render.Map) target.Object {
	g := w.gateway
	rank := plan.RankEgressGateway
	if kind == "ServiceAccount" || kind == "Role" || kind == "RoleBinding" {
		rank = plan.RankRBAC
	}
	policy.SayOnce(body)
	return target.Object{
		APIVersion: version, Kind: kind, Namespace: g.Namespace, Name: name, Rank: rank, Shared: g.Namespace + "/" + g.Name,
		Labels:      map[string]string{plan.LabelManagedBy: plan.ManagedBy, plan.LabelOwner: g.OwnerLabel()},
		Annotations: map[string]string{plan.AnnotationOwner: g.Namespace + "/" + g.Name},
		Body:        body,
	}
}

// own is an object that does something for this spec alone.
func (w writer) own(version, kind, name string, body render.Map) target.Object {
	policy.SayOnce(body)
	return target.Object{
		APIVersion: version, Kind: kind, Namespace: w.gateway.Namespace, Name: name, Rank: plan.RankHop,
		Labels:      map[string]string{plan.LabelManagedBy: plan.ManagedBy, plan.LabelOwner: w.OwnerLabel()},
		Annotations: map[string]string{plan.AnnotationOwner: w.Owner()},
		Body:        body,
	}
}

func (w writer) spec(version, kind, name string, spec render.Map) target.Object {
	return w.own(version, kind, name, render.Map{kv("spec", spec)})
}

// name is that of the objects that stand once for the spec.
func (w writer) name() string { return w.ObjectName(w.gateway.Namespace, "egress") }

// endpoint is the one that a hop leads to.
func (w writer) endpoint(h *plan.Hop) *plan.Endpoint {
	i := slices.IndexFunc(w.Endpoints, func(e plan.Endpoint) bool { return e.Name == h.Endpoint })
	return &w.Endpoints[i]
}

// sources are the namespaces that requests come from: the clients', or the waypoint's; nil for everywhere.
func (w writer) sources() []string {
	if w.Waypoint != nil {
		return []string{w.Waypoint.Namespace}
	}
	if slices.Equal(w.Clients.Namespaces, []string{"*"}) {
		return nil
	}
	return w.Clients.Namespaces
}

// listens are the gateway's ports for this spec, sorted.
func (w writer) listens() []int {
	var out []int
	for _, h := range w.gateway.Hops {
		for _, n := range h.Listen {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}

func kv(key string, value any) render.Field { return render.Field{Key: key, Value: value} }

func why(comment, key string, value any) render.Field {
	return render.Field{Key: key, Value: value, Comment: comment}
}
