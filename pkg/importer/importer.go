// Package importer lifts Istio objects into specs: what was generated comes back as the spec it was generated from, and
// what was written by hand becomes a spec that says the same, with a list of what is lost and what is decided.
//
// A host with several endpoints becomes one ExternalFailover. The objects are read as the proxies take them (analyze/mesh,
// behaviour), so that merged, shadowed and forgotten settings are lifted as they act and not as they look. Everything is
// pure. Beside these it imports api, plan, compile, region and diag. Start reading at Import, then at lifter.
package importer

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/behaviour"
	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/plan"
)

// The codes of importing; pkg/diag says of each what it leads to and what to do.
const (
	codeCannot  = "SP651"
	codePassed  = "SP652"
	codeLost    = "SP653"
	codeDecided = "SP654"
	codeUnread  = "SP655"
	codeEdited  = "SP656"
	codeNoHost  = "SP657"
)

// Imported is one host's spec.
type Imported struct {
	Spec *v1alpha1.ExternalFailover
	// From are the objects that the spec's own take the place of, by kind, namespace and name.
	From []*manifest.Object
	// Back says that the spec is the one that the objects were generated from, to the letter.
	Back bool
	// Host is what was lifted.
	Host *mesh.Host
}

// Import lifts every host of the model that can fail over. With any Error among the findings the list is not to be used.
func Import(m *mesh.Model, platform plan.Platform) ([]Imported, diag.List) {
	lifters := make([]*lifter, 0, len(m.Hosts()))
	for _, h := range m.Hosts() {
		if l := (&lifter{model: m, host: h, view: behaviour.Of(m, h, "")}); !l.part() {
			l.readAsked()
			lifters = append(lifters, l)
		}
	}
	bringBack(lifters, platform)
	var out []Imported
	var diags diag.List
	taken := map[string]bool{}
	for _, l := range lifters {
		if one := l.result(platform, taken); one != nil {
			out = append(out, *one)
		}
		diags = append(diags, l.diags...)
	}
	if len(out) == 0 && !diags.HasErrors() {
		diags.Errorf(nil, codeNoHost, "there is no host with several endpoints to make a spec of").WithHint(
			"give the ServiceEntries too, with the DestinationRules, VirtualServices and EnvoyFilters of their hosts")
	}
	slices.SortStableFunc(out, func(a, b Imported) int {
		return cmp.Or(cmp.Compare(a.Spec.Namespace, b.Spec.Namespace), cmp.Compare(a.Spec.Name, b.Spec.Name))
	})
	return out, diags
}

// part says that the host was generated for another one, such as an endpoint behind an egress gateway.
func (l *lifter) part() bool {
	e := l.host.Entry()
	if e.Labels[plan.LabelManagedBy] != plan.ManagedBy || e.Annotations[plan.AnnotationSpec] != "" {
		return false
	}
	return slices.ContainsFunc(l.model.Snapshot.ServiceEntries, func(o *manifest.ServiceEntry) bool {
		return o.Annotations[plan.AnnotationSpec] != "" && o.Annotations[plan.AnnotationOwner] == e.Annotations[plan.AnnotationOwner]
	})
}

// result is the spec: the one that the objects remember, or the one that they say.
func (l *lifter) result(platform plan.Platform, taken map[string]bool) *Imported {
	if l.back {
		one := &Imported{Spec: l.asked, Back: true, Host: l.host}
		one.From = l.from()
		l.diags = nil
		taken[one.Spec.Namespace+"/"+one.Spec.Name] = true
		return one
	}
	if l.asked == nil && !l.worthIt() {
		return nil
	}
	l.lift()
	if l.diags.HasErrors() {
		return l.remembered()
	}
	l.name(taken)
	one := &Imported{Spec: l.spec, From: l.from(), Host: l.host}
	if l.asked != nil {
		l.edited(one, platform)
	}
	return one
}

