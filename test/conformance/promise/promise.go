// Package promise holds what a real istiod sends to clients against what the plan promised them: priorities, names in
// TLS, detection, and what routes repeat. Start reading at Check.
package promise

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	tlsv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/test/conformance/xdsclient"
)

// checker collects what differs.
type checker struct {
	plan *plan.Plan
	got  *xdsclient.Snapshot
	bad  []string
}

func (c *checker) differ(format string, args ...any) {
	c.bad = append(c.bad, fmt.Sprintf(format, args...))
}

// Check says in which ways the configuration of a client in the region is not what the plan promised; empty if it is.
func Check(p *plan.Plan, region string, got *xdsclient.Snapshot) []string {
	c := &checker{plan: p, got: got}
	for _, port := range p.Ports {
		for _, name := range c.clustersFor(port) {
			cluster := got.Clusters[name]
			if cluster == nil {
				c.differ("port %s leads to cluster %s, which does not exist", port.Name, name)
				continue
			}
			c.tiers(cluster, port, region)
			c.names(cluster, port)
			c.detection(cluster)
		}
	}
	return c.bad
}

// Visible says whether the client knows the host at all.
func Visible(p *plan.Plan, got *xdsclient.Snapshot) bool {
	for name := range got.Clusters {
		if strings.HasSuffix(name, "|"+p.Host) {
			return true
		}
	}
	return false
}

// clustersFor are the clusters that the client's requests or connections to the port go to.
func (c *checker) clustersFor(port plan.Port) []string {
	if !port.Protocol.IsHTTP() {
		return c.streams(port)
	}
	host := c.got.VirtualHost(c.plan.Host, port.Number)
	if c.plan.Waypoint != nil {
		var err error
		if host, err = c.got.WaypointHost(c.plan.Host, port.Number); err != nil {
			c.differ("%v", err)
		}
	}
	if host == nil {
		c.differ("port %s has no virtual host", port.Name)
		return nil
	}
	var out []string
	for i, r := range host.GetRoutes() {
		if name := r.GetRoute().GetCluster(); !slices.Contains(out, name) {
			out = append(out, name)
		}
		if i < len(c.plan.Routes) {
			c.route(host.GetRoutes(), i)
		}
	}
	if len(host.GetRoutes()) != len(c.plan.Routes) {
		c.differ("port %s has %d routes, the plan %d classes of requests", port.Name, len(host.GetRoutes()), len(c.plan.Routes))
	}
	return out
}

func (c *checker) streams(port plan.Port) []string {
	var out []string
	for _, address := range c.plan.Addresses {
		proxies, err := c.got.TCPProxies(address, port.Number, c.plan.Host)
		if err != nil {
			c.differ("%v", err)
		}
		if len(proxies) == 0 {
			c.differ("no TCP proxy at %s:%d leads to the host", address, port.Number)
		}
		for _, p := range proxies {
			out = append(out, p.GetCluster())
			if got := int(p.GetMaxConnectAttempts().GetValue()); got != c.plan.ConnectAttempts {
				c.differ("port %s: %d connect attempts, want %d", port.Name, got, c.plan.ConnectAttempts)
			}
		}
	}
	return out
}

// tiers compares the priorities, endpoint by endpoint.
func (c *checker) tiers(cluster *clusterv3.Cluster, port plan.Port, region string) {
	got, err := xdsclient.Tiers(cluster)
	if err != nil {
		c.differ("%v", err)
		return
	}
	var want [][]string
	for _, tier := range c.plan.TiersFor(region) {
		var addresses []string
		for _, name := range tier {
			addresses = append(addresses, c.addressOf(name, port))
		}
		slices.Sort(addresses)
		want = append(want, slices.Compact(addresses))
	}
	for i := range got {
		got[i] = slices.Compact(got[i]) // copies of an endpoint, for other orders
	}
	if !slices.EqualFunc(got, want, slices.Equal[[]string]) {
		c.differ("%s: region %q gets %v, promised were %v", cluster.GetName(), region, got, want)
	}
}

func (c *checker) addressOf(endpoint string, port plan.Port) string {
	for _, e := range c.plan.Endpoints {
		if e.Name != endpoint {
			continue
		}
		address, number := c.plan.Dial(&e, &port)
		return address + ":" + strconv.Itoa(number)
	}
	return endpoint + " is no endpoint"
}

