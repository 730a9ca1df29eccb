package compile

import (
	"slices"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
)

// FleetTree is a fleet as `generate -o plan` prints it: every field that is set, durations as strings.
func FleetTree(f *plan.Fleet) render.Map {
	return render.Map{
		{Key: "namespace", Value: f.Namespace},
		{Key: "name", Value: f.Name},
		{Key: "fleet", Value: f.ID},
		{Key: "hosts", Value: names(f.Hosts)},
		{Key: "objective", Value: duration(f.Objective)},
		{Key: "availability", Value: text(f.Availability)},
		{Key: "peerAccess", Value: f.PeerAccess},
		{Key: "gateway", Value: render.Map{{Key: "api", Value: f.Gateway.API}, {Key: "selector", Value: pairs(f.Gateway.Selector)}}},
		{Key: "maintenance", Value: maintenanceTree(f.Maintenance)},
		{Key: "edges", Value: orNothing(list(f.Edges, edgeTree)), Comment: "how long users wait in the worst case"},
		{Key: "clusters", Value: list(f.Clusters, clusterTree)},
		{Key: "health", Value: healthTree(f.Health)},
		{Key: "route", Value: fleetRouteTree(f.Route)},
		{Key: "server", Value: serverTree(f.Server)},
	}
}

func edgeTree(e plan.Edge) render.Map {
	return render.Map{
		{Key: "type", Value: e.Type},
		{Key: "index", Value: positive(e.Index)},
		{Key: "options", Value: text(e.Options)},
		{Key: "timing", Value: timingTree(e.Timing)},
		{Key: "known", Value: e.Known},
		{Key: "deadGateway", Value: duration(e.Gateway)},
		{Key: "strict", Value: duration(e.Strict)},
		{Key: "drain", Value: duration(e.Drain)},
		{Key: "beyond", Value: text(e.Beyond)},
	}
}

func timingTree(t plan.EdgeTiming) any {
	m := render.Map{
		{Key: "probes", Value: yes(t.Probes)},
		{Key: "interval", Value: duration(t.Interval)},
		{Key: "timeout", Value: duration(t.Timeout)},
		{Key: "unhealthy", Value: positive(t.Unhealthy)},
		{Key: "healthy", Value: positive(t.Healthy)},
		{Key: "fromEnd", Value: yes(t.FromEnd)},
		{Key: "spread", Value: duration(t.Spread)},
		{Key: "ttl", Value: duration(t.TTL)},
		{Key: "failsOpen", Value: yes(t.FailsOpen)},
		{Key: "beyond", Value: text(t.Beyond)},
	}
	return orNothing(slices.DeleteFunc(m, func(f render.Field) bool { return f.Value == nil }))
}

func clusterTree(c plan.FleetCluster) render.Map {
	own := c.PeerAddress
	if own == c.Address {
		own = ""
	}
	m := render.Map{
		{Key: "name", Value: c.Name},
		{Key: "region", Value: text(c.Region)},
		{Key: "role", Value: c.Role},
		{Key: "address", Value: text(c.Address)},
		{Key: "rotation", Value: c.Rotation},
		{Key: "token", Value: c.Token},
		{Key: "maxRPS", Value: positive(c.MaxRPS)},
		{Key: "peerAddress", Value: text(own)},
		{Key: "internal", Value: yes(c.Internal)},
		{Key: "egress", Value: names(c.Egress)},
	}
	if g := c.GKE; g != nil {
		m = append(m, render.Field{Key: "gke", Value: render.Map{
			{Key: "project", Value: g.Project}, {Key: "location", Value: g.Location}, {Key: "membership", Value: g.Membership},
		}})
	}
	if w := c.Window; w != nil {
		m = append(m, render.Field{Key: "window", Value: render.Map{
			{Key: "meant", Value: weekly(w.Meant)}, {Key: "written", Value: weekly(w.Written)},
		}})
	}
	return append(m, render.Field{Key: "peers", Value: orNothing(list(c.Peers, peerTree))})
}

func peerTree(p plan.FleetPeer) render.Map {
	return render.Map{
		{Key: "name", Value: p.Name},
		{Key: "urls", Value: names(p.URLs)},
		{Key: "host", Value: p.Host},
		{Key: "rotation", Value: p.Rotation},
		{Key: "token", Value: p.Token},
	}
}

