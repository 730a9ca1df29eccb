package effective

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	endpointv3 "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	httpv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/upstreams/http/v3"

	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/test/conformance/xdsclient"
)

// Compare says in which ways what a client got differs from what the model says about a host; empty if it does not.
func Compare(m *mesh.Model, client mesh.Client, host string, got *xdsclient.Snapshot) []string {
	var bad []string
	differ := func(format string, args ...any) { bad = append(bad, fmt.Sprintf(format, args...)) }
	h := m.ResolveFor(client, host)
	want := map[string]*mesh.Cluster{}
	if h != nil {
		for _, c := range m.ClustersFor(client, h) {
			if len(c.Endpoints) > 0 || !c.Host.IsDNS() { // istiod writes no cluster of names to look up without any name
				want[c.Name()] = c
			}
		}
	}
	for name := range got.Clusters {
		if strings.HasPrefix(name, "outbound|") && strings.HasSuffix(name, "|"+host) && want[name] == nil {
			differ("cluster %s is there, and should not be", name)
		}
	}
	for name, c := range want {
		cluster := got.Clusters[name]
		if cluster == nil {
			differ("cluster %s is not there", name)
			continue
		}
		for _, d := range differences(c, client, cluster, got) {
			differ("%s: %s", name, d)
		}
	}
	slices.Sort(bad)
	return bad
}

func differences(c *mesh.Cluster, client mesh.Client, got *clusterv3.Cluster, all *xdsclient.Snapshot) []string {
	var bad []string
	same := func(what string, have, want any) {
		if have, want := fmt.Sprint(have), fmt.Sprint(want); have != want {
			bad = append(bad, fmt.Sprintf("%s is %s, the model says %s", what, have, want))
		}
	}
	timeout, _ := c.ConnectTimeout()
	same("connectTimeout, which tells the rule,", got.GetConnectTimeout().AsDuration(), timeout)
	od := c.OutlierDetection()
	same("outlier detection", got.GetOutlierDetection() != nil, od != nil)
	if od != nil {
		same("maxEjectionPercent", got.GetOutlierDetection().GetMaxEjectionPercent().GetValue(), od.GetMaxEjectionPercent())
	}
	endpoints := got.GetLoadAssignment()
	same("endpoints are asked for", got.GetType() == clusterv3.Cluster_EDS, !c.Host.IsDNS())
	if got.GetType() == clusterv3.Cluster_EDS {
		endpoints = all.Endpoints[got.GetName()]
	}
	same("the order of endpoints", tiersOf(endpoints), wantedTiers(c, client))
	tls, err := xdsclient.TLS(got)
	if err != nil {
		return append(bad, err.Error())
	}
	same("TLS", tls != nil, c.OriginatesTLS())
	if tls != nil && c.OriginatesTLS() {
		names := c.Names()
		same("SNI", tls.GetSni(), names.SNI)
		same("names in the certificate", xdsclient.SubjectAltNames(tls), slices.Sorted(slices.Values(names.SANs)))
		fromHost, checked := autoNames(got)
		same("SNI from the Host", fromHost, names.FromHost)
		same("the certificate is checked for the Host", checked, names.HostChecked)
	}
	return bad
}

// tiersOf are the endpoints by priority; those without weight or left out of a distribution are not there.
func tiersOf(a *endpointv3.ClusterLoadAssignment) [][]string {
	var tiers [][]string
	for _, group := range a.GetEndpoints() {
		for len(tiers) <= int(group.GetPriority()) {
			tiers = append(tiers, nil)
		}
		for _, e := range group.GetLbEndpoints() {
			a := e.GetEndpoint().GetAddress().GetSocketAddress()
			tiers[group.GetPriority()] = append(tiers[group.GetPriority()], a.GetAddress()+":"+strconv.Itoa(int(a.GetPortValue())))
		}
	}
	return tidy(tiers)
}

func wantedTiers(c *mesh.Cluster, client mesh.Client) [][]string {
	groups := c.TiersFor(client).Groups
	tiers := make([][]string, 0, len(groups))
	for _, group := range groups {
		tier := make([]string, 0, len(group))
		for _, i := range group {
			tier = append(tier, c.Endpoints[i].Address+":"+strconv.Itoa(c.TargetPort(c.Endpoints[i])))
		}
		tiers = append(tiers, tier)
	}
	return tidy(tiers)
}

func tidy(tiers [][]string) [][]string {
	for i := range tiers {
		slices.Sort(tiers[i])
	}
	return slices.DeleteFunc(tiers, func(t []string) bool { return len(t) == 0 })
}

// autoNames says whether the Host is sent as SNI, and whether the certificate is checked for it.
func autoNames(c *clusterv3.Cluster) (sent, checked bool) {
	for _, any := range c.GetTypedExtensionProtocolOptions() {
		options := &httpv3.HttpProtocolOptions{}
		if any.MessageIs(options) && any.UnmarshalTo(options) == nil {
			up := options.GetUpstreamHttpProtocolOptions()
			return up.GetAutoSni(), up.GetAutoSanValidation()
		}
	}
	return false, false
}
