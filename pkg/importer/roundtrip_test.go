package importer_test

import (
	"encoding/json"
	"flag"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/compile"
	"github.com/spillway-mesh/spillway/pkg/importer"
	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/plan/plantest"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target/all"
)

var seed = flag.Uint64("seed", 1, "where the random specs begin")

// platforms are meshes that write the same spec in different ways.
func platforms() []plan.Platform {
	newest := plan.DefaultPlatform()
	older := newest
	older.Oldest, older.Istiod = plan.Version{Major: 1, Minor: 29}, plan.Version{Major: 1, Minor: 29}
	without := newest
	without.EnvoyFilter = false
	return []plan.Platform{newest, older, without}
}

func TestRandomSpecsComeBack(t *testing.T) {
	t.Parallel()
	const specs = 120
	written := 0
	for i := range uint64(specs) {
		r := rand.New(rand.NewPCG(*seed, i)) //nolint:gosec // repeatable
		spec := plantest.RandomSpec(r, "shop")
		decorate(r, spec)
		for n, platform := range platforms() {
			if comesBack(t, spec, platform) {
				written++
				continue
			}
			if t.Failed() {
				t.Fatalf("spec %d with -seed %d on platform %d; the least that fails: %s", i, *seed, n, shrunk(spec, platform))
			}
		}
	}
	if written < specs {
		t.Errorf("only %d of %d were written", written, specs*len(platforms()))
	}
}

// comesBack says whether a spec is written and, brought back from its objects, is the same.
func comesBack(t *testing.T, spec *v1alpha1.ExternalFailover, platform plan.Platform) bool {
	t.Helper()
	diff, ok := roundTrip(spec, platform)
	if diff != "" {
		t.Errorf("(-spec +brought back)\n%s", diff)
	}
	return ok && diff == ""
}

func roundTrip(spec *v1alpha1.ExternalFailover, platform plan.Platform) (diff string, ok bool) {
	s := generated(spec, platform)
	if s == nil {
		return "", false
	}
	// What import is told of the mesh is not what it was generated for.
	back, diags := importer.Import(mesh.New(s, mesh.Options{}), plan.DefaultPlatform())
	if len(back) != 1 || diags.HasErrors() || !back[0].Back {
		return "not brought back: " + text(diags), true
	}
	want, got := plan.Canonical(&spec.Spec), plan.Canonical(&back[0].Spec.Spec)
	return cmp.Diff(want, got) + cmp.Diff(spec.Name, back[0].Spec.Name) + cmp.Diff(spec.Namespace, back[0].Spec.Namespace), true
}

// generated is what a spec generates, read from its text; nil if it is refused.
func generated(spec *v1alpha1.ExternalFailover, platform plan.Platform) *manifest.Snapshot {
	objects, diags, err := compile.Compile(spec, platform, all.Targets())
	if err != nil || diags.HasErrors() {
		return nil
	}
	var text []byte
	for _, o := range objects {
		text = render.YAML(append(text, "---\n"...), o.Tree(), render.Options{})
	}
	s, _ := manifest.Bytes("generated.yaml", text, load.Options{})
	return s
}

func text(v any) string {
	out, _ := json.Marshal(v)
	return string(out)
}

// shrunk is a smaller spec that fails too.
func shrunk(spec *v1alpha1.ExternalFailover, platform plan.Platform) string {
	fails := func(s *v1alpha1.ExternalFailover) bool {
		diff, ok := roundTrip(s, platform)
		return ok && diff != ""
	}
	for again := true; again; {
		again = false
		for _, smaller := range smaller(spec) {
			if fails(smaller) {
				spec, again = smaller, true
				break
			}
		}
	}
	diff, _ := roundTrip(spec, platform)
	return text(spec.Spec) + "\n" + diff
}

func smaller(spec *v1alpha1.ExternalFailover) []*v1alpha1.ExternalFailover {
	var out []*v1alpha1.ExternalFailover
	try := func(change func(*v1alpha1.ExternalFailoverSpec)) {
		s := spec.DeepCopy()
		change(&s.Spec)
		if text(s.Spec) != text(spec.Spec) {
			out = append(out, s)
		}
	}
	for i := range spec.Spec.Failover {
		try(func(s *v1alpha1.ExternalFailoverSpec) { s.Failover = append(s.Failover[:i:i], s.Failover[i+1:]...) })
		try(func(s *v1alpha1.ExternalFailoverSpec) { s.Failover[i].To = s.Failover[i].To[:1] })
		try(func(s *v1alpha1.ExternalFailoverSpec) { s.Failover[i].OnlyListed = false })
	}
	for i := range spec.Spec.Endpoints {
		try(func(s *v1alpha1.ExternalFailoverSpec) { s.Endpoints = append(s.Endpoints[:i:i], s.Endpoints[i+1:]...) })
	}
	try(func(s *v1alpha1.ExternalFailoverSpec) { s.Detect = nil })
	try(func(s *v1alpha1.ExternalFailoverSpec) { s.Requests, s.Preset = nil, "" })
	try(func(s *v1alpha1.ExternalFailoverSpec) { s.TLS = nil })
	try(func(s *v1alpha1.ExternalFailoverSpec) { s.Clients = nil })
	try(func(s *v1alpha1.ExternalFailoverSpec) { s.Ports = s.Ports[:1] })
	return out
}

// decorate adds what random specs of the planner's tests lack.
func decorate(r *rand.Rand, x *v1alpha1.ExternalFailover) {
	chance := func(n int) bool { return r.IntN(n) == 0 }
	s := &x.Spec
	if chance(4) && s.Clients != nil {
		s.Clients.Namespaces = []string{"billing", "shop"}
	}
	if s.TLS != nil && chance(4) && s.Clients != nil {
		s.Clients.Selector = map[string]string{"app": "orders"}
		s.Clients.ServiceAccounts = []string{"orders"}
		s.TLS.Mode = v1alpha1.TLSMutual
		s.TLS.ClientCertificate = &v1alpha1.ClientCertificate{Secret: "partner"}
	} else if s.TLS != nil && chance(4) {
		s.TLS.Trust = &v1alpha1.Trust{ConfigMap: "ca"}
	}
	if chance(5) {
		s.Detect = &v1alpha1.Detect{
			GatewayErrors: new(int32(7)), Active: &v1alpha1.ActiveCheck{Path: "/up", Host: "up.internal", Expect: "204"},
		}
	}
	if chance(5) {
		s.Signing = &v1alpha1.Signing{ClientSends: v1alpha1.ClientSendsUnsigned}
	}
	if chance(5) {
		s.Ports[0].TLS = v1alpha1.PortTLSInherit
	}
}

// The comparison sees what it should.
func TestALossIsSeen(t *testing.T) {
	t.Parallel()
	spec := plantest.RandomSpec(rand.New(rand.NewPCG(1, 1)), "shop") //nolint:gosec // repeatable
	platform := plan.DefaultPlatform()
	s := generated(spec, platform)
	if s == nil {
		t.Fatal("the spec is refused")
	}
	delete(s.ServiceEntries[0].Annotations, plan.AnnotationSpec)
	back, _ := importer.Import(mesh.New(s, mesh.Options{}), platform)
	if len(back) > 0 && cmp.Diff(plan.Canonical(&spec.Spec), plan.Canonical(&back[0].Spec.Spec)) == "" {
		t.Error("without the annotation nothing is lost")
	}
}