// names compares what the certificate is checked for and which name is sent.
func (c *checker) names(cluster *clusterv3.Cluster, port plan.Port) {
	tls, err := xdsclient.TLS(cluster)
	if err != nil {
		c.differ("%v", err)
		return
	}
	if c.plan.Gateway != nil {
		c.mutual(cluster, tls)
		return
	}
	if (tls != nil) != port.TLS {
		c.differ("%s: TLS is %v, want %v", cluster.GetName(), tls != nil, port.TLS)
	}
	id := c.plan.Identity
	if port.TLS && id.PerEndpointSNI || port.Protocol.IsHTTP() && id.HostMode == plan.HostPerEndpoint {
		c.hostnames(cluster)
	}
	if tls == nil || !port.TLS {
		return
	}
	if tls.GetSni() != id.ServerName {
		c.differ("%s: SNI %q, want %q", cluster.GetName(), tls.GetSni(), id.ServerName)
	}
	if tls.GetAutoHostSni() != id.PerEndpointSNI || tls.GetAutoSniSanValidation() != id.PerEndpointSNI {
		c.differ("%s: the endpoint's own name is sent: %v, and checked: %v; want both %v", cluster.GetName(),
			tls.GetAutoHostSni(), tls.GetAutoSniSanValidation(), id.PerEndpointSNI)
	}
	want := slices.Sorted(slices.Values(id.SubjectAltNames))
	if got := xdsclient.SubjectAltNames(tls); !slices.Equal(got, want) {
		c.differ("%s: certificates are checked for %v, want %v", cluster.GetName(), got, want)
	}
}

// mutual wants the mesh's own TLS with the gateway, and nobody else taken for it.
func (c *checker) mutual(cluster *clusterv3.Cluster, tls *tlsv3.UpstreamTlsContext) {
	if tls == nil {
		c.differ("%s: no TLS with the gateway", cluster.GetName())
		return
	}
	if got := xdsclient.SubjectAltNames(tls); tls.GetSni() != c.plan.Host || !slices.Equal(got, []string{c.plan.Gateway.Identity}) {
		c.differ("%s: SNI %q and names %v, want %q and %s", cluster.GetName(), tls.GetSni(), got, c.plan.Host, c.plan.Gateway.Identity)
	}
}

// hostnames checks that each endpoint's name is its server name: its address unless it carries another.
func (c *checker) hostnames(cluster *clusterv3.Cluster) {
	byAddress := map[string]string{}
	for _, e := range c.plan.Endpoints {
		byAddress[e.Address] = e.ServerName
	}
	for address, hostname := range xdsclient.Hostnames(cluster) {
		bare := address[:strings.LastIndexByte(address, ':')]
		if hostname == "" {
			hostname = bare
		}
		if hostname != byAddress[bare] {
			c.differ("%s: endpoint %s is called %q, want %q", cluster.GetName(), bare, hostname, byAddress[bare])
		}
	}
}

// detection compares outlier detection and the settings beside it.
func (c *checker) detection(cluster *clusterv3.Cluster) {
	d, o := c.plan.Detect, cluster.GetOutlierDetection()
	same := func(what string, got, want any) {
		if got != want {
			c.differ("%s: %s is %v, want %v", cluster.GetName(), what, got, want)
		}
	}
	same("consecutive gateway errors", int(o.GetConsecutiveGatewayFailure().GetValue()), d.GatewayErrors)
	same("consecutive 5xx", int(o.GetConsecutive_5Xx().GetValue()), d.ServerErrors)
	same("interval", o.GetInterval().AsDuration(), d.Interval)
	same("ejection", o.GetBaseEjectionTime().AsDuration(), d.Ejection)
	same("ejection percent", int(o.GetMaxEjectionPercent().GetValue()), d.MaxEjectionPercent)
	same("split mode", o.GetSplitExternalLocalOriginErrors(), false)
	same("panic threshold", int(cluster.GetCommonLbConfig().GetHealthyPanicThreshold().GetValue()), d.MinHealthPercent)
	same("connect timeout", cluster.GetConnectTimeout().AsDuration(), d.ConnectTimeout)
	if !c.plan.EnvoyFilter {
		return
	}
	same("longest ejection", o.GetMaxEjectionTime().AsDuration(), d.MaxEjection)
	window := cluster.GetCommonLbConfig().GetUpdateMergeWindow()
	same("a merge window of 0", window != nil && window.AsDuration() == 0, true)
	same("DNS refresh", cluster.GetDnsRefreshRate().AsDuration(), d.DNSRefresh) //nolint:staticcheck // what istiod writes
}
