package mesh

import (
	networking "istio.io/api/networking/v1alpha3"
)

// Names are the names in the TLS that the proxy begins to the endpoints of a cluster.
type Names struct {
	SNI  string   // fixed, the same for all endpoints
	SANs []string // any of which the certificate must hold
	// FromHost says that the Host header of each request is sent as SNI; HostChecked that the certificate must hold it, too.
	FromHost, HostChecked bool
	// PerEndpoint says that an EnvoyFilter sends each endpoint's own name; EndpointChecked that the certificate must hold it.
	PerEndpoint, EndpointChecked bool
}

// Checked says whether the certificate is checked for any name at all.
func (n Names) Checked() bool { return len(n.SANs) > 0 || n.HostChecked || n.EndpointChecked }

// Names are those of TLS that the proxy originates; the zero Names if it does not.
func (c *Cluster) Names() Names {
	if !c.OriginatesTLS() {
		return Names{}
	}
	tls := c.TLS()
	n := Names{SNI: tls.GetSni(), SANs: tls.GetSubjectAltNames(), FromHost: tls.GetSni() == ""}
	skip := tls.GetInsecureSkipVerify().GetValue()
	n.HostChecked = n.FromHost && len(n.SANs) == 0 && !skip
	if len(n.SANs) == 0 {
		n.SANs = c.Host.youngest.Spec.GetSubjectAltNames() // istiod keeps those of the last one only
	}
	for _, p := range c.ClusterPatches() {
		if p.Spec.GetPatch().GetOperation() != networking.EnvoyFilter_Patch_MERGE {
			continue
		}
		config := p.Value.At("transport_socket", "typed_config")
		n.PerEndpoint = n.PerEndpoint || config.At("auto_host_sni").Bool() && !n.FromHost && c.Host.IsDNS()
		n.EndpointChecked = n.EndpointChecked || config.At("auto_sni_san_validation").Bool()
	}
	return n
}
