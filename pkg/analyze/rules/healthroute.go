package rules

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	networking "istio.io/api/networking/v1alpha3"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
)

// healthRoute is a route of a gateway that names a path which is probed, and leads to what answers for the cluster.
type healthRoute struct {
	*manifest.VirtualService

	http *networking.HTTPRoute
	at   string // spec.http[0]
	path string // that is probed
}

// host is the full name of the service that answers; "" if the gateway itself does.
func (r healthRoute) host() string {
	if len(r.http.GetRoute()) == 0 {
		return ""
	}
	return mesh.FullHost(r.http.GetRoute()[0].GetDestination().GetHost(), r.Namespace)
}

// healthRoutes lists them.
func healthRoutes(p *analyze.Pass, asks []ask) []healthRoute {
	return healthRoutesOf(p.Snapshot.VirtualServices, asks)
}

// healthRoutesOf lists those of these VirtualServices.
func healthRoutesOf(services []*manifest.VirtualService, asks []ask) []healthRoute {
	var out []healthRoute
	paths := healthPaths(asks)
	for _, vs := range services {
		if !atGateway(vs) {
			continue
		}
		for i, h := range vs.Spec.GetHttp() {
			for _, path := range paths {
				if anyAbout(h.GetMatch(), path) && len(h.GetRoute()) > 0 {
					out = append(out, healthRoute{vs, h, "spec.http[" + strconv.Itoa(i) + "]", path})
				}
			}
		}
	}
	return out
}

// isAbout says whether a match is about the path, rather than about everything.
func isAbout(m *networking.StringMatch, path string) bool {
	return m.GetExact() == path || len(m.GetPrefix()) > 1 && strings.HasPrefix(path, m.GetPrefix())
}

// atGateways lists the VirtualServices of gateways.
func atGateways(p *analyze.Pass) []*manifest.VirtualService {
	return slices.DeleteFunc(slices.Clone(p.Snapshot.VirtualServices), func(vs *manifest.VirtualService) bool { return !atGateway(vs) })
}

func atGateway(vs *manifest.VirtualService) bool {
	return slices.ContainsFunc(vs.Spec.GetGateways(), func(g string) bool { return g != "mesh" })
}

// gatewaysOf are the full names of the gateways of a VirtualService.
func gatewaysOf(vs *manifest.VirtualService) []string {
	var out []string
	for _, g := range vs.Spec.GetGateways() {
		switch {
		case g == "mesh":
		case strings.Contains(g, "/"):
			out = append(out, g)
		default:
			out = append(out, vs.Namespace+"/"+g)
		}
	}
	return out
}

// meet says whether two VirtualServices are on one gateway.
func meet(a, b *manifest.VirtualService) bool {
	at := gatewaysOf(b)
	return slices.ContainsFunc(gatewaysOf(a), func(g string) bool { return slices.Contains(at, g) })
}

// answersHost says whether a request with that Host comes to one of these hosts; "" stands for an address.
func answersHost(hosts []string, host string) bool {
	return slices.ContainsFunc(hosts, func(h string) bool {
		if _, after, cut := strings.Cut(h, "/"); cut {
			h = after
		}
		rest, wild := strings.CutPrefix(h, "*")
		return h == "*" || host != "" && (h == host || wild && strings.HasSuffix(host, rest))
	})
}

// takenBy finds the first route of a VirtualService that takes a plain GET of the path; -1 if none does.
func takenBy(vs *manifest.VirtualService, path string) int {
	return slices.IndexFunc(vs.Spec.GetHttp(), func(h *networking.HTTPRoute) bool {
		return len(h.GetMatch()) == 0 || slices.ContainsFunc(h.GetMatch(), func(m *networking.HTTPMatchRequest) bool {
			return matchesPath(m.GetUri(), path) && len(m.GetHeaders())+len(m.GetQueryParams())+len(m.GetSourceLabels()) == 0 &&
				(m.GetMethod() == nil || m.GetMethod().GetExact() == "GET") && m.GetAuthority() == nil && m.GetScheme() == nil && m.GetPort() == 0
		})
	})
}

