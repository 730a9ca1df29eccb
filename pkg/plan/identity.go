package plan

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

// names are what one endpoint is called on the wire, defaults filled in.
type names struct {
	server     string
	header     string // empty: the application's is kept
	altNames   []string
	ownAddress bool // the address is a DNS name, and so the endpoint's host name
	explicit   bool // any of the names was given
}

func namesOf(e *v1alpha1.Endpoint, ip bool, host string) names {
	n := names{server: e.ServerName, header: e.HostHeader, altNames: e.SubjectAltNames, ownAddress: !ip}
	n.explicit = e.ServerName != "" || e.HostHeader != "" || len(e.SubjectAltNames) > 0
	if n.server == "" {
		n.server = host
		if !ip {
			n.server = e.Address
		}
	}
	switch n.header {
	case v1alpha1.HostHeaderKeep:
		n.header = ""
	case "":
		n.header = n.server
	}
	return n
}

// accepts are the names of which the endpoint's certificate must hold one.
func (n *names) accepts() []string {
	if len(n.altNames) > 0 {
		return n.altNames
	}
	return []string{n.server}
}

// identity decides which names go over the wire, and with them the pattern. Envoy knows one name per cluster, or the
// host name of each endpoint; that is the endpoint's DNS name (pattern A), or one given by replacing the endpoints (A+).
func (b *builder) identity() {
	p := b.plan
	p.Pattern, p.Identity.HostMode = PatternPlain, HostKeep
	p.PatternReason = "all endpoints go by one name"
	if p.Gateway != nil {
		p.Pattern, p.PatternReason = PatternC, "each endpoint has its own port on a gateway, and its own names behind it"
		b.hops()
		return
	}
	b.passThrough()
	if b.kinds.tcpTLS >= 0 && !b.sameServer() {
		b.diags.Errorf(b.at("ports").Index(b.kinds.tcpTLS).Child("tls"), codeTCPNames, "TLS is added to a TCP port, and the "+
			"endpoints go by different server names (%s), which was never tried on such ports", b.differing()).WithHint(
			"give all endpoints one serverName that every certificate holds, or write one spec for each endpoint")
	}
	anyTLS := b.kinds.httpTLS || b.kinds.tcpTLS >= 0
	if anyTLS {
		b.serverNames()
	}
	if b.kinds.http > 0 {
		b.hostHeaders()
	}
	if p.Identity.PerEndpointSNI || p.Identity.HostMode == HostPerEndpoint {
		b.perEndpoint()
	}
}

// serverNames fills in SNI and which certificates are accepted.
func (b *builder) serverNames() {
	id := &b.plan.Identity
	id.ServerName = b.names[0].server
	if !b.sameServer() && !b.kinds.httpTLS {
		return // refused for the TCP port
	}
	id.PerEndpointSNI = !b.sameServer()
	id.SubjectAltNames = make([]string, 0, len(b.names))
	for i := range b.names {
		id.SubjectAltNames = append(id.SubjectAltNames, b.names[i].accepts()...)
	}
	slices.Sort(id.SubjectAltNames)
	id.SubjectAltNames = slices.Compact(id.SubjectAltNames)
	if id.PerEndpointSNI {
		b.ownAltNames()
		return
	}
	if !slices.ContainsFunc(b.names, func(n names) bool { return len(n.altNames) > 0 }) {
		return
	}
	first := sortedSet(b.names[0].accepts())
	for i := range b.names[1:] {
		if !slices.Equal(first, sortedSet(b.names[i+1].accepts())) {
			b.diags.Errorf(b.at("endpoints").Index(i+1).Child("subjectAltNames"), codeAltNames, "the endpoints share the server "+
				"name %s but list different subjectAltNames; Envoy checks one list for all of them", id.ServerName).WithHint(
				"give all endpoints the same list, or each a serverName of its own")
			return
		}
	}
}

// ownAltNames checks that the endpoint's own server name is accepted: with a name for each, Envoy checks for just that.
func (b *builder) ownAltNames() {
	for i := range b.names {
		n := &b.names[i]
		if len(n.altNames) == 0 {
			continue
		}
		at := func() *field.Path { return b.at("endpoints").Index(i).Child("subjectAltNames") }
		switch {
		case !containsFold(n.altNames, n.server):
			b.diags.Errorf(at(), codeAltNames, "the list does not hold the endpoint's own server name %s; where endpoints have "+
				"different server names, Envoy checks each certificate for its own", n.server).WithHint(
				"set serverName to a name that the certificate holds, and leave subjectAltNames out")
		case len(n.altNames) > 1:
			b.diags.Warnf(at(), codeAltNamesUnused, "only %s is accepted here; where endpoints have different server names, "+
				"Envoy checks each certificate for its own", n.server).WithHint("leave subjectAltNames out, and make sure "+
				"that the certificate holds %s", n.server)
		}
	}
}

