package plan

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

// Tri is a yes or no that may be unknown.
type Tri int

// The values of Tri.
const (
	Unknown Tri = iota
	No
	Yes
)

// Version is a minor version of Istio.
type Version struct {
	Major int
	Minor int
}

// String is the version as Istio's releases are named, such as 1.31.
func (v Version) String() string { return strconv.Itoa(v.Major) + "." + strconv.Itoa(v.Minor) }

// Before says that v is older than o.
func (v Version) Before(o Version) bool {
	return v.Major < o.Major || v.Major == o.Major && v.Minor < o.Minor
}

func oldestSupported() Version { return Version{1, 29} }
func newestSupported() Version { return Version{1, 31} }

// replacesLists is the first istiod that lets an EnvoyFilter replace a cluster's endpoints (MERGE_AND_REPLACE_LIST).
func replacesLists() Version { return Version{1, 31} }

// Platform is the mesh that the objects are for, all defaults filled in.
type Platform struct {
	Oldest        Version // of proxies and control planes
	Istiod        Version // of control planes
	Ambient       bool
	Sidecars      bool // said, not only taken for granted
	EnvoyFilter   bool // app namespaces may hold EnvoyFilters
	DNSCapture    Tri
	RootNamespace string // empty: not ours to write to
	TrustDomain   string
	VIPs          netip.Prefix
	Regions       []string // of the nodes, sorted
	Spread        []string // clusters whose nodes are in several regions, sorted
	// Gateway is what specs use that name no egress gateway; GatewayFilter says that its namespace may hold EnvoyFilters.
	Gateway       v1alpha1.EgressGateway
	GatewayFilter bool
	FirstPort     int // of gateways, for endpoints
	LastPort      int
	Waypoint      v1alpha1.Waypoint
}

// Overrides are what a command line says about the platform.
type Overrides struct {
	IstioVersion  string   // --istio-version: may only lower
	ClientRegions []string // --client-regions: added to the platform's
}

// DefaultPlatform is what holds where nobody says otherwise.
func DefaultPlatform() Platform {
	return Platform{
		Oldest:      newestSupported(),
		Istiod:      newestSupported(),
		EnvoyFilter: true, GatewayFilter: true,
		FirstPort: 17000, LastPort: 26999,
		TrustDomain: "cluster.local",
		VIPs:        netip.PrefixFrom(netip.AddrFrom4([4]byte{240, 200, 0, 0}), 16),
	}
}

// ResolvePlatform fills in the defaults of a platform file, which may be nil, and applies what the command line says.
func ResolvePlatform(p *v1alpha1.Platform, o Overrides) (Platform, diag.List) {
	r := platformReader{at: field.NewPath("spec"), out: DefaultPlatform()}
	if p != nil {
		r.file(&p.Spec)
	}
	r.overrides(o)
	slices.Sort(r.out.Regions)
	r.out.Regions = slices.Compact(r.out.Regions)
	return r.out, r.diags
}

type platformReader struct {
	at    *field.Path
	out   Platform
	diags diag.List
}

func (r *platformReader) file(s *v1alpha1.PlatformSpec) {
	if s.Istio != nil {
		r.versions(s.Istio)
	}
	r.out.Ambient = s.DataPlane == v1alpha1.DataPlaneAmbient
	r.out.Sidecars = s.DataPlane == v1alpha1.DataPlaneSidecar
	r.out.EnvoyFilter = s.EnvoyFilter != v1alpha1.EnvoyFilterForbidden
	if s.DNSCapture != nil {
		r.out.DNSCapture = No
		if *s.DNSCapture {
			r.out.DNSCapture = Yes
		}
	}
	r.out.RootNamespace = s.RootNamespace
	if s.TrustDomain != "" {
		r.out.TrustDomain = s.TrustDomain
	}
	if s.VIPCIDR != "" {
		r.vips(s.VIPCIDR)
	}
	for _, c := range s.Clusters {
		r.out.Regions = append(r.out.Regions, c.Regions...)
		if len(sortedSet(c.Regions)) > 1 {
			r.out.Spread = append(r.out.Spread, c.Name)
		}
	}
	slices.Sort(r.out.Spread)
	r.gateway(s)
}

// gateway reads where hosts go that sidecars cannot carry.
func (r *platformReader) gateway(s *v1alpha1.PlatformSpec) {
	r.out.GatewayFilter = r.out.EnvoyFilter
	if s.Waypoint != nil {
		r.out.Waypoint = *s.Waypoint
	}
	g := s.EgressGateway
	if g == nil {
		return
	}
	r.out.Gateway = g.EgressGateway
	if g.EnvoyFilter != "" {
		r.out.GatewayFilter = g.EnvoyFilter == v1alpha1.EnvoyFilterAllowed
	}
	if g.FirstPort > 0 && g.LastPort > g.FirstPort {
		r.out.FirstPort, r.out.LastPort = int(g.FirstPort), int(g.LastPort)
	}
	if g.EnvoyFilter == v1alpha1.EnvoyFilterAllowed && g.Namespace == "" {
		r.diags.Errorf(r.at.Child("egressGateway", "envoyFilter"), codePlatform, "the gateway stands in each host's own namespace, to "+
			"which spec.envoyFilter applies").WithHint("set egressGateway.namespace to one that may hold EnvoyFilters")
	}
}

