package plan

import (
	"fmt"
	"reflect"
	"slices"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

// SharedGateways finds what is wrong with specs only because they share a gateway: two descriptions of one gateway, or two
// hosts of one name on one of its ports. Each diagnostic's Object says which spec it is about (ObjectOf); the first of two
// stays.
func SharedGateways(specs []*v1alpha1.ExternalFailover, platform Platform) diag.List {
	s := sharing{platform: &platform, described: map[types.NamespacedName]description{}, hosts: map[string][]passage{}}
	for _, spec := range specs {
		if s.mayMeet(spec, specs) {
			s.look(spec)
		}
	}
	return s.diags
}

type sharing struct {
	platform  *Platform
	described map[types.NamespacedName]description
	hosts     map[string][]passage
	claimed   map[string]int
	describes bool // some spec describes a gateway
	diags     diag.List
}

// description is what the first spec says of a gateway.
type description struct {
	by       string
	settings v1alpha1.EgressGateway
}

// passage is a host on a port of a gateway.
type passage struct {
	by      string
	gateway types.NamespacedName
	port    int
}

// mayMeet leaves out, where no spec describes a gateway, the many that share their host's name with none. Where one does,
// another may mean the same gateway by its default name.
func (s *sharing) mayMeet(spec *v1alpha1.ExternalFailover, all []*v1alpha1.ExternalFailover) bool {
	if s.claimed == nil {
		s.claimed = make(map[string]int, len(all))
		for _, x := range all {
			s.claimed[x.Spec.Host]++
			s.describes = s.describes || x.Spec.EgressGateway != nil
		}
	}
	return s.describes && spec.Spec.Delivery != v1alpha1.DeliverySidecar || s.claimed[spec.Spec.Host] > 1
}

// look plans just enough of a spec to know its gateway.
func (s *sharing) look(spec *v1alpha1.ExternalFailover) {
	b := &builder{spec: &spec.Spec, namespace: spec.Namespace, platform: s.platform}
	if !b.withinLimits() {
		return
	}
	b.plan = &Plan{Namespace: spec.Namespace, Name: spec.Name}
	b.clients()
	b.ports()
	b.endpoints()
	b.delivery()
	if b.plan.Gateway == nil || b.diags.HasErrors() {
		return
	}
	b.hops()
	var found diag.List
	gateway := types.NamespacedName{Namespace: b.plan.Gateway.Namespace, Name: b.plan.Gateway.Name}
	s.describe(&found, spec, gateway, b.gatewaySettings())
	s.pass(&found, spec, gateway, b.plan.Gateway)
	s.diags = append(s.diags, found.About(ObjectOf(spec))...)
}

func (s *sharing) describe(found *diag.List, spec *v1alpha1.ExternalFailover, gateway types.NamespacedName, settings v1alpha1.EgressGateway) {
	first, known := s.described[gateway]
	if !known {
		s.described[gateway] = description{by: ObjectOf(spec), settings: settings}
		return
	}
	if !reflect.DeepEqual(first.settings, settings) {
		found.Errorf(field.NewPath("spec", "egressGateway"), codeGatewayApart, "%s describes the gateway %s differently", first.by, gateway).
			WithHint("give both the same egressGateway, or one of them another name")
	}
}

func (s *sharing) pass(found *diag.List, spec *v1alpha1.ExternalFailover, gateway types.NamespacedName, g *Gateway) {
	earlier := s.hosts[spec.Spec.Host]
	for i := range g.Hops {
		for _, name := range sortedKeys(g.Hops[i].Listen) {
			p := passage{by: ObjectOf(spec), gateway: gateway, port: g.Hops[i].Listen[name]}
			met := slices.IndexFunc(earlier, func(o passage) bool { return o.gateway == gateway && o.port == p.port })
			if met >= 0 {
				found.Errorf(field.NewPath("spec", "endpoints").Index(i).Child("name"), codeGatewayPort,
					"port %d of the gateway %s is already %s of %s", p.port, gateway, spec.Spec.Host, earlier[met].by).WithHint(
					"rename the endpoint (%s), or give this host another gateway", fmt.Sprintf("%s-%s", g.Hops[i].Endpoint, spec.Namespace))
			}
			s.hosts[spec.Spec.Host] = append(s.hosts[spec.Spec.Host], p)
		}
	}
}
