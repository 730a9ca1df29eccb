package validate

import (
	"net/netip"
	"regexp"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

// Platform tells everything that is wrong with the fields of the platform file.
func Platform(p *v1alpha1.Platform) diag.List {
	c := &checker{}
	if p.Name != "" {
		c.objectName(field.NewPath("metadata", "name"), p.Name)
	}
	at, s := field.NewPath("spec"), &p.Spec
	if s.Istio != nil {
		c.istioVersion(at.Child("istio", "oldest"), s.Istio.Oldest)
		c.istioVersion(at.Child("istio", "istiod"), s.Istio.Istiod)
	}
	choice(c, at.Child("dataPlane"), s.DataPlane, false, v1alpha1.DataPlaneSidecar, v1alpha1.DataPlaneAmbient)
	choice(c, at.Child("envoyFilter"), s.EnvoyFilter, false, v1alpha1.EnvoyFilterAllowed, v1alpha1.EnvoyFilterForbidden)
	if s.RootNamespace != "" {
		c.dnsLabel(at.Child("rootNamespace"), s.RootNamespace, longestLabel)
	}
	if s.TrustDomain != "" {
		c.dnsName(at.Child("trustDomain"), "SP111", s.TrustDomain)
	}
	if s.VIPCIDR != "" {
		c.vipCIDR(at.Child("vipCIDR"), s.VIPCIDR)
	}
	if s.EgressGateway != nil {
		c.platformGateway(at.Child("egressGateway"), s.EgressGateway)
	}
	if s.Waypoint != nil {
		c.waypoint(at.Child("waypoint"), s.Waypoint)
	}
	names := seen{}
	for i, cluster := range s.Clusters {
		c.cluster(at.Child("clusters").Index(i), cluster, names)
	}
	return c.diags
}

var minorVersion = regexp.MustCompile(`^(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,3})$`)

func (c *checker) istioVersion(at *field.Path, version string) {
	if version != "" && !minorVersion.MatchString(version) {
		c.errorf(at, "SP127", "%s is not a minor version of Istio", quote(version)).WithHint("write it with quotes and without a patch number, such as \"1.31\"")
	}
}

func (c *checker) vipCIDR(at *field.Path, value string) {
	prefix, err := netip.ParsePrefix(value)
	switch {
	case err != nil || !prefix.Addr().Is4():
		c.errorf(at, "SP112", "%s is not a range of IPv4 addresses", quote(value)).WithHint("such as 240.200.0.0/16")
	case prefix.Masked() != prefix:
		c.errorf(at, "SP112", "%s is an address within a range, not a range", quote(value)).WithHint("did you mean %s?", prefix.Masked())
	case prefix.Bits() > 30:
		c.errorf(at, "SP112", "the range %s is too small to choose from", quote(value)).WithHint("write /30 or larger, such as 240.200.0.0/16")
	}
}

func (c *checker) cluster(at *field.Path, cluster v1alpha1.PlatformCluster, names seen) {
	if c.dnsLabel(at.Child("name"), cluster.Name, longestLabel) {
		c.twice(names, at.Child("name"), cluster.Name, "the cluster")
	}
	regions := at.Child("regions")
	c.count(regions, len(cluster.Regions), 1, 64)
	before := seen{}
	for i, r := range cluster.Regions {
		at := regions.Index(i)
		if r == "" {
			c.errorf(at, "SP101", "a region is required").WithHint("such as us-east1, or remove the entry")
		} else if c.region(at, r) {
			c.twice(before, at, r, "the region")
		}
	}
}
