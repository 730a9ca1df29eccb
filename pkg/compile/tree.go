package compile

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
)

// Tree is a plan as `generate -o plan` prints it: every field that is set, durations as strings.
func Tree(p *plan.Plan) render.Map {
	return render.Map{
		{Key: "namespace", Value: p.Namespace},
		{Key: "name", Value: p.Name},
		{Key: "host", Value: p.Host},
		{Key: "addresses", Value: names(p.Addresses)},
		{Key: "pattern", Value: string(p.Pattern)},
		{Key: "patternReason", Value: text(p.PatternReason)},
		{Key: "delivery", Value: string(p.Delivery)},
		{Key: "deliveryReason", Value: text(p.DeliveryReason)},
		{Key: "waypoint", Value: waypointTree(p.Waypoint)},
		{Key: "gateway", Value: gatewayTree(p.Gateway)},
		{Key: "signing", Value: signingTree(p.Signing)},
		{Key: "clients", Value: clientsTree(p.Clients)},
		{Key: "ports", Value: list(p.Ports, portTree)},
		{Key: "tls", Value: tlsTree(p.TLS)},
		{Key: "identity", Value: identityTree(p.Identity)},
		{Key: "endpoints", Value: list(p.Endpoints, endpointTree)},
		{Key: "tiers", Value: list(p.Tiers, tiersTree), Comment: "the order promised to the clients of each region"},
		{Key: "others", Value: tierLists(p.TiersFor(UnnamedRegion(p))), Comment: "clients of a region that is named nowhere"},
		{Key: "order", Value: orderTree(p.Order)},
		{Key: "routes", Value: orNothing(list(p.Routes, routeTree))},
		{Key: "detect", Value: detectTree(p.Detect)},
		{Key: "connectAttempts", Value: positive(p.ConnectAttempts)},
		{Key: "envoyFilter", Value: p.EnvoyFilter},
		{Key: "rootNamespace", Value: text(p.RootNamespace)},
		{Key: "asked", Value: text(p.Asked), Comment: "what the spec says beyond its objects; the ServiceEntry carries it for import"},
		{Key: "budget", Value: orNothing(list(p.Budget, budgetTree))},
		{Key: "recovery", Value: render.Map{
			{Key: "typical", Value: p.Recovery.Typical.String()},
			{Key: "worst", Value: p.Recovery.Worst.String()},
			{Key: "formula", Value: text(p.Recovery.Formula)},
		}},
	}
}

// UnnamedRegion is a region that the plan has never heard of, to ask what clients get who are promised nothing.
func UnnamedRegion(p *plan.Plan) string {
	region := "elsewhere"
	for n := 1; slices.ContainsFunc(p.Tiers, func(t plan.ClientTiers) bool { return t.Region == region }); n++ {
		region = "elsewhere-" + strconv.Itoa(n)
	}
	return region
}

func clientsTree(c plan.Clients) render.Map {
	return render.Map{
		{Key: "namespaces", Value: names(c.Namespaces)},
		{Key: "selector", Value: pairs(c.Selector)},
		{Key: "serviceAccounts", Value: names(c.ServiceAccounts)},
		{Key: "gateways", Value: yes(c.Gateways)},
	}
}

func portTree(p plan.Port) render.Map {
	return render.Map{
		{Key: "name", Value: p.Name},
		{Key: "number", Value: p.Number},
		{Key: "targetPort", Value: p.TargetPort},
		{Key: "protocol", Value: string(p.Protocol)},
		{Key: "tls", Value: yes(p.TLS)},
	}
}

func tlsTree(t plan.TLS) render.Map {
	return render.Map{
		{Key: "mode", Value: string(t.Mode)},
		{Key: "trustConfigMap", Value: text(t.TrustConfigMap)},
		{Key: "trustSecret", Value: text(t.TrustSecret)},
		{Key: "trustFile", Value: text(t.TrustFile)},
		{Key: "clientSecret", Value: text(t.ClientSecret)},
		{Key: "clientCertificate", Value: text(t.ClientCert)},
		{Key: "clientKey", Value: text(t.ClientKey)},
	}
}

