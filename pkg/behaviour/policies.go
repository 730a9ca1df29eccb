package behaviour

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	networking "istio.io/api/networking/v1alpha3"

	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
)

// reached is the cluster that the traffic of a port gets to: a route may send it to another port or to a subset.
func (t *teller) reached(p mesh.Port) *mesh.Cluster {
	c := t.Cluster(p.Number, "")
	if classes := t.Classes(p.Number, ""); len(classes) > 0 {
		last := classes[len(classes)-1]
		if to := t.Cluster(cmp.Or(last.Port, p.Number), last.Subset); to != nil {
			return to
		}
	}
	return c
}

func (t *teller) port(p mesh.Port) {
	c := t.reached(p)
	if c == nil {
		return
	}
	targets := map[int]bool{}
	for _, e := range t.Host.Endpoints {
		targets[c.TargetPort(e)] = true
	}
	var to []string
	for _, n := range sortedKeys(targets) {
		to = append(to, strconv.Itoa(n))
	}
	t.say(Ports, fmt.Sprintf("port %d is@", p.Number), sentence(protocolWords(p.Protocol)+" to "+list(to), tlsWords(c)))
	if len(t.Host.Ports) == 1 || c.OriginatesTLS() || p.Protocol.IsHTTP() {
		t.names(p, c)
	}
}

func protocolWords(p mesh.Protocol) string {
	switch {
	case p == "":
		return "of a guessed protocol"
	case p.IsTLS():
		return "TLS"
	default:
		return string(p)
	}
}

func tlsWords(c *mesh.Cluster) string {
	switch c.TLS().GetMode() {
	case networking.ClientTLSSettings_SIMPLE:
		return "with TLS from the proxy"
	case networking.ClientTLSSettings_MUTUAL:
		return "with TLS and a client certificate from the proxy"
	case networking.ClientTLSSettings_ISTIO_MUTUAL:
		return "with the mesh's TLS"
	default:
		return "as the application sends it"
	}
}

// names are those that each endpoint is sent and must prove.
func (t *teller) names(p mesh.Port, c *mesh.Cluster) {
	host := "the application's own"
	for _, class := range t.Classes(p.Number, "") {
		if class.Rewrite != "" {
			host = class.Rewrite
		}
	}
	own := c.RoutePatched("route", "auto_host_rewrite").Bool() && c.Host.IsDNS()
	n := c.Names()
	at := fmt.Sprintf(" on port %d", p.Number)
	for _, e := range distinct(t.Host.Endpoints) {
		name := cmp.Or(patchedName(c, e.Address), e.Address)
		if p.Protocol.IsHTTP() {
			t.say(Names, "the Host that "+t.label(e.Address)+" gets"+at+" is@", map[bool]string{true: name, false: host}[own])
		}
		if !c.OriginatesTLS() {
			continue
		}
		t.say(Names, "the server name that "+t.label(e.Address)+" gets"+at+" is@", sent(n, name, t.Host.Name, host, p))
		t.say(Names, "the certificate of "+t.label(e.Address)+at+" must@ hold", checked(n, name, t.Host.Name, host, p))
	}
	if c.OriginatesTLS() {
		t.trust(c, at)
	}
}

func distinct(list []mesh.Endpoint) []mesh.Endpoint {
	var out []mesh.Endpoint
	for _, e := range list {
		if !slices.ContainsFunc(out, func(o mesh.Endpoint) bool { return o.Address == e.Address }) {
			out = append(out, e)
		}
	}
	return out
}

func sent(n mesh.Names, endpoint, dialled, rewritten string, p mesh.Port) string {
	switch {
	case n.PerEndpoint:
		return endpoint
	case n.SNI != "":
		return n.SNI
	case !p.Protocol.IsHTTP():
		return "none"
	case rewritten != "the application's own":
		return rewritten
	default:
		return dialled
	}
}

func checked(n mesh.Names, endpoint, dialled, rewritten string, p mesh.Port) string {
	switch {
	case n.EndpointChecked && n.PerEndpoint:
		return endpoint
	case n.HostChecked && p.Protocol.IsHTTP():
		return sent(n, endpoint, dialled, rewritten, p)
	case len(n.SANs) > 0:
		names := slices.Compact(slices.Sorted(slices.Values(n.SANs)))
		return strings.Join(names, " or ")
	default:
		return "no name at all: any certificate of the CA is taken"
	}
}

func patchedName(c *mesh.Cluster, address string) string {
	for _, p := range c.ClusterPatches() {
		for _, g := range p.Value.At("load_assignment", "endpoints").Items() {
			for _, e := range g.At("lb_endpoints").Items() {
				if e.At("endpoint", "address", "socket_address", "address").Text() == address {
					if name := e.At("endpoint", "hostname").Text(); name != "" {
						return name
					}
				}
			}
		}
	}
	return ""
}

