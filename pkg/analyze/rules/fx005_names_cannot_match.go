package rules

import (
	"slices"
	"strconv"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX005", Name: "names-cannot-match", Severity: diag.Critical,
		Inputs:  analyze.Kinds{"ServiceEntry"},
		Summary: "the endpoints' certificates cannot hold the name that is checked",
		Why: "Without sni and subjectAltNames the proxy sends the Host of the request as server name and checks the certificate " +
			"for it. An endpoint of another name holds a certificate for that other name: every handshake fails, in all regions " +
			"at once. Seen live: 500 of 500 requests failed with every region healthy.",
		Fix: "give each endpoint its own name with an EnvoyFilter (auto_host_sni, auto_sni_san_validation) beside sni and " +
			"subjectAltNames, or put an egress gateway with a port for each region in between; `spillway import` writes it",
		Affects: "Istio 1.21 and later; before, the certificate was not checked at all",
		Check:   checkNamesCannotMatch,
	})
}

func checkNamesCannotMatch(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		n := c.Names()
		if !c.OriginatesTLS() || !n.FromHost || len(c.TLS().GetSubjectAltNames()) > 0 || !c.Port.Protocol.IsHTTP() ||
			c.TLS().GetInsecureSkipVerify().GetValue() {
			continue
		}
		for _, authority := range authorities(c) {
			wrong := endpointsNotNamed(c, authority)
			if len(wrong) == 0 {
				continue
			}
			o, path := c.Policy.TLS.At()
			if o == nil {
				continue
			}
			f := p.Report(o, path, "%s sends %s as server name and accepts a certificate for it only, but the endpoints are %s",
				c, strconv.Quote(authority), analyze.List(wrong))
			f.WithHint("give each endpoint its own name: `spillway import` writes the objects")
			if !certainlyOthers(c, authority, wrong) {
				f.As(diag.Warning).WithHint("make sure that every endpoint holds a certificate for %s, or give each its own name: "+
					"`spillway import` writes the objects", authority)
			}
		}
	}
}

// authorities are the Host headers that requests to the cluster have: that of the host, unless routes rewrite it.
func authorities(c *mesh.Cluster) []string {
	var out []string
	for _, r := range c.Routes() {
		name := r.HTTP.GetRewrite().GetAuthority()
		if name == "" {
			name = c.Host.Name
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// endpointsNotNamed are the endpoints with a DNS name other than the authority.
func endpointsNotNamed(c *mesh.Cluster, authority string) []string {
	var out []string
	for _, e := range c.Endpoints {
		if e.IsName() && !strings.EqualFold(e.Address, authority) && !loadBalancer(e.Address) && !slices.Contains(out, e.Address) {
			out = append(out, e.Address)
		}
	}
	return out
}

// certainlyOthers says whether no certificate for the authority can be at the endpoints: because no public authority
// certifies such a name, or because the endpoints are a cloud's own services.
func certainlyOthers(c *mesh.Cluster, authority string, endpoints []string) bool {
	if ca := c.TLS().GetCaCertificates(); ca != "" && ca != "system" && ca != "/etc/ssl/certs/ca-certificates.crt" {
		return false // an authority of one's own certifies any name
	}
	return !strings.Contains(authority, ".") || hasSuffix(authority, ".internal", ".local", ".mesh", ".localdomain", ".test", ".global") ||
		slices.ContainsFunc(endpoints, cloudService)
}

// loadBalancer says whether a name is that of a load balancer or a content network, which serve others' certificates.
func loadBalancer(name string) bool {
	return hasSuffix(name, ".elb.amazonaws.com", ".elb.amazonaws.com.cn", ".cloudfront.net", ".awsglobalaccelerator.com", ".cloudapp.azure.com",
		".azurefd.net", ".azureedge.net", ".trafficmanager.net", ".edgekey.net", ".edgesuite.net", ".akamaiedge.net", ".fastly.net",
		".cdn.cloudflare.net", ".googleusercontent.com") || strings.Contains(name, ".elb.")
}

// cloudService says whether a name is that of a cloud's own service, which holds a certificate for that name only.
func cloudService(name string) bool {
	if loadBalancer(name) {
		return false
	}
	return hasSuffix(name, ".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".googleapis.com", ".core.windows.net",
		".documents.azure.com", ".database.windows.net", ".servicebus.windows.net", ".vault.azure.net", ".mongodb.net")
}

func hasSuffix(name string, suffixes ...string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(suffixes, func(s string) bool { return strings.HasSuffix(name, s) })
}
