package plan

import (
	"strings"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

// Delivery is where the failover happens.
type Delivery string

// The deliveries.
const (
	// DeliverySidecar lets the clients' own proxies fail over.
	DeliverySidecar Delivery = "Sidecar"
	// DeliveryGateway lets them fail over between the ports of an egress gateway, one for each endpoint.
	DeliveryGateway Delivery = "EgressGateway"
	// DeliveryWaypoint lets a waypoint fail over for clients without sidecars.
	DeliveryWaypoint Delivery = "Waypoint"
)

// needs is what a spec asks of its delivery.
type needs struct {
	signs      bool // each region gets a signature of its own
	ownNames   bool // endpoints go by different names
	givenNames bool // and some by another than their address
	streams    bool // there are TCP or TLS ports
	secrets    bool // certificates come from secrets or files, which a waypoint does not get
	gateway    bool // the spec names one
}

func (b *builder) needs() needs {
	n := needs{streams: b.kinds.tcp > 0 || b.kinds.passThrough >= 0, gateway: b.spec.EgressGateway != nil}
	if s := b.spec.Signing; s != nil {
		n.signs = s.AWS != nil
	}
	for i := range b.names {
		differs := b.kinds.httpTLS && !strings.EqualFold(b.names[i].server, b.names[0].server) ||
			b.kinds.http > 0 && !strings.EqualFold(b.names[i].header, b.names[0].header)
		n.ownNames = n.ownNames || differs
	}
	for i := range b.names {
		e := &b.plan.Endpoints[i]
		n.givenNames = n.givenNames || n.ownNames && (e.IP || !strings.EqualFold(b.names[i].server, e.Address))
	}
	if t := b.spec.TLS; t != nil {
		n.secrets = t.Trust != nil && t.Trust.Secret != "" || t.ClientCertificate != nil
	}
	return n
}

// chosen is what `delivery: Auto` comes to, and why: the first that carries what the spec needs, with the fewest parts.
func chosen(p *Platform, n needs) (Delivery, string) {
	switch {
	case p.Ambient:
		return DeliveryWaypoint, "the clients have no sidecars"
	case n.gateway:
		return DeliveryGateway, "the spec names a gateway"
	case n.signs:
		return DeliveryGateway, "each region's requests are signed there, with credentials that no client holds"
	case n.ownNames && !p.EnvoyFilter:
		return DeliveryGateway, "the endpoints go by different names, and without EnvoyFilters sidecars cannot tell them apart"
	case n.givenNames && p.Istiod.Before(replacesLists()):
		return DeliveryGateway, "some endpoints go by another name than their address, and sidecars learn that only from istiod " +
			replacesLists().String()
	default:
		return DeliverySidecar, "the clients' sidecars can do it all"
	}
}

// delivery decides where the failover happens, and refuses what cannot be done there.
func (b *builder) delivery() {
	n := b.needs()
	p := b.plan
	p.EnvoyFilter = b.platform.EnvoyFilter
	switch b.spec.Delivery {
	case v1alpha1.DeliverySidecar:
		p.Delivery, p.DeliveryReason = DeliverySidecar, "the spec says so"
	case v1alpha1.DeliveryEgressGateway:
		p.Delivery, p.DeliveryReason = DeliveryGateway, "the spec says so"
	case v1alpha1.DeliveryWaypoint:
		p.Delivery, p.DeliveryReason = DeliveryWaypoint, "the spec says so"
	default:
		p.Delivery, p.DeliveryReason = chosen(b.platform, n)
	}
	switch p.Delivery {
	case DeliverySidecar:
		b.bySidecar(n)
	case DeliveryGateway:
		b.byGateway(n)
	case DeliveryWaypoint:
		b.byWaypoint(n)
	}
	b.tcpNeedsFilter()
}

func (b *builder) bySidecar(n needs) {
	if b.platform.Ambient {
		b.diags.Errorf(b.at("delivery"), codeAmbient, "the clients have no sidecars (dataPlane: Ambient) that could fail over").
			WithHint("leave delivery out: a waypoint then does it; or run these clients with sidecars and say so in the platform file")
	}
	if n.signs {
		b.diags.Errorf(b.at("signing", "aws"), codeSigner, "a signature for each region needs a hop that holds AWS credentials, "+
			"and sidecars hold none").WithHint("leave delivery out, or say EgressGateway: the gateway signs")
	}
}

func (b *builder) byGateway(n needs) {
	if b.platform.Ambient {
		b.diags.Errorf(b.at("delivery"), codeAmbient, "the clients have no sidecars (dataPlane: Ambient), and it is they who choose "+
			"among the gateway's ports").WithHint("leave delivery out: a waypoint then chooses, with the gateway behind it where that " +
			"is needed")
	}
	b.plan.Gateway = b.gatewayOf(n)
}

// byWaypoint takes away what waypoints ignore. A gateway stands behind one wherever a single cluster is not enough.
func (b *builder) byWaypoint(n needs) {
	p := b.plan
	p.EnvoyFilter = false // waypoints apply no patches to what they serve
	if b.platform.Sidecars {
		b.diags.Errorf(b.at("delivery"), codeDelivery, "the clients have sidecars (dataPlane: Sidecar), which pass waypoints by").
			WithHint("leave delivery out; or set dataPlane: Ambient in the platform file if these clients have none")
	}
	w := v1alpha1.Waypoint{}
	for _, s := range []*v1alpha1.Waypoint{&b.platform.Waypoint, b.spec.Waypoint} {
		if s != nil {
			w.Namespace, w.Name = or(s.Namespace, w.Namespace), or(s.Name, w.Name)
		}
	}
	p.Waypoint = &Waypoint{Namespace: or(w.Namespace, b.namespace), Name: or(w.Name, "waypoint")}
	if b.plan.Clients.Gateways {
		b.diags.Errorf(b.at("clients", "gateways"), codeDelivery, "a gateway does not ask the waypoint, and its own proxy does not "+
			"know the failover").WithHint("drop gateways, and write a spec with delivery: EgressGateway for the namespace of the gateway")
	}
	if n.ownNames || n.signs || n.secrets || n.gateway {
		p.Gateway = b.gatewayOf(n)
	}
	if len(b.spec.Failover) > 1 || len(b.regions()) > 1 {
		b.diags.Notef(b.at("failover"), codeWaypointRegion, "the region of the waypoint %s/%s decides, not that of the caller",
			p.Waypoint.Namespace, p.Waypoint.Name).WithHint("run one waypoint in each region's cluster: its pods are its region")
	}
}

// noFilter says why no EnvoyFilter is written for clients.
func (b *builder) noFilter() string {
	if b.plan.Waypoint != nil {
		return "waypoints apply none to what they serve"
	}
	return "the platform forbids EnvoyFilters"
}