func matchesPath(m *networking.StringMatch, path string) bool {
	switch {
	case m == nil:
		return true
	case m.GetExact() != "":
		return m.GetExact() == path
	case m.GetPrefix() != "":
		return strings.HasPrefix(path, m.GetPrefix())
	default:
		re, err := regexp.Compile("^(?:" + m.GetRegex() + ")$")
		return err == nil && re.MatchString(path)
	}
}

// forAsk are the VirtualServices that a probe comes to: of those for its Host, and of those for any only where there is none.
func forAsk(p *analyze.Pass, a ask) []*manifest.VirtualService {
	var exact, wild []*manifest.VirtualService
	for _, vs := range atGateways(p) {
		switch {
		case len(vs.Spec.GetHttp()) == 0:
		case a.host != "" && slices.Contains(vs.Spec.GetHosts(), a.host):
			exact = append(exact, vs)
		case answersHost(vs.Spec.GetHosts(), a.host):
			wild = append(wild, vs)
		}
	}
	if len(exact) > 0 {
		return exact
	}
	return wild
}

// deploymentsOf are the Deployments whose pods have these labels.
func deploymentsOf(p *analyze.Pass, namespace string, selector map[string]string) []*manifest.Object {
	if len(selector) == 0 {
		return nil
	}
	var out []*manifest.Object
	for _, o := range p.Snapshot.OfKind("apps", "Deployment") {
		labels := o.Tree.At("spec", "template", "metadata", "labels").Table()
		if (namespace == "" || o.Namespace == namespace) && holds(labels, selector) {
			out = append(out, o)
		}
	}
	return out
}

// autoscalersOf are those that set the number of a Deployment's pods.
func autoscalersOf(p *analyze.Pass, d *manifest.Object) []*manifest.Object {
	var out []*manifest.Object
	for _, h := range p.Snapshot.OfKind("autoscaling", "HorizontalPodAutoscaler") {
		if h.Namespace == d.Namespace && h.Tree.At("spec", "scaleTargetRef", "name").Text() == d.Name {
			out = append(out, h)
		}
	}
	return out
}

// holds says whether the labels have all of the selector.
func holds(labels, selector map[string]string) bool {
	for key, value := range selector {
		if got, ok := labels[key]; !ok || got != value {
			return false
		}
	}
	return true
}

// serviceOf is the Service of a full name; nil if it is not among the files.
func serviceOf(p *analyze.Pass, host string) *manifest.Object {
	name, rest, _ := strings.Cut(host, ".")
	namespace, _, _ := strings.Cut(rest, ".")
	for _, o := range p.Snapshot.OfKind("", "Service") {
		if o.Name == name && o.Namespace == namespace {
			return o
		}
	}
	return nil
}

// gatewayPods are the labels of the pods of each Gateway, without those that are there for other meshes' traffic.
func gatewayPods(p *analyze.Pass) []map[string]string {
	var out []map[string]string
	for _, g := range p.Snapshot.Gateways {
		labels := g.Spec.GetSelector()
		known := slices.ContainsFunc(out, func(have map[string]string) bool { return holds(have, labels) && holds(labels, have) })
		if len(labels) > 0 && !known && !eastWest(g) {
			out = append(out, labels)
		}
	}
	return out
}

// eastWest says whether a gateway passes on what comes from other clusters of the mesh.
func eastWest(g *manifest.Gateway) bool {
	return slices.ContainsFunc(g.Spec.GetServers(), func(s *networking.Server) bool {
		return s.GetTls().GetMode() == networking.ServerTLSSettings_AUTO_PASSTHROUGH
	})
}

// anyAbout says whether one of the matches is about the path.
func anyAbout(matches []*networking.HTTPMatchRequest, path string) bool {
	return slices.ContainsFunc(matches, func(m *networking.HTTPMatchRequest) bool { return isAbout(m.GetUri(), path) })
}
