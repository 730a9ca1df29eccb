package compile

import (
	"maps"
	"slices"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
)

func waypointTree(w *plan.Waypoint) any {
	if w == nil {
		return nil
	}
	return render.Map{{Key: "namespace", Value: w.Namespace}, {Key: "name", Value: w.Name}}
}

func gatewayTree(g *plan.Gateway) any {
	if g == nil {
		return nil
	}
	return render.Map{
		{Key: "namespace", Value: g.Namespace},
		{Key: "name", Value: g.Name},
		{Key: "address", Value: g.Address},
		{Key: "serviceAccount", Value: g.ServiceAccount},
		{Key: "identity", Value: g.Identity},
		{Key: "selector", Value: pairs(g.Selector)},
		{Key: "exists", Value: yes(g.Exists)},
		{Key: "marks", Value: yes(g.Marks)},
		{Key: "roleARN", Value: text(g.RoleARN)},
		{Key: "credentialsSecret", Value: text(g.CredentialsSecret)},
		{Key: "credentialsFile", Value: text(g.CredentialsFile)},
		{Key: "relay", Value: text(g.Relay)},
		{Key: "hops", Value: list(g.Hops, hopTree)},
	}
}

func hopTree(h plan.Hop) render.Map {
	listen := make(render.Inline, 0, len(h.Listen))
	for _, name := range slices.Sorted(maps.Keys(h.Listen)) {
		listen = append(listen, render.Field{Key: name, Value: h.Listen[name]})
	}
	return render.Map{
		{Key: "endpoint", Value: h.Endpoint},
		{Key: "host", Value: h.Host},
		{Key: "listen", Value: listen},
		{Key: "serverName", Value: text(h.ServerName)},
		{Key: "subjectAltNames", Value: names(h.SubjectAltNames)},
		{Key: "hostHeader", Value: text(h.HostHeader)},
		{Key: "signingRegion", Value: text(h.SigningRegion)},
	}
}

func signingTree(s *plan.Signing) any {
	if s == nil {
		return nil
	}
	return render.Map{
		{Key: "service", Value: s.Service},
		{Key: "unsignedPayload", Value: yes(s.UnsignedPayload)},
		{Key: "bodyLimit", Value: count(s.BodyLimit)},
	}
}
