package importer

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	networking "istio.io/api/networking/v1alpha3"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/behaviour"
	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/plan"
)

// lifter makes the spec of one host.
type lifter struct {
	model *mesh.Model
	host  *mesh.Host
	view  *behaviour.View
	known *v1alpha1.ExternalFailoverSpec // what the annotation says; nil without one
	asked *v1alpha1.ExternalFailover     // the spec that it makes with what the ServiceEntry says; nil without one
	back  bool                           // the objects are those that it generates
	spec  *v1alpha1.ExternalFailover
	diags diag.List

	endpoints []endpoint
	shared    map[*manifest.Object]bool // told of already
}

// worthIt says whether the host can fail over at all: a name with one address behind it has nowhere to go.
func (l *lifter) worthIt() bool {
	distinct := map[string]bool{}
	for _, e := range l.host.Endpoints {
		distinct[e.Address] = true
	}
	if len(distinct) > 1 {
		return true
	}
	l.note(l.host.Entry().Object, "spec.hosts", codePassed, "passed over: %s has %s, and so nothing to fail over to",
		l.host.Name, countOf(len(distinct), "endpoint"))
	return false
}

// lift reads all that the objects say.
func (l *lifter) lift() {
	l.spec = l.empty()
	if !l.possible() {
		return
	}
	l.dropped()
	l.addresses()
	l.clients()
	l.ports()
	l.places()
	l.tls()
	l.identity()
	l.order()
	l.detect()
	l.requests()
}

// empty is a spec of the host that says nothing yet.
func (l *lifter) empty() *v1alpha1.ExternalFailover {
	x := &v1alpha1.ExternalFailover{}
	x.APIVersion, x.Kind = v1alpha1.GroupVersion().String(), v1alpha1.KindExternalFailover
	x.Namespace, x.Name = l.host.Namespace, specName(l.host.Entry(), l.host.Name)
	x.Spec.Host = l.host.Name
	return x
}

// possible refuses hosts that no spec can stand for.
func (l *lifter) possible() bool {
	e, h := l.host.Entry(), l.host.Name
	before := len(l.diags)
	switch {
	case strings.Contains(h, "*"):
		l.cannot(e.Object, "spec.hosts", "a spec is about one exact name, and %s is a wildcard", h)
	case inCluster(h) || !strings.Contains(h, "."):
		l.cannot(e.Object, "spec.hosts", "a spec is about a host outside the cluster, and %s is a name inside it", h)
	case l.host.Selects:
		l.cannot(e.Object, "spec.workloadSelector", "the endpoints of %s are pods or WorkloadEntries, and a spec lists names and addresses", h)
	case len(l.host.Ports) == 0:
		l.cannot(e.Object, "spec.ports", "%s has no ports", h)
	}
	for _, p := range l.host.Ports {
		c := l.view.Cluster(p.Number, "")
		if c.TLS().GetMode() == networking.ClientTLSSettings_ISTIO_MUTUAL {
			dr, path := c.Policy.TLS.At()
			l.cannot(dr, path+".mode", "%s is reached with the mesh's own certificates (ISTIO_MUTUAL): it is part of the mesh, and a "+
				"spec is about hosts outside it", h)
			break
		}
	}
	seen := map[string]map[string]uint32{}
	for _, p := range l.host.Endpoints {
		if ports, twice := seen[p.Address]; twice && !equalPorts(ports, p.Ports) {
			l.cannot(p.Object, p.Path, "%s is there twice with different ports, and a spec tells endpoints apart by their addresses", p.Address)
			break
		}
		seen[p.Address] = p.Ports
		switch {
		case strings.HasPrefix(p.Address, "unix://"):
			l.cannot(p.Object, p.Path+".address", "%s is a socket of one machine", p.Address)
		case p.Address != h && inCluster(p.Address):
			l.cannot(p.Object, p.Path+".address", "%s is a service of the cluster, and a spec lists endpoints outside it", p.Address)
		}
	}
	return len(l.diags) == before
}

// inCluster says whether a name is one that Kubernetes answers for.
func inCluster(name string) bool {
	return strings.HasSuffix(name, ".svc") || strings.Contains(name, ".svc.") || strings.HasSuffix(name, ".local")
}

func equalPorts(a, b map[string]uint32) bool {
	if len(a) != len(b) {
		return false
	}
	for name, n := range a {
		if b[name] != n {
			return false
		}
	}
	return true
}

