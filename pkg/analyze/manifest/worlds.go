package manifest

import (
	"path/filepath"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
)

// mostLooks bounds how often objects are looked at, over all worlds.
const mostLooks = 2_000_000

// identity is what an object is to a cluster: there can be one only.
type identity struct {
	group, kind, namespace, name string
}

// Worlds are the parts of the snapshot that can be in one cluster together. Mostly that is all of it. A repository with one
// folder for each environment, or with examples beside each other, holds objects of one name several times: each folder,
// or file, that holds such an object is a world of its own, together with everything that is in none of them.
// The second result is an object that is there twice, and where the other one is; nil if there is none.
func (s *Snapshot) Worlds() ([]*Snapshot, [2]*Object) {
	roots, twice := s.conflicts()
	if len(roots) == 0 {
		return []*Snapshot{s}, twice
	}
	if len(roots)*len(s.Objects) > mostLooks {
		return []*Snapshot{s.only(func(*Object) bool { return true })}, twice
	}
	out := make([]*Snapshot, 0, len(roots))
	for _, root := range roots {
		world := s.only(func(o *Object) bool {
			return !slices.ContainsFunc(roots, func(r string) bool { return inside(o.Source.File, r) && !inside(root, r) })
		})
		world.Root = root
		out = append(out, world)
	}
	return out, twice
}

// inside says whether a path is a folder or file, or is below it.
func inside(path, root string) bool {
	return path == root || strings.HasPrefix(path, root+string(filepath.Separator))
}

// conflicts are the folders and files that hold objects which others hold too.
func (s *Snapshot) conflicts() (roots []string, twice [2]*Object) {
	seen := map[identity][]*Object{}
	set := map[string]bool{}
	for _, root := range s.Apart {
		set[root] = true
	}
	for _, o := range s.Objects {
		id := identity{o.Group, o.Kind, o.Namespace, o.Name}
		if o.Name == "" {
			continue
		}
		for _, other := range seen[id] {
			if other.Source.File == o.Source.File {
				continue
			}
			if twice[0] == nil {
				twice = [2]*Object{o, other}
			}
			a, b := apart(other.Source.File, o.Source.File)
			set[a], set[b] = true, true
		}
		seen[id] = append(seen[id], o)
	}
	for r := range set {
		roots = append(roots, r)
	}
	slices.Sort(roots)
	return roots, twice
}

// apart finds where the ways to two files part: the folders below the last common one, or the files themselves if one of
// them is in that folder.
func apart(a, b string) (string, string) {
	separator := string(filepath.Separator)
	x, y := strings.Split(a, separator), strings.Split(b, separator)
	n := 0
	for n < len(x)-1 && n < len(y)-1 && x[n] == y[n] {
		n++
	}
	if n == len(x)-1 || n == len(y)-1 {
		return a, b
	}
	return strings.Join(x[:n+1], separator), strings.Join(y[:n+1], separator)
}

// only is a snapshot of some of the objects, and of those with one identity the first.
func (s *Snapshot) only(keep func(*Object) bool) *Snapshot {
	out := &Snapshot{Ours: s.Ours, Sources: s.Sources, healths: s.healths}
	kept, seen := map[*Object]bool{}, map[identity]bool{}
	for _, o := range s.Objects {
		id := identity{o.Group, o.Kind, o.Namespace, o.Name}
		if keep(o) && (o.Name == "" || !seen[id]) {
			seen[id], kept[o] = true, true
			out.Objects = append(out.Objects, o)
		}
	}
	if i := slices.IndexFunc(s.meshes, func(m heldMesh) bool { return kept[m.object] }); i >= 0 {
		out.Mesh, out.meshes = s.meshes[i].config, s.meshes[i:i+1]
	}
	out.ServiceEntries = those(s.ServiceEntries, kept)
	out.DestinationRules = those(s.DestinationRules, kept)
	out.VirtualServices = those(s.VirtualServices, kept)
	out.Gateways = those(s.Gateways, kept)
	out.Sidecars = those(s.Sidecars, kept)
	out.EnvoyFilters = those(s.EnvoyFilters, kept)
	out.WorkloadEntries = those(s.WorkloadEntries, kept)
	return out
}

func those[T proto.Message](list []*Typed[T], kept map[*Object]bool) []*Typed[T] {
	out := make([]*Typed[T], 0, len(list))
	for _, x := range list {
		if kept[x.Object] {
			out = append(out, x)
		}
	}
	return out
}
