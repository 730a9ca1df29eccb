// Package mesh works out what the objects mean to a client's proxy, as istiod does: which ServiceEntries make up a host,
// which DestinationRule is in force for it, what its portLevelSettings and subsets leave of the policy, who sees the host
// at all, which routes and EnvoyFilters apply, and which endpoints a client of each region gets at which priority. It is
// written once here; no rule works any of it out again.
//
// It imports analyze/manifest and Istio's API types, and judges nothing. Start reading at Model, then at Cluster.
package mesh

import (
	"cmp"
	"maps"
	"slices"

	meshconfig "istio.io/api/mesh/v1alpha1"

	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
)

// DefaultRoot is the namespace whose objects act on the whole mesh, unless the mesh configuration names another.
const DefaultRoot = "istio-system"

// Options are what files do not say.
type Options struct {
	Versions      Versions
	ClientRegions []string               // regions that clients run in; empty if not known
	Mesh          *meshconfig.MeshConfig // takes the place of what the snapshot holds
}

// Model is a snapshot as the proxies see it. It is made once for a run and then only read.
type Model struct {
	Snapshot *manifest.Snapshot
	Versions Versions
	Mesh     *meshconfig.MeshConfig // never nil
	// MeshKnown says whether a mesh configuration was given; otherwise Mesh is Istio's defaults.
	MeshKnown bool
	Root      string // the root namespace

	hosts      []*Host
	byName     map[string][]*Host
	rules      ruleIndex
	routes     map[string][]*manifest.VirtualService // by exact host
	wildRoutes []*manifest.VirtualService
	filters    map[string][]*manifest.EnvoyFilter // by namespace, in the order in which they act
	scopes     map[string]*scope
	labels     map[string]map[string]string // of namespaces
	clients    Regions
	clusters   []*Cluster
}

// New makes the model.
func New(s *manifest.Snapshot, o Options) *Model {
	m := &Model{Snapshot: s, Versions: o.Versions.orDefault(), Mesh: cmp.Or(o.Mesh, s.Mesh)}
	m.MeshKnown = m.Mesh != nil
	if !m.MeshKnown {
		m.Mesh = &meshconfig.MeshConfig{}
	}
	m.Root = cmp.Or(m.Mesh.GetRootNamespace(), DefaultRoot)
	m.labels = map[string]map[string]string{}
	for _, ns := range s.OfKind("", "Namespace") {
		m.labels[ns.Name] = ns.Labels
	}
	m.buildHosts()
	m.buildRules()
	m.buildRoutes()
	m.buildFilters()
	m.buildScopes()
	m.clients = clientRegions(s, o.ClientRegions)
	m.buildClusters()
	return m
}

// NamespaceLabels are the labels of a namespace, and whether the namespace itself is known.
func (m *Model) NamespaceLabels(namespace string) (labels map[string]string, known bool) {
	labels, known = m.labels[namespace]
	return labels, known
}

// NamespaceAnnotations are those of a namespace, nil if it is not known.
func (m *Model) NamespaceAnnotations(namespace string) map[string]string {
	for _, o := range m.Snapshot.OfKind("", "Namespace") {
		if o.Name == namespace {
			return o.Annotations
		}
	}
	return nil
}

// namespaces are those of all objects that say something about clients, sorted.
func (m *Model) namespaces() []string {
	set := map[string]bool{}
	add := func(o *manifest.Object) { set[o.Namespace] = true }
	s := m.Snapshot
	for _, o := range s.DestinationRules {
		add(o.Object)
	}
	for _, o := range s.VirtualServices {
		add(o.Object)
	}
	for _, o := range s.Sidecars {
		add(o.Object)
	}
	for _, o := range s.EnvoyFilters {
		add(o.Object)
	}
	delete(set, m.Root)
	return slices.Sorted(maps.Keys(set))
}