// remembered is the spec of objects that cannot be lifted, such as those around an egress gateway.
func (l *lifter) remembered() *Imported {
	if l.asked == nil {
		return nil
	}
	l.diags = nil
	l.decide(l.host.Entry().Object, "metadata.annotations["+plan.AnnotationSpec+"]", "the objects are not those that this release generates "+
		"from the spec they remember for this platform, and cannot be lifted themselves; the spec is the one that they remember").WithHint(
		"give the platform file with --platform, and all specs' objects together")
	return &Imported{Spec: l.asked, From: l.from(), Host: l.host}
}

// ObjectsOf are the objects that speak of a host alone.
func ObjectsOf(m *mesh.Model, h *mesh.Host) []*manifest.Object {
	l := &lifter{model: m, host: h, view: behaviour.Of(m, h, "")}
	return l.from()
}

// name gives the spec a name that no other one of the run has.
func (l *lifter) name(taken map[string]bool) {
	name := l.spec.Name
	for n := 2; taken[l.spec.Namespace+"/"+l.spec.Name]; n++ {
		l.spec.Name = fmt.Sprintf("%s-%d", name, n)
	}
	taken[l.spec.Namespace+"/"+l.spec.Name] = true
}

// from are the objects that speak of the host alone, and with it are replaced; others are told of.
func (l *lifter) from() []*manifest.Object {
	set := map[*manifest.Object]bool{}
	for _, e := range l.host.Entries {
		l.replaced(set, e.Object, len(e.Spec.GetHosts()) == 1, "spec.hosts")
	}
	for _, c := range l.model.Clusters() {
		if !c.Host.Is(l.host) {
			continue
		}
		if c.Rule != nil {
			for _, dr := range c.Rule.From {
				l.replaced(set, dr.Object, mesh.FullHost(dr.Spec.GetHost(), dr.Namespace) == l.host.Name, "spec.host")
			}
		}
		for _, vs := range c.Services() {
			l.replaced(set, vs.Object, len(vs.Spec.GetHosts()) == 1 && mesh.FullHost(vs.Spec.GetHosts()[0], vs.Namespace) == l.host.Name, "spec.hosts")
		}
		for _, p := range slices.Concat(c.ClusterPatches(), c.RoutePatches()) {
			if onlyAbout(p.Filter, l.host.Name) {
				set[p.Filter.Object] = true
			}
		}
	}
	l.owned(set)
	out := make([]*manifest.Object, 0, len(set))
	for o := range set {
		out = append(out, o)
	}
	slices.SortFunc(out, func(a, b *manifest.Object) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return out
}

func (l *lifter) replaced(set map[*manifest.Object]bool, o *manifest.Object, alone bool, path string) {
	if set[o] || l.shared[o] {
		return
	}
	if alone {
		set[o] = true
		return
	}
	if l.shared == nil {
		l.shared = map[*manifest.Object]bool{}
	}
	l.shared[o] = true
	l.decided(o, path, "%s is about other hosts too, and stays: take %s out of it", o, l.host.Name)
}

// owned adds what was generated for the same spec, such as the roles for a client certificate.
func (l *lifter) owned(set map[*manifest.Object]bool) {
	owner := l.host.Entry().Annotations[plan.AnnotationOwner]
	if owner == "" {
		return
	}
	for _, o := range l.model.Snapshot.Objects {
		if o.Annotations[plan.AnnotationOwner] == owner && o.Labels[plan.LabelManagedBy] == plan.ManagedBy {
			set[o] = true
		}
	}
}

// onlyAbout says whether every patch of a filter is about the host.
func onlyAbout(f *manifest.EnvoyFilter, host string) bool {
	for _, p := range f.Spec.GetConfigPatches() {
		vhost := p.GetMatch().GetRouteConfiguration().GetVhost().GetName()
		if p.GetMatch().GetCluster().GetService() != host && !hasPort(vhost, host) {
			return false
		}
	}
	return len(f.Spec.GetConfigPatches()) > 0
}