func (t *teller) trust(c *mesh.Cluster, at string) {
	tls := c.TLS()
	from := "the system's CA certificates"
	switch {
	case tls.GetInsecureSkipVerify().GetValue():
		from = "nothing: certificates are not verified"
	case tls.GetCredentialName() != "":
		from = tls.GetCredentialName()
		if c.Labels == nil && !strings.HasPrefix(from, "configmap://") {
			from = "nothing: without a selector the secret is ignored, and plain text sent"
		}
	case tls.GetCaCertificates() != "" && tls.GetCaCertificates() != "system":
		from = tls.GetCaCertificates()
	}
	t.say(Trust, "certificates"+at+" are@ verified by", from)
	if tls.GetClientCertificate() != "" {
		t.say(Trust, "the client certificate"+at+" is@", tls.GetClientCertificate())
	}
}

// tiers are told for each client region, once where all ports agree.
func (t *teller) tiers() {
	for _, region := range t.options.Regions {
		var words []string
		for _, p := range t.Host.Ports {
			if o := t.inOrder(t.Order(p.Number, region)); !slices.Contains(words, o) {
				words = append(words, o)
			}
		}
		t.say(Tiers, "clients of "+regionWords(region)+"@ use", strings.Join(words, " / "))
	}
}

func regionWords(region string) string {
	switch region {
	case "":
		return "no region"
	case Elsewhere:
		return "any other region"
	default:
		return region
	}
}

func (t *teller) inOrder(o Order) string {
	if len(o.Shares) > 0 {
		parts := make([]string, 0, len(o.Shares))
		for _, a := range sortedKeys(o.Shares) {
			parts = append(parts, fmt.Sprintf("%s %d %%", t.label(a), o.Shares[a]))
		}
		return strings.Join(parts, " and ") + " at once, and nothing else"
	}
	var parts []string
	for _, tier := range o.Tiers {
		parts = append(parts, t.labels(tier))
	}
	switch out := strings.Join(parts, ", then "); {
	case len(parts) == 0:
		return "nothing"
	case len(parts) == 1 && len(o.Tiers[0]) > 1:
		return out + " all at once"
	case o.Listed:
		return out + ", and nothing else"
	default:
		return out
	}
}

// policies are what ejects endpoints and how connections are made.
func (t *teller) policies() {
	c := t.Main()
	if c == nil {
		return
	}
	if to := t.reached(t.Host.Ports[0]); to != nil {
		c = to
	}
	t.ejection(c)
	connect, _ := c.ConnectTimeout()
	t.say(Pools, "a connection attempt may@ take", long(connect))
	keepalive := "is never noticed"
	if k := c.Policy.ConnectionPool.Value.GetTcp().GetTcpKeepalive(); k != nil {
		keepalive = fmt.Sprintf("is noticed after %s and %d probes, %s apart", long(k.GetTime().AsDuration()), k.GetProbes(), long(k.GetInterval().AsDuration()))
	}
	t.say(Pools, "a connection whose other side is gone@", keepalive)
	idle := time.Hour
	if d := c.Policy.ConnectionPool.Value.GetHttp().GetIdleTimeout(); d != nil {
		idle = d.AsDuration()
	}
	if t.Host.Ports[0].Protocol.IsHTTP() {
		t.say(Pools, "an idle connection is@ kept for", long(idle))
	}
	t.checks(c)
}

