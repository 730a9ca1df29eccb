package kube

import (
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

// known is what the loop knows, and what it has told. The keys of the families are namespaces, or NAMESPACE/NAME.
type known struct {
	health   *feed[*v1alpha1.ClusterHealth]
	siblings *feed[slice]
	gateways *feed[pod]
	keys     map[string]*feed[map[string][]byte]
	services map[string]*feed[Service] // "": of all namespaces
	slices   map[string]*feed[slice]
	external map[string]*feed[*v1alpha1.ExternalFailover]

	current      *v1alpha1.ClusterHealth // the last good one
	lost         bool
	discovered   []Service
	toldServices bool
	toldKeys     struct {
		secret string
		data   map[string][]byte
	}
	toldSiblings *[]string
	toldGateways *gatewayCount
}

type gatewayCount struct {
	ready, desired int
	addresses      []string
}

func newKnown() known {
	return known{
		keys: map[string]*feed[map[string][]byte]{}, services: map[string]*feed[Service]{},
		slices: map[string]*feed[slice]{}, external: map[string]*feed[*v1alpha1.ExternalFailover]{},
	}
}

// start watches what does not depend on the ClusterHealth.
func (w *Watcher) start(ctx context.Context) {
	o := w.options
	w.health = launch(ctx, &feed[*v1alpha1.ClusterHealth]{
		w: w, part: partHealth, keep: keepHealth, at: named("ClusterHealth", ownPath(o.Namespace, "clusterhealths"), o.Name),
	}, nil)
	if o.Service != "" {
		w.siblings = launch(ctx, &feed[slice]{
			w: w, part: partSiblings, keep: keepSlice, at: labelled("siblings", slicesPath(o.Namespace), serviceLabel+"="+o.Service),
		}, nil)
	}
	if o.GatewaySelector != "" {
		w.gateways = launch(ctx, &feed[pod]{
			w: w, part: partGateways, keep: keepPod, at: labelled("gateway pods", corePath(o.Namespace, "pods"), o.GatewaySelector),
		}, nil)
	}
}

func ownPath(namespace, plural string) string {
	return "/apis/" + v1alpha1.Group + "/" + v1alpha1.Version + "/namespaces/" + namespace + "/" + plural
}

func slicesPath(namespace string) string {
	return "/apis/discovery.k8s.io/v1/namespaces/" + namespace + "/endpointslices"
}

func corePath(namespace, plural string) string {
	if namespace == "" {
		return "/api/v1/" + plural
	}
	return "/api/v1/namespaces/" + namespace + "/" + plural
}

// named is one object as a list: only so does a permission for this one name suffice for a watch.
func named(what, path, name string) where {
	return where{what: what, path: path, query: url.Values{"fieldSelector": {"metadata.name=" + fields.EscapeValue(name)}}}
}

func labelled(what, path, selector string) where {
	return where{what: what, path: path, query: url.Values{"labelSelector": {selector}}}
}

func (w *Watcher) tellHealth(ctx context.Context) {
	next, ok := w.health.items[w.options.Namespace+"/"+w.options.Name]
	if !ok {
		if w.current != nil && !w.lost {
			w.log.Warn("the ClusterHealth is gone, the last one stays", "namespace", w.options.Namespace, "name", w.options.Name)
		}
		w.lost = true
		return
	}
	w.lost = false
	if w.current != nil && w.current.UID == next.UID && w.current.ResourceVersion == next.ResourceVersion {
		return
	}
	w.current = next
	uid := string(next.UID)
	w.uid.Store(&uid)
	w.watchKeys(ctx)
	w.watchServices(ctx)
	w.watchSlices(ctx)
	w.watchFailovers(ctx)
	if w.events.Health != nil {
		w.events.Health(next)
	}
}

// watchKeys follows the Secret by its name.
func (w *Watcher) watchKeys(ctx context.Context) {
	want := map[string]*feed[map[string][]byte]{}
	if k := w.current.Spec.PeerKeys; k != nil && k.Secret != nil {
		if name := k.Secret.Name; len(validation.IsDNS1123Subdomain(name)) == 0 {
			want[name] = &feed[map[string][]byte]{
				w: w, part: partKeys, keep: keepSecret, at: named("Secret with the peers' keys", corePath(w.options.Namespace, "secrets"), name),
			}
		}
	}
	renew(ctx, w.keys, want)
}

func (w *Watcher) tellKeys(context.Context) {
	for name, f := range w.keys { // at most one
		data, ok := f.items[w.options.Namespace+"/"+name]
		if !ok && !f.listed {
			return
		}
		if !ok {
			w.log.Warn("the Secret with the peers' keys does not exist, the last known keys stay", "namespace", w.options.Namespace, "name", name)
			return
		}
		if w.toldKeys.secret == name && reflect.DeepEqual(w.toldKeys.data, data) {
			return
		}
		w.toldKeys.secret, w.toldKeys.data = name, data
		if w.events.Keys != nil {
			w.events.Keys(data)
		}
	}
}

func (w *Watcher) tellSiblings(context.Context) {
	if !w.siblings.listed {
		return
	}
	urls := siblings(w.siblings.items, w.own, w.options.InternalPort)
	if w.toldSiblings != nil && slices.Equal(*w.toldSiblings, urls) {
		return
	}
	w.toldSiblings = &urls
	if w.events.Siblings != nil {
		w.events.Siblings(urls)
	}
}

func (w *Watcher) tellGateways(context.Context) {
	if !w.gateways.listed {
		return
	}
	c := &gatewayCount{}
	for _, p := range w.gateways.items {
		if !p.counts {
			continue
		}
		c.desired++
		if p.ready {
			c.ready++
			if p.address != "" {
				c.addresses = append(c.addresses, p.address)
			}
		}
	}
	slices.Sort(c.addresses)
	if reflect.DeepEqual(w.toldGateways, c) {
		return
	}
	w.toldGateways = c
	if w.events.Gateways != nil {
		w.events.Gateways(c.ready, c.desired, c.addresses)
	}
}

// watchServices follows the services that opt in: those of all namespaces, or, while that is refused, those of the
// namespaces that the ClusterHealth knows of.
func (w *Watcher) watchServices(ctx context.Context) {
	want := map[string]*feed[Service]{}
	if d := w.current.Spec.Discover; d != nil && d.Label != "" {
		namespaces := []string{""}
		if all := w.services[""]; all != nil && all.denied {
			namespaces = append(namespaces, w.namespaces()...)
		}
		for _, ns := range namespaces {
			want[ns] = &feed[Service]{w: w, part: partServices, keep: keepService, at: labelled("services that opt in", corePath(ns, "services"), d.Label)}
		}
	}
	off := len(want) == 0 && len(w.services) > 0
	renew(ctx, w.services, want)
	w.dirty[partServices] = w.dirty[partServices] || off
}

// namespaces are the own one and those that checks name.
func (w *Watcher) namespaces() []string {
	all := map[string]bool{w.options.Namespace: true}
	for i := range w.current.Spec.Checks {
		if s := w.current.Spec.Checks[i].Service; s != nil && len(validation.IsDNS1123Label(s.Namespace)) == 0 {
			all[s.Namespace] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func (w *Watcher) tellServices(ctx context.Context) {
	w.watchServices(ctx)
	all, heard := map[string]Service{}, len(w.services) == 0
	for ns, f := range w.services {
		if ns == "" && f.denied { // what it knew is stale, and the namespaces' own lists say more
			continue
		}
		heard = heard || f.listed
		maps.Copy(all, f.items)
	}
	if !heard {
		return
	}
	next := slices.SortedFunc(maps.Values(all), compareServices)
	if w.toldServices && reflect.DeepEqual(w.discovered, next) {
		return
	}
	w.discovered, w.toldServices = next, true
	w.watchSlices(ctx)
	if w.events.Services != nil {
		w.events.Services(next)
	}
}

// manyServices is from when on all slices of a namespace are watched, since a request's address has its limits.
const manyServices = 50

// watchSlices follows the endpoints of the services that checks name and of those that were discovered, with one watch
// for each namespace: all slices of a large cluster would be far more than anybody here asks for.
func (w *Watcher) watchSlices(ctx context.Context) {
	names := map[string]map[string]bool{}
	add := func(ns, service string) {
		if ns == "" {
			ns = w.options.Namespace
		}
		if len(validation.IsDNS1123Label(ns)) > 0 || len(validation.IsDNS1123Label(service)) > 0 {
			return // such a service cannot exist, and one bad name would spoil the request for all
		}
		if names[ns] == nil {
			names[ns] = map[string]bool{}
		}
		names[ns][service] = true
	}
	for i := range w.current.Spec.Checks {
		if s := w.current.Spec.Checks[i].Service; s != nil {
			add(s.Namespace, s.Name)
		}
	}
	for _, s := range w.discovered {
		add(s.Namespace, s.Name)
	}
	want := map[string]*feed[slice]{}
	for ns, services := range names {
		sorted := slices.Sorted(maps.Keys(services))
		selector := serviceLabel + " in (" + strings.Join(sorted, ",") + ")"
		if len(sorted) > manyServices {
			selector = serviceLabel
		}
		f := &feed[slice]{w: w, part: partSlices, keep: keepSlicesOf(services), at: labelled("endpoints", slicesPath(ns), selector)}
		f.names, f.at.kept = services, strings.Join(sorted, ",")
		want[ns] = f
	}
	renew(ctx, w.slices, want)
	w.dirty[partSlices] = true
}

// keepSlicesOf keeps those of some services only.
func keepSlicesOf(services map[string]bool) func(json.RawMessage) (slice, error) {
	return func(raw json.RawMessage) (slice, error) {
		s, err := keepSlice(raw)
		if err == nil && !services[s.service] {
			err = errSkip
		}
		return s, err
	}
}

// tellSlices counts anew. A namespace whose watch has just begun keeps what was counted before.
func (w *Watcher) tellSlices(context.Context) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for ns := range w.views {
		if w.slices[ns] == nil {
			delete(w.views, ns)
		}
	}
	for ns, f := range w.slices {
		if f.listed {
			w.views[ns] = view{names: f.names, counts: count(f.items)}
		}
	}
}

// watchFailovers follows each ExternalFailover that a check names.
func (w *Watcher) watchFailovers(ctx context.Context) {
	want := map[string]*feed[*v1alpha1.ExternalFailover]{}
	for i := range w.current.Spec.Checks {
		c := w.current.Spec.Checks[i].ExternalFailover
		if c == nil {
			continue
		}
		ns := c.Namespace
		if ns == "" {
			ns = w.options.Namespace
		}
		if len(validation.IsDNS1123Label(ns)) == 0 && len(validation.IsDNS1123Subdomain(c.Name)) == 0 {
			want[ns+"/"+c.Name] = &feed[*v1alpha1.ExternalFailover]{
				w: w, part: partFailovers, keep: keepFailover, at: named("ExternalFailover", ownPath(ns, "externalfailovers"), c.Name),
			}
		}
	}
	renew(ctx, w.external, want)
	w.dirty[partFailovers] = true
}

func (w *Watcher) tellFailovers(context.Context) {
	all := map[string]*v1alpha1.ExternalFailover{}
	for _, f := range w.external {
		maps.Copy(all, f.items)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failovers = all
}
