// Package manifest holds what analysis reads: every object of every kind that was found, those of Istio's networking API
// as its Go types, all others as plain trees, each with the place of every field. All served versions of a kind are one
// kind. Nothing is judged here, and nothing is refused that an API server might take.
//
// It imports load, diag and Istio's API types. Start reading at Snapshot, then at Read.
package manifest

import (
	"cmp"
	"slices"

	"google.golang.org/protobuf/proto"
	meshconfig "istio.io/api/mesh/v1alpha1"
	networking "istio.io/api/networking/v1alpha3"

	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/load"
)

// Object is one object of any kind.
type Object struct {
	Group       string // such as networking.istio.io; empty for Kubernetes' own
	Version     string
	Kind        string
	Namespace   string // empty for kinds that have none
	Name        string
	Labels      map[string]string
	Annotations map[string]string
	Created     string // as the API server wrote it; empty in files
	Source      *load.Document
	Tree        Value     // the whole object; nothing for a Secret
	Dropped     []Dropped // fields of a typed spec that the API does not have
}

// String names the object for people, such as "DestinationRule shop/mydb".
func (o *Object) String() string { return o.Source.Object }

// Typed is an object whose spec was read into its Go type. The spec is never nil.
type Typed[T proto.Message] struct {
	*Object
	Spec T
}

type (
	// ServiceEntry is one of Istio's networking API, as all that follow.
	ServiceEntry = Typed[*networking.ServiceEntry]
	// DestinationRule has the policies of a host.
	DestinationRule = Typed[*networking.DestinationRule]
	// VirtualService has the routes of hosts.
	VirtualService = Typed[*networking.VirtualService]
	// Gateway has the listeners of gateways.
	Gateway = Typed[*networking.Gateway]
	// Sidecar has the scope of clients.
	Sidecar = Typed[*networking.Sidecar]
	// EnvoyFilter has patches of what istiod generates.
	EnvoyFilter = Typed[*networking.EnvoyFilter]
	// WorkloadEntry is an endpoint that a ServiceEntry selects.
	WorkloadEntry = Typed[*networking.WorkloadEntry]
)

// Snapshot is all that was found. Lists are in the order in which Istio goes through objects: by creation, name and
// namespace.
type Snapshot struct {
	Objects          []*Object // of every kind, those below among them
	ServiceEntries   []*ServiceEntry
	DestinationRules []*DestinationRule
	VirtualServices  []*VirtualService
	Gateways         []*Gateway
	Sidecars         []*Sidecar
	EnvoyFilters     []*EnvoyFilter
	WorkloadEntries  []*WorkloadEntry
	Mesh             *meshconfig.MeshConfig // nil if none was given

	Ours    load.Result // objects of spillway.dev
	Sources map[string][]byte
	// Apart are folders that are known to hold a cluster each, whether or not their objects have names in common.
	Apart []string
	// Root is the folder or file that this part of a snapshot is for, of those that Worlds tells apart; empty for a whole one.
	Root string

	healths []Health
	meshes  []heldMesh
}

// heldMesh is a mesh configuration and the object that holds it.
type heldMesh struct {
	object *Object
	config *meshconfig.MeshConfig
}

// MeshObject is the object that holds the mesh configuration; nil if none among the objects does.
func (s *Snapshot) MeshObject() *Object {
	if len(s.meshes) == 0 {
		return nil
	}
	return s.meshes[0].object
}

// OfKind is the objects of a kind, such as ("", "Service").
func (s *Snapshot) OfKind(group, kind string) []*Object {
	var out []*Object
	for _, o := range s.Objects {
		if o.Group == group && o.Kind == kind {
			out = append(out, o)
		}
	}
	return out
}

// Read reads files, folders and standard input. Diagnostics are about files and about objects of spillway.dev.
func Read(paths []string, o load.Options) (*Snapshot, diag.List, error) {
	o = reading(o)
	loaded, diags, err := load.Paths(paths, o)
	if err != nil {
		return nil, nil, err
	}
	return snapshotOf(loaded), diags, nil
}

// Bytes reads one file.
func Bytes(name string, data []byte, o load.Options) (*Snapshot, diag.List) {
	loaded, diags := reading(o).Bytes(name, data)
	return snapshotOf(loaded), diags
}

// Texts reads files together that are on no disk.
func Texts(files []load.Text, o load.Options) (*Snapshot, diag.List) {
	loaded, diags := reading(o).Texts(files)
	return snapshotOf(loaded), diags
}

func reading(o load.Options) load.Options {
	namespace := cmp.Or(o.Namespace, load.DefaultNamespace)
	o.AllowNone = true
	o.Others = func(x *load.Other) any { return decode(x, namespace) }
	return o
}

// found is what decoding makes of one object: the object, and its typed form if it has one.
type found struct {
	object *Object
	typed  any
	mesh   *meshconfig.MeshConfig
}

func snapshotOf(loaded load.Result) *Snapshot {
	s := &Snapshot{Ours: loaded, Sources: loaded.Sources, healths: healthsOf(loaded)}
	for _, other := range loaded.Others {
		s.add(other.(*found))
	}
	s.Ours.Others = nil
	inOrder(s.ServiceEntries)
	inOrder(s.DestinationRules)
	inOrder(s.VirtualServices)
	inOrder(s.Gateways)
	inOrder(s.Sidecars)
	inOrder(s.EnvoyFilters)
	inOrder(s.WorkloadEntries)
	slices.SortStableFunc(s.Objects, byCreation)
	return s
}

func (s *Snapshot) add(f *found) {
	s.Objects = append(s.Objects, f.object)
	if f.mesh != nil {
		s.Mesh = cmp.Or(s.Mesh, f.mesh)
		s.meshes = append(s.meshes, heldMesh{f.object, f.mesh})
	}
	switch x := f.typed.(type) {
	case *ServiceEntry:
		s.ServiceEntries = append(s.ServiceEntries, x)
	case *DestinationRule:
		s.DestinationRules = append(s.DestinationRules, x)
	case *VirtualService:
		s.VirtualServices = append(s.VirtualServices, x)
	case *Gateway:
		s.Gateways = append(s.Gateways, x)
	case *Sidecar:
		s.Sidecars = append(s.Sidecars, x)
	case *EnvoyFilter:
		s.EnvoyFilters = append(s.EnvoyFilters, x)
	case *WorkloadEntry:
		s.WorkloadEntries = append(s.WorkloadEntries, x)
	}
}

func inOrder[T proto.Message](list []*Typed[T]) {
	slices.SortStableFunc(list, func(a, b *Typed[T]) int { return byCreation(a.Object, b.Object) })
}

// byCreation is how Istio orders objects. Those from files have no time, and Istio would take them in the order of their
// names if they were created at once.
func byCreation(a, b *Object) int {
	return cmp.Or(cmp.Compare(a.Created, b.Created), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Namespace, b.Namespace))
}