func (r *platformReader) versions(v *v1alpha1.IstioVersions) {
	at := r.at.Child("istio")
	istiod, haveIstiod := r.version(at.Child("istiod"), v.Istiod)
	oldest, haveOldest := r.version(at.Child("oldest"), v.Oldest)
	switch {
	case haveIstiod && haveOldest && istiod.Before(oldest):
		r.diags.Errorf(at.Child("oldest"), codeVersion, "the oldest version is %s, but istiod is %s, which is older",
			oldest, istiod).WithHint("oldest counts proxies and control planes: set it to %s or lower", istiod)
	case haveIstiod && haveOldest:
		r.out.Oldest, r.out.Istiod = oldest, istiod
	case haveIstiod:
		r.out.Oldest, r.out.Istiod = istiod, istiod
	case haveOldest:
		r.out.Oldest, r.out.Istiod = oldest, oldest
	}
}

// version reads one version and refuses those that this release was not made for; false where there is none to use.
func (r *platformReader) version(at *field.Path, text string) (Version, bool) {
	if text == "" {
		return Version{}, false
	}
	v, err := parseVersion(text)
	switch {
	case err != nil:
		r.diags.Errorf(at, codeVersion, "%q is no Istio version: %v", text, err).WithHint(
			"write the minor version, such as %q", newestSupported())
	case v.Before(oldestSupported()):
		r.diags.Errorf(at, codeVersion, "Istio %s is older than %s, the oldest that Istio itself supports", v,
			oldestSupported()).WithHint("upgrade the mesh first: what is written here was not tried on %s", v)
	case newestSupported().Before(v):
		r.diags.Errorf(at, codeVersion, "Istio %s is newer than this release knows (%s)", v, newestSupported()).WithHint(
			"use a newer release of Spillway, or say %q if every proxy and control plane is that old", newestSupported())
	default:
		return v, true
	}
	return Version{}, false
}

// parseVersion reads 1.31, v1.31 and 1.31.2: patches do not change what can be written.
func parseVersion(text string) (Version, error) {
	parts := strings.Split(strings.TrimPrefix(text, "v"), ".")
	if len(parts) < 2 || len(parts) > 3 {
		return Version{}, errors.New("it is not two numbers with a dot between")
	}
	var numbers [2]int
	for i := range numbers {
		n, err := strconv.ParseUint(parts[i], 10, 16)
		if err != nil {
			return Version{}, fmt.Errorf("%q is no number", parts[i])
		}
		numbers[i] = int(n)
	}
	return Version{numbers[0], numbers[1]}, nil
}

func (r *platformReader) vips(text string) {
	at := r.at.Child("vipCIDR")
	prefix, err := netip.ParsePrefix(text)
	switch {
	case err != nil || !prefix.Addr().Is4():
		r.diags.Errorf(at, codePlatform, "%q is no range of IPv4 addresses", text).WithHint(
			"write it as 240.200.0.0/16")
	case prefix.Overlaps(istioVIPs()):
		r.diags.Errorf(at, codePlatform, "%s overlaps %s, from which Istio itself gives addresses to ServiceEntries",
			prefix, istioVIPs()).WithHint("take another part of 240.0.0.0/4, such as 240.200.0.0/16")
	case prefix.Bits() > 30:
		r.diags.Errorf(at, codePlatform, "%s has no room for a single address", prefix).WithHint(
			"a /16 is usual: every spec gets one address")
	default:
		r.out.VIPs = prefix.Masked()
	}
}

// istioVIPs is the range of Istio's own automatic addresses.
func istioVIPs() netip.Prefix { return netip.PrefixFrom(netip.AddrFrom4([4]byte{240, 240, 0, 0}), 16) }

func (r *platformReader) overrides(o Overrides) {
	r.out.Regions = append(r.out.Regions, o.ClientRegions...)
	if o.IstioVersion == "" {
		return
	}
	v, ok := r.version(nil, o.IstioVersion)
	switch {
	case !ok:
	case r.out.Istiod.Before(v):
		r.diags.Errorf(nil, codeOnlyLower, "--istio-version %s is newer than the platform's istiod, %s", v, r.out.Istiod).
			WithHint("the flag may only lower; raise spec.istio in the platform file once the mesh is upgraded")
	default:
		r.out.Istiod = v
		if v.Before(r.out.Oldest) {
			r.out.Oldest = v
		}
	}
}