// ejection says how much of each endpoint can be left at once, by what, and for how long. Each is counted as one address.
func (t *teller) ejection(c *mesh.Cluster) {
	od, all := c.OutlierDetection(), distinct(c.Endpoints)
	for _, e := range all {
		share := "none of "
		if od != nil && c.EjectionPercent()*len(all) >= 100 {
			share = "all of "
		}
		t.facts = append(t.facts, Fact{
			Topic: Ejection, Frame: "ejection may@ take", Key: t.label(e.Address), Says: share + t.label(e.Address), Short: share + "it",
		})
	}
	if od == nil {
		t.say(Ejection, "an address is@ left after", "nothing: no failure is counted")
		t.say(Ejection, "an address that was left is@ tried again after", "no time: none is ever left")
		t.say(Ejection, "when all are left,@", "nothing: none is ever left")
		return
	}
	gateway, server := 0, 5
	if v := od.GetConsecutiveGatewayErrors(); v != nil {
		gateway = int(v.GetValue())
	}
	if v := od.GetConsecutive_5XxErrors(); v != nil {
		server = int(v.GetValue())
	}
	var after []string
	if gateway > 0 {
		after = append(after, count(gateway, "gateway error"))
	}
	if server > 0 {
		after = append(after, count(server, "server error"))
	}
	t.say(Ejection, "an address is@ left after", cmp.Or(strings.Join(after, " or ")+map[bool]string{true: " in a row"}[len(after) > 0], "nothing: no failure is counted"))
	base, interval := 30*time.Second, 10*time.Second
	if d := od.GetBaseEjectionTime(); d != nil {
		base = d.AsDuration()
	}
	if d := od.GetInterval(); d != nil {
		interval = d.AsDuration()
	}
	longest := max(5*time.Minute, base)
	if d, err := time.ParseDuration(c.Patched("outlier_detection", "max_ejection_time").Text()); err == nil {
		longest = d
	}
	t.say(Ejection, "an address that was left is@ tried again after", fmt.Sprintf("%s at first and %s at most, looked at every %s", long(base), long(longest), long(interval)))
	t.say(Ejection, "when all are left,@", map[bool]string{true: "all are tried", false: "requests fail until an ejection ends"}[od.GetMinHealthPercent() > 0])
	if od.GetSplitExternalLocalOriginErrors() {
		t.say(Ejection, "connect failures and resets are@", "counted apart, and forgotten with each successful connection")
	}
}

func (t *teller) checks(c *mesh.Cluster) {
	checks := c.Patched("health_checks").Items()
	if len(checks) == 0 {
		t.say(Checks, "endpoints are@ probed", "never")
		return
	}
	for _, v := range checks {
		kind, host := "by TCP", ""
		if http := v.At("http_health_check"); http.Exists() {
			kind, host = "by GET "+http.At("path").Text(), http.At("host").Text()
		} else if v.At("grpc_health_check").Exists() {
			kind, host = "by the gRPC health protocol", v.At("grpc_health_check", "authority").Text()
		}
		t.say(Checks, "endpoints are@ probed", sentence(kind, "every "+v.At("interval").Text(), "for at most "+v.At("timeout").Text(),
			"as "+cmp.Or(host, "the name of the cluster"), "dead after "+v.At("unhealthy_threshold").Text(), "back after "+v.At("healthy_threshold").Text()))
	}
}

// requests are told for each class that either side has: the first route that takes it, or the one that takes the rest.
func (t *teller) requests() {
	for _, p := range t.Host.Ports {
		classes := t.Classes(p.Number, firstRegion(t.options.Regions))
		if len(classes) == 0 {
			continue
		}
		matches := t.options.Matches
		if len(matches) == 0 {
			for _, c := range classes {
				matches = append(matches, c.Match)
			}
		}
		for _, m := range matches {
			i := slices.IndexFunc(classes, func(c Class) bool { return c.Match.String() == m.String() })
			if i < 0 {
				i = slices.IndexFunc(classes, func(c Class) bool { return c.Match.empty() && len(c.Beyond) == 0 })
			}
			about := m.String()
			if m.empty() && len(matches) > 1 {
				about = "all other requests"
			}
			if i >= 0 {
				t.class(p, classes[i], about)
			} else {
				t.say(Requests, "the timeout of "+t.on(p, about)+" is@", "none: no route takes them")
			}
		}
	}
}

// firstRegion is that of the clients whose routes are looked at: the classes are the same for all.
func firstRegion(regions []string) string {
	if len(regions) == 0 || regions[0] == Elsewhere {
		return ""
	}
	return regions[0]
}

// on adds the port to a name, where there are several.
func (t *teller) on(p mesh.Port, about string) string {
	if len(t.Host.Ports) > 1 {
		return about + fmt.Sprintf(" on port %d", p.Number)
	}
	return about
}

func (t *teller) class(p mesh.Port, c Class, about string) {
	about = t.on(p, about)
	t.say(Requests, "the timeout of "+about+" is@", span(c.Timeout, "none"))
	if c.Attempts == 0 {
		t.say(Requests, about+" are@ sent again", "never")
		return
	}
	t.say(Requests, "one try of "+about+" may@ take", span(c.PerTry, "as long as the request"))
	where := "in the same region"
	if c.Remote {
		where = "from the second on in the next region"
		if n, ok := t.Cluster(p.Number, "").RoutePatched("route", "retry_policy", "retry_priority", "typed_config", "update_frequency").Number(); ok && n == 1 {
			where = "in the next region"
		}
	}
	t.say(Requests, about+" are@ sent again", fmt.Sprintf("up to %s, %s, after %s", count(c.Attempts, "time"), where, strings.Join(c.RetryOn, ", ")))
}
