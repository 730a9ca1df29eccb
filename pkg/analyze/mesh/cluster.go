package mesh

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	networking "istio.io/api/networking/v1alpha3"

	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
)

// Client is who asks.
type Client struct {
	Namespace string
	Labels    map[string]string
	Locality  Locality
	Gateway   bool // a gateway's proxy rather than a sidecar
}

// Cluster is one port of a host, or a subset of it, as the clients of some namespaces get it. Rules go through
// Model.Clusters, and find here all that is in force.
type Cluster struct {
	Host    *Host
	Port    Port
	Subset  string
	Clients []string // the namespaces whose clients get exactly this; those without rules of their own stand under the host's
	Labels  map[string]string
	Rule    *Rule // nil if no DestinationRule is in force
	Policy  Policy

	// Endpoints are those of the host, or those that the subset selects.
	Endpoints []Endpoint

	patches []Patch
	model   *Model
}

// Clusters are all clusters of hosts outside Kubernetes: per host and port one for every different set of objects in force.
func (m *Model) Clusters() []*Cluster { return m.clusters }

// Model is what the cluster is part of.
func (c *Cluster) Model() *Model { return c.model }

// Client is one of those that get the cluster.
func (c *Cluster) Client() Client { return Client{Namespace: c.Clients[0], Labels: c.Labels} }

// Name is what Envoy calls the cluster.
func (c *Cluster) Name() string {
	return fmt.Sprintf("outbound|%d|%s|%s", c.Port.Number, c.Subset, c.Host.Name)
}

// String names the cluster for people.
func (c *Cluster) String() string {
	text := c.Host.Name + ":" + strconv.Itoa(c.Port.Number)
	if c.Subset != "" {
		text += " subset " + c.Subset
	}
	return text
}

func (m *Model) buildClusters() {
	wildcards := m.wildcards()
	for _, h := range m.hosts {
		for _, g := range m.groups(h, m.clientsOf(h, wildcards)) {
			for _, p := range g.host.Ports {
				m.clusters = append(m.clusters, m.clustersOf(p, g)...)
			}
		}
	}
}

// clientsOf are the namespaces whose clients get the host. Where nothing else is known of clients, those of the host's own
// namespace stand for everybody's.
func (m *Model) clientsOf(h *Host, wildcards []string) []string {
	var out []string
	candidates := slices.Concat([]string{h.Namespace}, slices.Sorted(slices.Values(m.owners[h.Name])))
	for _, ns := range wildcards {
		if m.rules.local[ns].mostSpecific(h.Name) != nil {
			candidates = append(candidates, ns)
		}
	}
	for _, se := range h.Entries {
		for _, ns := range se.Spec.GetExportTo() {
			if ns != "." && ns != "*" && ns != "~" {
				candidates = append(candidates, ns)
			}
		}
	}
	for _, ns := range candidates {
		if !slices.Contains(out, ns) && m.Sees(ns, h) {
			out = append(out, ns)
		}
	}
	return out
}

// group is clients that get the same.
type group struct {
	host       *Host // as they see it
	namespaces []string
	labels     map[string]string
	rule       *Rule
	routes     []*manifest.VirtualService
	patches    []Patch
}

func (m *Model) groups(h *Host, clients []string) []group {
	var out []group
	for _, ns := range clients {
		routes, patches := m.routesOf(h.Name, ns), m.patchesFor(ns, h.Name)
		for _, k := range m.kindsOf(ns) {
			seen := m.ResolveFor(k, h.Name)
			if !seen.Is(h) {
				continue
			}
			for _, r := range m.chosen(k, h) {
				g := group{host: seen, namespaces: []string{ns}, labels: k.Labels, rule: r, routes: routes, patches: patches}
				if r != nil && r.Selector != nil {
					g.labels = r.Selector
				}
				out = withGroup(out, g)
			}
		}
	}
	return out
}

// withGroup adds clients to those that get the same.
func withGroup(groups []group, g group) []group {
	same := slices.IndexFunc(groups, func(o group) bool {
		return o.host.same(g.host) && o.rule == g.rule && slices.Equal(o.routes, g.routes) && slices.EqualFunc(o.patches, g.patches, samePatch)
	})
	if same < 0 {
		return append(groups, g)
	}
	if of := &groups[same].namespaces; !slices.Contains(*of, g.namespaces[0]) {
		*of = append(*of, g.namespaces[0])
	}
	return groups
}

// same says whether two views of a host are one.
func (h *Host) same(o *Host) bool {
	return h.Is(o) && h.Entry() == o.Entry() && slices.Equal(numbers(h.Ports), numbers(o.Ports))
}

func samePatch(a, b Patch) bool { return a.Filter == b.Filter && a.Path == b.Path }

// chosen are the rules that some client of a kind has in force: one for each selector, and one for all others.
func (m *Model) chosen(client Client, h *Host) []*Rule {
	if client.Labels != nil { // a Sidecar's selector told which they are
		return []*Rule{m.RuleFor(client, h.Name, h.Namespace)}
	}
	var rest *Rule
	var out []*Rule
	for _, r := range m.RulesFor(client.Namespace, h.Name, h.Namespace) {
		if r.Selector == nil {
			rest = r
		} else if r.Namespace == client.Namespace {
			out = append(out, r)
		}
	}
	return append(out, rest)
}