// hostHeaders fills in what happens to the Host header.
func (b *builder) hostHeaders() {
	id := &b.plan.Identity
	kept, same := 0, true
	for i := range b.names {
		if b.names[i].header == "" {
			kept++
		}
		same = same && strings.EqualFold(b.names[i].header, b.names[0].header)
	}
	header := b.names[0].header
	switch {
	case kept == len(b.names), same && strings.EqualFold(header, b.spec.Host):
	case kept > 0:
		i := slices.IndexFunc(b.names, func(n names) bool { return n.header == "" })
		b.diags.Errorf(b.at("endpoints").Index(i).Child("hostHeader"), codeHostHeader, "some endpoints keep the "+
			"application's Host and others get one of their own; Envoy does one or the other for a whole route").WithHint(
			"set hostHeader: Keep on all endpoints, or on none")
	case same:
		id.HostMode, id.SharedHost = HostShared, header
	default:
		id.HostMode = HostPerEndpoint
	}
}

// perEndpoint chooses between A and A+ where endpoints go by names of their own.
func (b *builder) perEndpoint() {
	p := b.plan
	if !b.plan.EnvoyFilter {
		b.diags.Errorf(b.at("endpoints"), codeNeedsFilter, "the endpoints go by different names (%s), and on a platform "+
			"that forbids EnvoyFilters sidecars cannot tell them apart", b.differing()).WithHint("leave delivery out: an egress " +
			"gateway then does; or give all endpoints one serverName and hostHeader that each of them serves")
		return
	}
	if !b.nameEndpoints() {
		return
	}
	for i := range p.Endpoints {
		e := &p.Endpoints[i]
		b.perName = b.perName || e.IP || !strings.EqualFold(e.ServerName, e.Address)
	}
	p.Pattern = PatternA
	p.PatternReason = "each endpoint has its own name, which is its address"
	if !b.perName {
		return
	}
	p.Pattern = PatternAPlus
	p.PatternReason = "each endpoint has its own name, and for some it is not the address"
	if b.platform.Istiod.Before(replacesLists()) {
		i := slices.IndexFunc(p.Endpoints, func(e Endpoint) bool { return e.IP || !strings.EqualFold(e.ServerName, e.Address) })
		b.diags.Errorf(b.at("endpoints").Index(i), codeNeedsVersion, "endpoint %q is to be called %s, which is not its "+
			"address, among endpoints with other names; only Istio %s and newer can name endpoints, and istiod is %s",
			p.Endpoints[i].Name, p.Endpoints[i].ServerName, replacesLists(), b.platform.Istiod).WithHint(
			"upgrade istiod, or use addresses that are the names in the certificates")
	}
}

// nameEndpoints gives each endpoint the one host name from which Envoy takes both SNI and Host; false where the two
// differ.
func (b *builder) nameEndpoints() bool {
	id := &b.plan.Identity
	for i := range b.names {
		n := &b.names[i]
		switch {
		case id.HostMode != HostPerEndpoint:
		case !id.PerEndpointSNI:
			b.plan.Endpoints[i].ServerName = n.header
		case !strings.EqualFold(n.header, n.server):
			b.diags.Errorf(b.at("endpoints").Index(i).Child("hostHeader"), codeHostHeader, "the Host of endpoint %q is to be "+
				"%s and its server name %s; where endpoints have different names, Envoy takes both from one host name",
				b.plan.Endpoints[i].Name, n.header, n.server).WithHint("leave hostHeader out, set it to Keep on all " +
				"endpoints, or give all endpoints one hostHeader")
			return false
		}
	}
	return true
}

// passThrough deals with ports on which the application's own TLS is passed on untouched.
func (b *builder) passThrough() {
	if b.kinds.passThrough < 0 {
		return
	}
	for i := range b.names {
		if !b.names[i].explicit {
			continue
		}
		at := b.at("endpoints").Index(i)
		name := b.spec.Ports[b.kinds.passThrough].Name
		if b.kinds.http > 0 || b.kinds.tcpTLS >= 0 {
			b.diags.Warnf(at, codePassThroughNote, "the endpoint's names do not act on port %q, where the application's own "+
				"TLS is passed through", name).WithHint("make sure that the endpoint also serves a certificate for %s",
				b.spec.Host)
			continue
		}
		b.diags.Errorf(at, codePassThrough, "the endpoint has names of its own, and port %q passes the application's own "+
			"TLS through: SNI and Host are already fixed", name).WithHint("drop serverName, hostHeader and subjectAltNames, "+
			"and have every endpoint serve a certificate for %s; or make the port HTTP and set tls: {mode: Simple}",
			b.spec.Host)
	}
}

func (b *builder) sameServer() bool {
	for i := range b.names {
		if !strings.EqualFold(b.names[i].server, b.names[0].server) {
			return false
		}
	}
	return true
}

// differing lists two of the names that differ, for messages.
func (b *builder) differing() string {
	first := &b.names[0]
	for i := range b.names {
		n := &b.names[i]
		switch {
		case !strings.EqualFold(n.server, first.server):
			return first.server + " and " + n.server
		case !strings.EqualFold(n.header, first.header):
			return first.header + " and " + n.header
		}
	}
	return first.server
}

func containsFold(list []string, name string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, name) })
}
