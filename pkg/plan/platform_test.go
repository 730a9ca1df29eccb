package plan_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/plan"
)

// codes are the findings as "severity code path".
func codes(diags diag.List) []string {
	var out []string
	for _, d := range diags {
		out = append(out, strings.TrimSpace(d.Severity.String()+" "+d.Code+" "+d.Path))
	}
	return out
}

func TestResolvePlatform(t *testing.T) {
	t.Parallel()
	v := func(minor int) plan.Version { return plan.Version{Major: 1, Minor: minor} }
	istio := func(oldest, istiod string) *v1alpha1.Platform {
		return &v1alpha1.Platform{Spec: v1alpha1.PlatformSpec{Istio: &v1alpha1.IstioVersions{Oldest: oldest, Istiod: istiod}}}
	}
	vips := func(cidr string) *v1alpha1.Platform {
		return &v1alpha1.Platform{Spec: v1alpha1.PlatformSpec{VIPCIDR: cidr}}
	}
	tests := map[string]struct {
		file      *v1alpha1.Platform
		overrides plan.Overrides
		want      func(*plan.Platform)
		codes     []string
	}{
		"nothing": {want: func(*plan.Platform) {}},
		"everything": {
			file: &v1alpha1.Platform{Spec: v1alpha1.PlatformSpec{
				Istio:     &v1alpha1.IstioVersions{Oldest: "1.29", Istiod: "v1.30.2"},
				DataPlane: v1alpha1.DataPlaneAmbient, EnvoyFilter: v1alpha1.EnvoyFilterForbidden, DNSCapture: new(false),
				RootNamespace: "istio-system", TrustDomain: "mesh.example", VIPCIDR: "10.7.9.1/24",
				Clusters: []v1alpha1.PlatformCluster{{Name: "b", Regions: []string{"r2", "r1"}}, {Name: "a", Regions: []string{"r1"}}},
			}},
			overrides: plan.Overrides{ClientRegions: []string{"r0", "r2"}},
			want: func(p *plan.Platform) {
				p.Oldest, p.Istiod, p.Ambient, p.EnvoyFilter, p.DNSCapture = v(29), v(30), true, false, plan.No
				p.RootNamespace, p.TrustDomain, p.VIPs = "istio-system", "mesh.example", netip.MustParsePrefix("10.7.9.0/24")
				p.Regions, p.Spread, p.GatewayFilter = []string{"r0", "r1", "r2"}, []string{"b"}, false
			},
		},
		"a gateway": {
			file: &v1alpha1.Platform{Spec: v1alpha1.PlatformSpec{
				EnvoyFilter: v1alpha1.EnvoyFilterForbidden, Waypoint: &v1alpha1.Waypoint{Name: "w"},
				EgressGateway: &v1alpha1.PlatformEgressGateway{
					EgressGateway: v1alpha1.EgressGateway{Namespace: "exit", Name: "g"}, EnvoyFilter: v1alpha1.EnvoyFilterAllowed,
					FirstPort: 20000, LastPort: 29999,
				},
			}},
			want: func(p *plan.Platform) {
				p.EnvoyFilter, p.FirstPort, p.LastPort, p.Waypoint.Name = false, 20000, 29999, "w"
				p.Gateway.Namespace, p.Gateway.Name = "exit", "g"
			},
		},
		"a gateway in every namespace": {
			file: &v1alpha1.Platform{Spec: v1alpha1.PlatformSpec{
				EgressGateway: &v1alpha1.PlatformEgressGateway{EnvoyFilter: v1alpha1.EnvoyFilterAllowed},
			}},
			codes: []string{"error SP207 spec.egressGateway.envoyFilter"},
		},
		"only oldest":     {file: istio("1.29", ""), want: func(p *plan.Platform) { p.Oldest, p.Istiod = v(29), v(29) }},
		"only istiod":     {file: istio("", "1.30"), want: func(p *plan.Platform) { p.Oldest, p.Istiod = v(30), v(30) }},
		"oldest is newer": {file: istio("1.31", "1.30"), codes: []string{"error SP208 spec.istio.oldest"}},
		"too old":         {file: istio("1.28", "1.31"), codes: []string{"error SP208 spec.istio.oldest"}},
		"too new":         {file: istio("", "1.32"), codes: []string{"error SP208 spec.istio.istiod"}},
		"major":           {file: istio("", "2.0"), codes: []string{"error SP208 spec.istio.istiod"}},
		"no version":      {file: istio("latest", "1.x"), codes: []string{"error SP208 spec.istio.istiod", "error SP208 spec.istio.oldest"}},
		"lowered": {
			file: istio("1.29", "1.31"), overrides: plan.Overrides{IstioVersion: "1.30"},
			want: func(p *plan.Platform) { p.Oldest, p.Istiod = v(29), v(30) },
		},
		"lowered below oldest": {
			overrides: plan.Overrides{IstioVersion: "1.29"}, want: func(p *plan.Platform) { p.Oldest, p.Istiod = v(29), v(29) },
		},
		"raised":        {file: istio("1.30", ""), overrides: plan.Overrides{IstioVersion: "1.31"}, codes: []string{"error SP209"}},
		"raised beyond": {overrides: plan.Overrides{IstioVersion: "1.40"}, codes: []string{"error SP208"}},
		"istio's range": {file: vips("240.0.0.0/8"), codes: []string{"error SP207 spec.vipCIDR"}},
		"no range":      {file: vips("fd00::/64"), codes: []string{"error SP207 spec.vipCIDR"}},
		"no room":       {file: vips("10.0.0.1/32"), codes: []string{"error SP207 spec.vipCIDR"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, diags := plan.ResolvePlatform(tt.file, tt.overrides)
			if diff := cmp.Diff(tt.codes, codes(diags)); diff != "" {
				t.Fatalf("findings (-want +got):\n%s", diff)
			}
			if tt.want == nil {
				return
			}
			want := plan.DefaultPlatform()
			tt.want(&want)
			if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
				t.Errorf("platform (-want +got):\n%s", diff)
			}
		})
	}
}