func identityTree(i plan.Identity) render.Map {
	return render.Map{
		{Key: "hostHeader", Value: string(i.HostMode)},
		{Key: "sharedHost", Value: text(i.SharedHost)},
		{Key: "perEndpointSNI", Value: yes(i.PerEndpointSNI)},
		{Key: "serverName", Value: text(i.ServerName)},
		{Key: "subjectAltNames", Value: names(i.SubjectAltNames)},
	}
}

func endpointTree(e plan.Endpoint) render.Map {
	ports := make(render.Inline, 0, len(e.Ports))
	for _, name := range slices.Sorted(maps.Keys(e.Ports)) {
		ports = append(ports, render.Field{Key: name, Value: e.Ports[name]})
	}
	return render.Map{
		{Key: "name", Value: e.Name},
		{Key: "tier", Value: e.Tier},
		{Key: "address", Value: e.Address},
		{Key: "region", Value: text(e.Region)},
		{Key: "ports", Value: orNothing(ports)},
		{Key: "serverName", Value: text(e.ServerName)},
		{Key: "weight", Value: e.Weight},
	}
}

func tiersTree(t plan.ClientTiers) render.Map {
	return render.Map{
		{Key: "region", Value: t.Region},
		{Key: "tiers", Value: tierLists(t.Tiers)},
		{Key: "onlyListed", Value: yes(t.OnlyListed)},
		{Key: "expanded", Value: yes(t.Expanded)},
	}
}

func orderTree(o plan.Order) render.Map {
	return render.Map{
		{Key: "mechanism", Value: string(o.Mechanism)},
		{Key: "reason", Value: text(o.Reason)},
		{Key: "sets", Value: list(o.Sets, setTree)},
		{Key: "entries", Value: o.Entries},
		{Key: "othersNeedNames", Value: yes(o.OthersNeedNames)},
	}
}

func setTree(s plan.Set) render.Map {
	members := list(s.Members, func(m plan.Member) render.Map {
		return render.Map{{Key: "endpoint", Value: m.Endpoint}, {Key: "locality", Value: m.Locality}}
	})
	failover := list(s.Failover, func(f plan.FromTo) render.Map {
		return render.Map{{Key: "from", Value: f.From}, {Key: "to", Value: f.To}}
	})
	return render.Map{
		{Key: "name", Value: text(s.Name)},
		{Key: "regions", Value: names(s.Regions)},
		{Key: "default", Value: yes(s.Default)},
		{Key: "members", Value: members},
		{Key: "failover", Value: orNothing(failover)},
	}
}

func routeTree(r plan.Route) render.Map {
	return render.Map{
		{Key: "name", Value: r.Name},
		{Key: "match", Value: matchTree(r.Match)},
		{Key: "retry", Value: string(r.Retry)},
		{Key: "attempts", Value: r.Attempts},
		{Key: "timeout", Value: duration(r.Timeout)},
		{Key: "perTryTimeout", Value: duration(r.PerTryTimeout)},
	}
}

func matchTree(m *plan.Match) any {
	if m == nil {
		return nil
	}
	headers := list(m.Headers, func(h plan.HeaderMatch) render.Map {
		return render.Map{{Key: "name", Value: h.Name}, {Key: "regex", Value: h.Regex}}
	})
	return render.Map{
		{Key: "methods", Value: names(m.Methods)},
		{Key: "headers", Value: orNothing(headers)},
		{Key: "path", Value: text(m.Path)},
		{Key: "pathPrefix", Value: text(m.PathPrefix)},
	}
}

