package test

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/wrapperspb"
	networking "istio.io/api/networking/v1alpha3"
)

// breakage is a change to what was generated for a sample that one rule must notice.
type breakage struct {
	sample, rule string
	change       func([]object)
}

// each changes every spec of one type.
func each[T proto.Message](change func(T)) func([]object) {
	return func(all []object) {
		for _, spec := range specs[T](all) {
			change(spec)
		}
	}
}

// patches changes what every patch writes under a key; a nil value takes the key away.
func patches(key string, value *structpb.Value) func([]object) {
	var change func(s *structpb.Struct)
	change = func(s *structpb.Struct) {
		if s.GetFields()[key] != nil {
			if s.Fields[key] = value; value == nil {
				delete(s.Fields, key)
			}
		}
		for _, inner := range s.GetFields() {
			change(inner.GetStructValue())
			for _, item := range inner.GetListValue().GetValues() {
				change(item.GetStructValue())
			}
		}
	}
	return each(func(f *networking.EnvoyFilter) {
		for _, patch := range f.GetConfigPatches() {
			change(patch.GetPatch().GetValue())
		}
	})
}

// outlier changes every outlier detection of every policy.
func outlier(change func(*networking.OutlierDetection)) func([]object) {
	return each(func(r *networking.DestinationRule) {
		for _, p := range policies(r) {
			change(p.GetOutlierDetection())
		}
	})
}

// rename moves every object of a kind to another namespace.
func rename(kind, namespace string) func([]object) {
	return func(all []object) {
		for i := range all {
			if all[i].Kind == kind {
				all[i].Namespace = namespace
			}
		}
	}
}

// breakages are changes to the objects of Istio's own API.
func breakages() []breakage {
	return []breakage{
		{"dynamodb-tls", "every host has its DestinationRule", rename("DestinationRule", "elsewhere")},
		{"dynamodb-tls", "visible to listed namespaces", each(func(s *networking.ServiceEntry) { s.ExportTo = nil })},
		{"dynamodb-tls", "visible to listed namespaces", each(func(s *networking.VirtualService) { s.ExportTo = []string{"*"} })},
		{"dynamodb-tls", "resolved by DNS", each(func(s *networking.ServiceEntry) { s.Resolution = networking.ServiceEntry_STATIC })},
		{"dynamodb-tls", "left as a whole", outlier(func(o *networking.OutlierDetection) { o.MaxEjectionPercent = 10 })},
		{"dynamodb-tls", "left as a whole", outlier(func(o *networking.OutlierDetection) { o.ConsecutiveGatewayErrors = nil })},
		{"dynamodb-tls", "left as a whole", outlier(func(o *networking.OutlierDetection) { o.SplitExternalLocalOriginErrors = true })},
		{"dynamodb-tls", "given up quickly", each(func(r *networking.DestinationRule) {
			r.TrafficPolicy.ConnectionPool.Tcp.ConnectTimeout = durationpb.New(10e9)
		})},
		{"dynamodb-tls", "checks the name", each(func(r *networking.DestinationRule) { r.TrafficPolicy.Tls.SubjectAltNames = nil })},
		{"partner-mtls", "selected pods only", each(func(r *networking.DestinationRule) { r.WorkloadSelector = nil })},
		{"dynamodb-tls", "localities that exist", each(func(s *networking.ServiceEntry) {
			for _, e := range s.Endpoints {
				e.Locality = "us-east-1"
			}
		})},
		{"dynamodb-tls", "a route for every request", each(func(s *networking.VirtualService) { s.Http = s.Http[:1] })},
		{"dynamodb-tls", "repeated for matched requests", each(func(s *networking.VirtualService) { s.Http[len(s.Http)-1].Retries = nil })},
		{"dynamodb-tls", "repeated for matched requests", each(func(s *networking.VirtualService) { s.Http[len(s.Http)-1].Retries.RetryOn += ",5xx" })},
		{"dynamodb-tls", "in full is bounded", each(func(s *networking.VirtualService) { s.Http[0].Retries.PerTryTimeout = nil })},
		{"dynamodb-tls", "in full is bounded", each(func(s *networking.VirtualService) { s.Http[0].Retries.RetryRemoteLocalities = wrapperspb.Bool(false) })},
	}
}

// filterBreakages are changes to the EnvoyFilters, and to what only they make work.
func filterBreakages() []breakage {
	return []breakage{
		{"several-ports", "has its EnvoyFilters", rename("EnvoyFilter", "catalog")},
		{"dynamodb-tls", "has its EnvoyFilters", patches("update_merge_window", nil)},
		{"dynamodb-tls", "has its EnvoyFilters", each(func(f *networking.EnvoyFilter) { f.Priority = 0 })},
		{"dynamodb-tls", "alone in its patch", each(func(f *networking.EnvoyFilter) {
			for _, patch := range f.ConfigPatches {
				if fields := patch.Patch.Value.Fields; fields["transport_socket"] != nil {
					fields["dns_refresh_rate"] = structpb.NewStringValue("5s")
				}
			}
		})},
		{"dynamodb-tls", "own TLS name", patches("auto_host_sni", structpb.NewBoolValue(false))},
		{"dynamodb-tls", "own TLS name", patches("auto_sni_san_validation", nil)},
		{"dynamodb-tls", "first retry leaves", patches("update_frequency", structpb.NewNumberValue(2))},
		{"tcp-database", "tried in the next region", patches("max_connect_attempts", structpb.NewNumberValue(1))},
		{"tcp-database", "tried in the next region", each(func(s *networking.ServiceEntry) { s.Addresses = nil })},
		{"several-ports", "legal host", patches("host", structpb.NewStringValue("outbound|80||search.internal"))},
		{"several-ports", "legal host", patches("expected_statuses", nil)},
	}
}

// TestSafetyFinds is the negative control of TestSamplesAreSafe: each change makes its rule speak.
func TestSafetyFinds(t *testing.T) {
	t.Parallel()
	tried := map[string]bool{}
	for _, b := range append(breakages(), filterBreakages()...) {
		all := objects(t, b.sample)
		b.change(all)
		problems := unsafe(all)
		if !slices.ContainsFunc(problems, func(p string) bool { rule, _, _ := strings.Cut(p, ":"); return strings.Contains(rule, b.rule) }) {
			t.Errorf("samples/%s, changed against %q: found only %q", b.sample, b.rule, problems)
		}
		for _, rule := range safetyRules() {
			tried[rule.name] = tried[rule.name] || strings.Contains(rule.name, b.rule)
		}
	}
	for _, rule := range safetyRules() {
		if !tried[rule.name] {
			t.Errorf("no change is tried against %q", rule.name)
		}
	}
}
