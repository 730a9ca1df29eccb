package plan

import (
	"slices"
	"strings"
)

// host checks the name the application dials, and whether it will resolve to the host's address.
func (b *builder) host() {
	h := b.spec.Host
	switch {
	case h == "":
		b.diags.Errorf(b.at("host"), codeHost, "there is no host").WithHint("give the name that the application dials")
	case strings.Contains(h, "*"):
		b.diags.Errorf(b.at("host"), codeHost, "%s is a wildcard; endpoints can stand for one name only", h).WithHint(
			"write one spec for each name")
	case isIP(h):
		b.diags.Errorf(b.at("host"), codeHost, "%s is an address, not a name", h).WithHint(
			"let the application dial a name such as orders-db.internal, and put the address under endpoints")
	case inCluster(h):
		b.diags.Errorf(b.at("host"), codeHost, "%s is a name inside the cluster, which Kubernetes answers for", h).WithHint(
			"take a name under .internal, such as %s.internal", strings.Split(h, ".")[0])
	case !strings.Contains(h, "."):
		b.diags.Errorf(b.at("host"), codeHost, "Istio takes %s for a service of the namespace it stands in", h).WithHint(
			"take a name with a dot, such as %s.internal", h)
	case b.ownName(h):
		return
	case public(h):
		b.diags.Warnf(b.at("host"), codePublicHost, "%s may be somebody's public name: a pod without a sidecar would send its "+
			"requests there", h).WithHint("take a name under .internal, or the first endpoint's own name")
	}
	b.resolves()
}

// resolves warns where the application's DNS question is answered by nobody.
func (b *builder) resolves() {
	capture := b.platform.DNSCapture
	if b.plan.Waypoint != nil && capture == Unknown {
		capture = Yes // ztunnel answers DNS unless told not to
	}
	switch capture {
	case Unknown:
		b.diags.Warnf(b.at("host"), codeCaptureUnknown, "%s resolves only where sidecars answer DNS, and the platform does "+
			"not say whether they do", b.spec.Host).WithHint("annotate the client pods with proxy.istio.io/config: " +
			`'proxyMetadata: {ISTIO_META_DNS_CAPTURE: "true"}', or set dnsCapture in the platform file`)
	case No:
		b.diags.Warnf(b.at("host"), codeCaptureOff, "sidecars do not answer DNS on this platform, so %s needs a real record",
			b.spec.Host).WithHint("publish a record that points %s to the host's address (explain shows it), or annotate the "+
			`client pods with proxy.istio.io/config: 'proxyMetadata: {ISTIO_META_DNS_CAPTURE: "true"}'`, b.spec.Host)
	case Yes:
	}
}

// ownName says that an endpoint is called like the host, or that the host is the domain the endpoint lives in.
func (b *builder) ownName(host string) bool {
	return slices.ContainsFunc(b.plan.Endpoints, func(e Endpoint) bool {
		return strings.EqualFold(e.Address, host)
	})
}

func inCluster(host string) bool {
	h := strings.ToLower(strings.TrimSuffix(host, "."))
	return h == "local" || strings.HasSuffix(h, ".local") || strings.HasSuffix(h, ".svc") || strings.Contains(h, ".svc.")
}

// public says that a stranger could own the name: its last label is none of those that are kept out of public DNS.
func public(host string) bool {
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	switch name[strings.LastIndexByte(name, '.')+1:] {
	case "internal", "test", "invalid", "example", "localhost", "arpa", "intranet", "lan", "corp", "home", "private":
		return false
	default:
		return true
	}
}