func detectTree(d plan.Detect) render.Map {
	return render.Map{
		{Key: "profile", Value: d.Profile},
		{Key: "gatewayErrors", Value: d.GatewayErrors},
		{Key: "serverErrors", Value: d.ServerErrors},
		{Key: "interval", Value: duration(d.Interval)},
		{Key: "ejection", Value: duration(d.Ejection)},
		{Key: "maxEjection", Value: duration(d.MaxEjection)},
		{Key: "connectTimeout", Value: duration(d.ConnectTimeout)},
		{Key: "maxEjectionPercent", Value: d.MaxEjectionPercent},
		{Key: "minHealthPercent", Value: d.MinHealthPercent},
		{Key: "idleTimeout", Value: duration(d.IdleTimeout)},
		{Key: "streams", Value: count(d.Streams)},
		{Key: "keepalive", Value: render.Map{
			{Key: "time", Value: duration(d.Keepalive.Time)},
			{Key: "interval", Value: duration(d.Keepalive.Interval)},
			{Key: "probes", Value: d.Keepalive.Probes},
		}},
		{Key: "dnsRefresh", Value: duration(d.DNSRefresh)},
		{Key: "dnsFailureBase", Value: duration(d.DNSFailureBase)},
		{Key: "dnsFailureMax", Value: duration(d.DNSFailureMax)},
		{Key: "retryBackoff", Value: duration(d.RetryBackoff)},
		{Key: "firstRetryLeaves", Value: d.FirstRetryLeaves},
		{Key: "active", Value: activeTree(d.Active)},
	}
}

func activeTree(a *plan.Active) any {
	if a == nil {
		return nil
	}
	return render.Map{
		{Key: "path", Value: a.Path},
		{Key: "grpcHealth", Value: yes(a.GRPCHealth)},
		{Key: "host", Value: a.Host},
		{Key: "ownHosts", Value: yes(a.OwnHosts)},
		{Key: "expect", Value: strconv.Itoa(a.ExpectMin) + "-" + strconv.Itoa(a.ExpectMax)},
		{Key: "interval", Value: duration(a.Interval)},
		{Key: "timeout", Value: duration(a.Timeout)},
		{Key: "unhealthy", Value: a.Unhealthy},
		{Key: "healthy", Value: a.Healthy},
	}
}

func budgetTree(b plan.BudgetLine) render.Map {
	return render.Map{
		{Key: "failure", Value: string(b.Failure)},
		{Key: "class", Value: b.Class},
		{Key: "typical", Value: b.Typical.String()},
		{Key: "worst", Value: b.Worst.String()},
		{Key: "slow", Value: b.Slow},
		{Key: "failed", Value: lost(b.Failed)},
		{Key: "rate", Value: b.Rate},
		{Key: "formula", Value: b.Formula},
	}
}

// lost is how many requests fail, or a word where there is no end to them.
func lost(n int) any {
	if n == plan.Endless {
		return "all"
	}
	return n
}

func list[T any](values []T, tree func(T) render.Map) render.List {
	out := make(render.List, 0, len(values))
	for _, v := range values {
		out = append(out, tree(v))
	}
	return out
}

func tierLists(tiers [][]string) render.List {
	out := make(render.List, 0, len(tiers))
	for _, tier := range tiers {
		out = append(out, render.Strings(tier...))
	}
	return out
}

// orNothing leaves out a list or mapping without entries.
func orNothing[T interface {
	~[]E
}, E any](values T) any {
	if len(values) == 0 {
		return nil
	}
	return values
}

func names(values []string) any {
	if len(values) == 0 {
		return nil
	}
	return render.Strings(values...)
}

func pairs(m map[string]string) any {
	if len(m) == 0 {
		return nil
	}
	return m
}

func count(n int) any {
	if n == 0 {
		return nil
	}
	return n
}

func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func yes(b bool) any {
	if !b {
		return nil
	}
	return true
}

func positive(n int) any {
	if n == 0 {
		return nil
	}
	return n
}

func duration(d time.Duration) any {
	if d == 0 {
		return nil
	}
	return d.String()
}
