package importer

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/compile"
	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target/all"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// readAsked reads the annotation that generated objects carry.
func (l *lifter) readAsked() {
	e := l.host.Entry()
	text := e.Annotations[plan.AnnotationSpec]
	if text == "" {
		return
	}
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.DisallowUnknownFields()
	spec := &v1alpha1.ExternalFailoverSpec{}
	if err := d.Decode(spec); err != nil || len(spec.Endpoints) == 0 {
		l.tell(diag.Warning, e.Object, "metadata.annotations["+plan.AnnotationSpec+"]", codeUnread,
			"the annotation cannot be read; the spec is made of what the objects alone say").WithHint("generate the objects anew from their spec")
		return
	}
	l.known, l.asked = spec, l.empty()
	l.asked.Spec = *spec.DeepCopy()
	l.asked.Spec.Host = l.host.Name
	if l.asked.Spec.Ports != nil {
		return
	}
	for _, p := range e.Spec.GetPorts() { // they are left out where these say all
		out := v1alpha1.Port{Name: p.GetName(), Number: int32(p.GetNumber()), Protocol: v1alpha1.Protocol(p.GetProtocol())} //nolint:gosec // a port number
		if p.GetTargetPort() != 0 {
			out.TargetPort = new(int32(p.GetTargetPort())) //nolint:gosec // a port number
		}
		l.asked.Spec.Ports = append(l.asked.Spec.Ports, out)
	}
}

// bringBack finds the hosts whose objects are still what their remembered specs generate, for any platform that they may
// have been generated for. All are generated together: ports of a shared gateway depend on one another.
func bringBack(lifters []*lifter, platform plan.Platform) {
	var specs []load.Failover
	for _, l := range lifters {
		if l.asked != nil {
			fixed := l.asked.DeepCopy()
			if len(fixed.Spec.Addresses) == 0 {
				fixed.Spec.Addresses = l.host.Addresses // a default depends on the other specs of the mesh
			}
			specs = append(specs, load.Failover{Object: fixed})
		}
	}
	if len(specs) == 0 {
		return
	}
	for _, p := range platforms(lifters, platform) {
		batch, all, n := compile.NewBatch(specs, p, all.Targets()), true, 0
		for _, l := range lifters {
			if l.asked == nil {
				continue
			}
			if !l.back {
				l.back = l.is(snapshotOf(batch, n))
			}
			all, n = all && l.back, n+1
		}
		if all {
			return
		}
	}
}

// platforms are those that the objects may have been generated for.
func platforms(lifters []*lifter, given plan.Platform) []plan.Platform {
	regions, root := slices.Clone(given.Regions), given.RootNamespace
	for _, l := range lifters {
		if l.asked != nil {
			regions = append(regions, l.view.Regions()...)
			root = cmp.Or(root, l.root())
		}
	}
	slices.Sort(regions)
	regions = slices.DeleteFunc(slices.Compact(regions), func(r string) bool { return r == "" })
	out := make([]plan.Platform, 1, 13)
	out[0] = given
	for _, filters := range []bool{given.EnvoyFilter, !given.EnvoyFilter} {
		for _, istiod := range []plan.Version{given.Istiod, {Major: 1, Minor: 31}, {Major: 1, Minor: 29}} {
			for _, known := range [][]string{given.Regions, regions} {
				p := given
				p.EnvoyFilter, p.Istiod, p.RootNamespace, p.Regions = filters, istiod, cmp.Or(root, mesh.DefaultRoot), known
				out = append(out, p)
			}
		}
	}
	return out
}

// root is the namespace that filters for everybody were written to.
func (l *lifter) root() string {
	owner := l.host.Entry().Annotations[plan.AnnotationOwner]
	for _, f := range l.model.Snapshot.EnvoyFilters {
		if f.Annotations[plan.AnnotationOwner] == owner && f.Namespace != l.host.Namespace {
			return f.Namespace
		}
	}
	return ""
}

// is says whether the objects of the host are exactly these.
func (l *lifter) is(want *manifest.Snapshot) bool {
	if want == nil {
		return false
	}
	wanted, got := typedOf(want), typedOf(l.model.Snapshot)
	for key, spec := range wanted {
		if got[key] == nil || !proto.Equal(spec, got[key]) {
			return false
		}
	}
	for _, o := range l.from() {
		key := o.Kind + " " + o.Namespace + "/" + o.Name
		if got[key] != nil && wanted[key] == nil {
			return false
		}
	}
	return true
}

// snapshotOf is what the n-th spec generates, read as other objects are; nil if it is refused.
func snapshotOf(batch *compile.Batch, n int) *manifest.Snapshot {
	p, _ := batch.Plan(n)
	if p == nil {
		return nil
	}
	objects, err := batch.Objects(p)
	if err != nil {
		return nil
	}
	var text []byte
	for _, o := range objects {
		text = append(text, "---\n"...)
		text = render.YAML(text, o.Tree(), render.Options{NoComments: true})
	}
	s, _ := manifest.Bytes("generated", text, load.Options{})
	return s
}

// Generate is what a spec generates, read as other objects are; nil if it is refused. Addresses are those of a spec that
// gives none.
func Generate(spec *v1alpha1.ExternalFailover, platform plan.Platform, addresses []string) *manifest.Snapshot {
	fixed := spec.DeepCopy()
	if len(fixed.Spec.Addresses) == 0 {
		fixed.Spec.Addresses = addresses
	}
	return snapshotOf(compile.NewBatch([]load.Failover{{Object: fixed}}, platform, all.Targets()), 0)
}

// typedOf are the specs of a snapshot by kind, namespace and name.
func typedOf(s *manifest.Snapshot) map[string]proto.Message {
	out := map[string]proto.Message{}
	add(out, s.ServiceEntries)
	add(out, s.DestinationRules)
	add(out, s.VirtualServices)
	add(out, s.EnvoyFilters)
	return out
}

func add[T proto.Message](out map[string]proto.Message, list []*manifest.Typed[T]) {
	for _, o := range list {
		out[o.Kind+" "+o.Namespace+"/"+o.Name] = o.Spec
	}
}