// dropped tells of fields that Istio's API does not have: nothing of them is in force, so that nothing is lifted.
func (l *lifter) dropped() {
	objects := []*manifest.Object{}
	for _, e := range l.host.Entries {
		objects = append(objects, e.Object)
	}
	if c := l.view.Main(); c != nil && c.Rule != nil {
		for _, dr := range c.Rule.From {
			objects = append(objects, dr.Object)
		}
	}
	for _, vs := range l.view.Services() {
		objects = append(objects, vs.Object)
	}
	for _, o := range objects {
		for _, d := range o.Dropped {
			l.lost(o, d.Path, "%s is not carried over: Istio has no such field, or not such a value, and drops it", d.Name)
		}
	}
}

func (l *lifter) addresses() {
	e := l.host.Entry()
	for _, a := range l.host.Addresses {
		if ip, err := netip.ParseAddr(a); err != nil || !ip.Is4() {
			l.lost(e.Object, "spec.addresses", "the address %s is not carried over: a host has single IPv4 addresses", a)
			continue
		}
		if !slices.Contains(l.spec.Spec.Addresses, a) {
			l.spec.Spec.Addresses = append(l.spec.Spec.Addresses, a)
		}
	}
	if len(l.host.Entries) > 1 {
		l.decide(e.Object, "spec.hosts", "%s is made of %d ServiceEntries, which Istio merges and the spec joins", l.host.Name, len(l.host.Entries))
	}
}

// clients are those whom the ServiceEntry is exported to. A spec without a word means its own namespace, a ServiceEntry
// everybody.
func (l *lifter) clients() {
	e := l.host.Entry()
	c := &v1alpha1.Clients{}
	for _, ns := range e.Spec.GetExportTo() {
		switch ns {
		case ".":
			c.Namespaces = append(c.Namespaces, l.host.Namespace)
		case "*", "~":
		default:
			c.Namespaces = append(c.Namespaces, ns)
		}
	}
	everyone := len(e.Spec.GetExportTo()) == 0 || slices.Contains(e.Spec.GetExportTo(), "*")
	if everyone {
		c.Namespaces = l.users()
		if l.known != nil {
			c.Namespaces = []string{"*"}
		} else {
			l.decide(e.Object, "spec.exportTo", "the host was visible to every namespace; the spec makes it for clients in %s", listOf(c.Namespaces)).
				WithHint(`list the other client namespaces under clients.namespaces, or "*" where the platform lets objects into Istio's root namespace`)
		}
	}
	slices.Sort(c.Namespaces)
	c.Namespaces = slices.Compact(c.Namespaces)
	if m := l.view.Main(); m != nil {
		c.Selector = m.Labels
	}
	c.Gateways = l.gateways()
	c.ServiceAccounts = l.accounts()
	if slices.Equal(c.Namespaces, []string{l.host.Namespace}) {
		c.Namespaces = nil
	}
	if len(c.Namespaces)+len(c.Selector)+len(c.ServiceAccounts) > 0 || c.Gateways {
		l.spec.Spec.Clients = c
	}
}

// users are the namespaces that have objects of their own for the host: there must be clients. The host's own is taken
// as one too.
func (l *lifter) users() []string {
	out := []string{l.host.Namespace}
	for _, c := range l.model.Clusters() {
		if c.Host.Is(l.host) {
			out = append(out, c.Clients...)
		}
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(ns string) bool { return ns == l.model.Root && ns != l.host.Namespace })
}

// gateways says whether a filter for the host acts on gateways.
func (l *lifter) gateways() bool {
	for _, f := range l.model.Snapshot.EnvoyFilters {
		for _, p := range f.Spec.GetConfigPatches() {
			if p.GetMatch().GetCluster().GetService() == l.host.Name && p.GetMatch().GetContext() == networking.EnvoyFilter_GATEWAY {
				return true
			}
		}
	}
	return false
}

// accounts are those that generated roles let read the client certificate.
func (l *lifter) accounts() []string {
	owner := l.host.Entry().Annotations[plan.AnnotationOwner]
	var out []string
	for _, o := range l.model.Snapshot.OfKind("rbac.authorization.k8s.io", "RoleBinding") {
		if owner == "" || o.Annotations[plan.AnnotationOwner] != owner {
			continue
		}
		for _, s := range o.Tree.At("subjects").Items() {
			out = append(out, s.At("name").Text())
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// specName is the name of the spec: the one that the objects say they belong to, else the ServiceEntry's.
func specName(e *manifest.ServiceEntry, host string) string {
	if _, name, found := strings.Cut(e.Annotations[plan.AnnotationOwner], "/"); found && len(validation.IsDNS1123Subdomain(name)) == 0 {
		return name
	}
	if len(e.Spec.GetHosts()) > 1 || len(validation.IsDNS1123Subdomain(e.Name)) > 0 {
		return label(host, 63)
	}
	return cmp.Or(e.Name, label(host, 63))
}

func hasPort(vhost, host string) bool {
	rest, ok := strings.CutPrefix(vhost, host+":")
	return ok && strings.Trim(rest, "0123456789") == ""
}