func (m *Model) clustersOf(p Port, g group) []*Cluster {
	h := g.host
	base := Cluster{Host: h, Port: p, Clients: g.namespaces, Labels: g.labels, Rule: g.rule, patches: g.patches, model: m}
	for _, e := range h.Endpoints {
		if e.has(p) && (!e.IsName() || h.Resolution != networking.ServiceEntry_STATIC) { // names among addresses are left out
			base.Endpoints = append(base.Endpoints, e)
		}
	}
	out := []*Cluster{base.with("")}
	if g.rule == nil {
		return out
	}
	for _, s := range g.rule.Subsets {
		c := base.with(s.GetName())
		c.Endpoints = nil
		for _, e := range base.Endpoints {
			if within(s.GetLabels(), e.Labels) {
				c.Endpoints = append(c.Endpoints, e)
			}
		}
		out = append(out, c)
	}
	return out
}

func (c Cluster) with(subset string) *Cluster {
	c.Subset = subset
	c.Policy = PolicyOf(c.Rule, c.Port.Number, subset)
	c.Policy.withMesh(c.model)
	return &c
}

// Used says whether requests get to the cluster: a host whose routes all lead to subsets has an idle cluster of its own.
func (c *Cluster) Used() bool { return !c.Port.Protocol.IsHTTP() || len(c.Routes()) > 0 }

// OutlierDetection is what ejects endpoints; nil if nothing does.
func (c *Cluster) OutlierDetection() *networking.OutlierDetection {
	return c.Policy.OutlierDetection.Value
}

// TLS is what the DestinationRule says about TLS, nil if nothing.
func (c *Cluster) TLS() *networking.ClientTLSSettings { return c.Policy.TLS.Value }

// OriginatesTLS says whether the proxy begins TLS to the endpoints, with a certificate to be checked by name.
func (c *Cluster) OriginatesTLS() bool {
	mode := c.TLS().GetMode()
	return mode == networking.ClientTLSSettings_SIMPLE || mode == networking.ClientTLSSettings_MUTUAL
}

// LocalityLB is the setting in force for localities and where it stands. Without an own one it is the mesh's, whose default
// is enabled and empty. It is nil where it is disabled.
func (c *Cluster) LocalityLB() *networking.LocalityLoadBalancerSetting {
	s := c.Policy.LoadBalancer.Value.GetLocalityLbSetting()
	if s == nil {
		s = c.model.Mesh.GetLocalityLbSetting()
	}
	if s == nil {
		return &networking.LocalityLoadBalancerSetting{}
	}
	if s.GetEnabled() != nil && !s.GetEnabled().GetValue() {
		return nil
	}
	return s
}

// LocalityPath is where the cluster's own setting for localities stands; empty if it is the mesh's.
func (c *Cluster) LocalityPath() string {
	if c.Policy.LoadBalancer.Value.GetLocalityLbSetting() == nil {
		return ""
	}
	return c.Policy.LoadBalancer.Path + ".localityLbSetting"
}

// Localities are the different localities of the cluster's endpoints, sorted.
func (c *Cluster) Localities() []string {
	h := Host{Endpoints: c.Endpoints}
	return h.Localities()
}

// IsFailover says whether the cluster is meant to fail over and set up so that it could: two localities at least, outlier
// detection in force, locality load balancing on, and no distribution of weights.
func (c *Cluster) IsFailover() bool {
	s := c.LocalityLB()
	return len(c.Localities()) > 1 && c.OutlierDetection() != nil && s != nil && len(s.GetDistribute()) == 0
}

// ConnectTimeout is how long a new connection may take, and whether anybody set it.
func (c *Cluster) ConnectTimeout() (time.Duration, bool) {
	if d := c.Policy.ConnectionPool.Value.GetTcp().GetConnectTimeout(); d != nil {
		return d.AsDuration(), true
	}
	if d := c.model.Mesh.GetConnectTimeout(); d != nil {
		return d.AsDuration(), true
	}
	return 10 * time.Second, false
}

// TargetPort is the port that an endpoint of the cluster is dialled at.
func (c *Cluster) TargetPort(e Endpoint) int { return c.Host.TargetPort(e, c.Port) }

// Where is the object and path to point at for something that the policy lacks: the DestinationRule in force, or else the
// ServiceEntry.
func (c *Cluster) Where(path string) (*manifest.Object, string) {
	if c.Policy.PortLevel.Object != nil {
		return c.Policy.PortLevel.Object.Object, cmp.Or(path, c.Policy.PortLevel.Path)
	}
	if c.Rule != nil {
		dr := cmp.Or(c.Rule.Policy, c.Rule.From[0])
		return dr.Object, cmp.Or(path, "spec.trafficPolicy")
	}
	return c.Host.Entry().Object, "spec.endpoints"
}

// ClustersFor are the clusters of a host that one client gets, whether or not any are among Clusters.
func (m *Model) ClustersFor(client Client, h *Host) []*Cluster {
	g := group{
		host: h, namespaces: []string{client.Namespace}, labels: client.Labels, rule: m.RuleFor(client, h.Name, h.Namespace),
		patches: m.patchesFor(client.Namespace, h.Name),
	}
	out := make([]*Cluster, 0, len(h.Ports))
	for _, p := range h.Ports {
		out = append(out, m.clustersOf(p, g)...)
	}
	return out
}