func healthTree(h plan.Health) render.Map {
	g := h.Guard
	return render.Map{
		{Key: "path", Value: h.Path},
		{Key: "rest", Value: h.Rest},
		{Key: "checkerDown", Value: h.CheckerDown},
		{Key: "interval", Value: duration(h.Interval)},
		{Key: "timeout", Value: duration(h.Timeout)},
		{Key: "fall", Value: h.Fall},
		{Key: "rise", Value: h.Rise},
		{Key: "quorum", Value: h.Quorum},
		{Key: "guard", Value: render.Map{
			{Key: "maxOut", Value: g.MaxOut},
			{Key: "poll", Value: duration(g.Poll)},
			{Key: "confirm", Value: g.Confirm},
			{Key: "hold", Value: duration(g.Hold)},
			{Key: "minIn", Value: duration(g.MinIn)},
			{Key: "minOut", Value: duration(g.MinOut)},
			{Key: "maxOutsPerHour", Value: g.MaxOutsPerHour},
			{Key: "verify", Value: duration(g.Verify)},
			{Key: "maxChange", Value: duration(g.MaxChange)},
			{Key: "capacity", Value: g.Capacity},
		}},
		{Key: "checks", Value: orNothing(list(h.Checks, checkTree))},
		{Key: "discover", Value: text(h.Discover)},
		{Key: "keysSecret", Value: text(h.KeysSecret)},
		{Key: "keysFolder", Value: text(h.KeysFolder)},
		{Key: "expectProbes", Value: yes(h.ExpectProbes)},
	}
}

func checkTree(c plan.HealthCheck) render.Map {
	m := render.Map{
		{Key: "name", Value: c.Name},
		{Key: "importance", Value: c.Importance},
		{Key: "weight", Value: c.Weight},
		{Key: "shared", Value: yes(c.Shared)},
	}
	return slices.Concat(m, askingTree(c), watchingTree(c))
}

// askingTree is the kinds of check that ask a server how it is.
func askingTree(c plan.HealthCheck) render.Map {
	var m render.Map
	if x := c.HTTP; x != nil {
		codes := make(render.Flow, len(x.Expect))
		for i, code := range x.Expect {
			codes[i] = code
		}
		m = append(m, render.Field{Key: "http", Value: render.Map{
			{Key: "url", Value: x.URL},
			{Key: "method", Value: text(x.Method)},
			{Key: "host", Value: text(x.Host)},
			{Key: "headers", Value: pairs(x.Headers)},
			{Key: "expect", Value: orNothing(codes)},
			{Key: "body", Value: text(x.Body)},
		}})
	}
	if x := c.GRPC; x != nil {
		m = append(m, render.Field{Key: "grpc", Value: render.Map{
			{Key: "address", Value: x.Address},
			{Key: "service", Value: text(x.Service)},
			{Key: "tls", Value: yes(x.TLS)},
			{Key: "host", Value: text(x.Host)},
		}})
	}
	if x := c.TCP; x != nil {
		m = append(m, render.Field{Key: "tcp", Value: render.Map{{Key: "address", Value: x.Address}}})
	}
	if x := c.Failover; x != nil {
		m = append(m, render.Field{Key: "externalFailover", Value: render.Map{
			{Key: "name", Value: x.Name}, {Key: "namespace", Value: text(x.Namespace)}, {Key: "via", Value: text(x.Via)},
		}})
	}
	return m
}

// watchingTree is the kinds that look at something about it.
func watchingTree(c plan.HealthCheck) render.Map {
	var m render.Map
	if x := c.Service; x != nil {
		m = append(m, render.Field{Key: "service", Value: render.Map{
			{Key: "name", Value: x.Name}, {Key: "namespace", Value: text(x.Namespace)}, {Key: "minReady", Value: positive(x.MinReady)},
		}})
	}
	if x := c.Certificate; x != nil {
		m = append(m, render.Field{Key: "certificate", Value: render.Map{
			{Key: "address", Value: x.Address}, {Key: "serverName", Value: text(x.ServerName)}, {Key: "minDays", Value: positive(x.MinDays)},
		}})
	}
	if x := c.Prometheus; x != nil {
		m = append(m, render.Field{Key: "prometheus", Value: render.Map{
			{Key: "url", Value: x.URL},
			{Key: "query", Value: x.Query},
			{Key: "above", Value: text(x.Above)},
			{Key: "below", Value: text(x.Below)},
		}})
	}
	return m
}
