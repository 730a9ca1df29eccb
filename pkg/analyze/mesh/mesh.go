// Package mesh works out what the objects mean to a client's proxy, as istiod does: which ServiceEntries make up a host,
// which DestinationRule is in force for it, what its portLevelSettings and subsets leave of the policy, who sees the host
// at all, which routes and EnvoyFilters apply, and which endpoints a client of each region gets at which priority. It is
// written once here; no rule works any of it out again.
//
// It imports analyze/manifest and Istio's API types, and judges nothing. Start reading at Model, then at Cluster.
package mesh

import (
	"cmp"
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
	offers     map[string][]offer // by name, the oldest first
	rules      ruleIndex
	routes     map[string][]*manifest.VirtualService // by exact host
	wildRoutes []*manifest.VirtualService
	filters    map[string][]*manifest.EnvoyFilter // by namespace, in the order in which they act
	patches    map[string]*patchIndex
	owners     map[string][]string                   // namespaces that have objects of their own for a host
	scopes     map[string][]*scope                   // by namespace, in the order in which they are asked
	leading    map[string][]*manifest.VirtualService // by the host that a route leads to
	spaces     map[string]*manifest.Object           // the namespaces themselves
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
	m.spaces, m.owners = map[string]*manifest.Object{}, map[string][]string{}
	for _, ns := range s.OfKind("", "Namespace") {
		m.spaces[ns.Name] = ns
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
	if o := m.spaces[namespace]; o != nil {
		return o.Labels, true
	}
	return nil, false
}

// NamespaceAnnotations are those of a namespace, nil if it is not known.
func (m *Model) NamespaceAnnotations(namespace string) map[string]string {
	if o := m.spaces[namespace]; o != nil {
		return o.Annotations
	}
	return nil
}

// addOwner notes that a namespace has something of its own for a host, so that clients are there.
func (m *Model) addOwner(host, namespace string) {
	if namespace != m.Root && !slices.Contains(m.owners[host], namespace) {
		m.owners[host] = append(m.owners[host], namespace)
	}
}
