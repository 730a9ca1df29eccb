package rules

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
)

// ownPath is the path that the health server of this project answers unless it is told another.
const ownPath = "/.well-known/cluster-health"

// ask is what a load balancer or DNS asks of a cluster, whoever it is, with the defaults of its API filled in.
type ask struct {
	*manifest.Object

	what                         string
	at                           manifest.Value // of the path, or of what stands around it
	path                         string         // empty if it is not written in the object
	host                         string         // empty if the probe has the address as its Host
	interval, timeout, unhealthy int64          // seconds, seconds, times
	google, dns, plain           bool           // takes 200 only; is DNS; asks by HTTP rather than HTTPS
}

// askKinds are the kinds that asksOf looks at.
func askKinds() analyze.Kinds {
	return slices.Concat(probeKinds(), analyze.Kinds{"HealthCheck", "ComputeHealthCheck", "Service", "Ingress"})
}

// asksOf lists what is asked through a gateway of Istio's, as far as that can be told.
func asksOf(p *analyze.Pass) []ask {
	gateways := gatewayPods(p)
	return slices.DeleteFunc(allAsks(p), func(a ask) bool {
		behind := selectorsOf(p, a.Object)
		return len(behind) > 0 && len(gateways) > 0 && !slices.ContainsFunc(behind, func(selector map[string]string) bool {
			return slices.ContainsFunc(gateways, func(labels map[string]string) bool { return holds(selector, labels) || holds(labels, selector) })
		})
	})
}

// allAsks lists what is asked of anything, but for the agent's own port.
func allAsks(p *analyze.Pass) []ask {
	out := googleAsks(p)
	for _, o := range p.Snapshot.OfKind("route53.services.k8s.aws", "HealthCheck") {
		c := o.Tree.At("spec", "healthCheckConfig")
		kind := c.At("type").Text()
		if !strings.HasPrefix(kind, "HTTP") {
			continue
		}
		out = append(out, ask{
			Object: o, what: "Route 53", at: c.At("resourcePath"), path: c.At("resourcePath").Text(),
			host:     strings.TrimSuffix(c.At("fullyQualifiedDomainName").Text(), "."),
			interval: number(c.At("requestInterval"), 30), timeout: 2, unhealthy: number(c.At("failureThreshold"), 3),
			dns: true, plain: !strings.HasPrefix(kind, "HTTPS"),
		})
	}
	out = append(out, amazonAsks(p)...)
	return slices.DeleteFunc(out, func(a ask) bool { return a.path == "/healthz/ready" })
}

func googleAsks(p *analyze.Pass) []ask {
	var out []ask
	for _, h := range probesOf(p) {
		a := ask{
			Object: h.Object, what: h.what, at: h.path, path: h.path.Text(), google: true, plain: h.kind.Text() == "HTTP" || h.kind.Text() == "",
			interval: number(h.interval, 15), timeout: number(h.timeout, 15), unhealthy: number(h.unhealthy, 2),
		}
		if h.Kind == "HealthCheckPolicy" {
			a.interval, a.timeout = number(h.interval, 5), number(h.timeout, 5)
			config := h.Tree.At("spec", "default", "config")
			a.host = config.At("httpHealthCheck", "host").Text() + config.At("httpsHealthCheck", "host").Text() + config.At("http2HealthCheck", "host").Text()
		}
		if number(h.port, 0) != 15021 {
			out = append(out, a)
		}
	}
	for _, o := range p.Snapshot.OfKind("compute.cnrm.cloud.google.com", "ComputeHealthCheck") {
		s := o.Tree.At("spec")
		for _, name := range []string{"httpHealthCheck", "httpsHealthCheck", "http2HealthCheck"} {
			if c := s.At(name); c.Exists() && number(c.At("port"), 0) != 15021 {
				out = append(out, ask{
					Object: o, what: "Google's load balancer", at: c.At("requestPath"), path: c.At("requestPath").Text(), host: c.At("host").Text(),
					interval: number(s.At("checkIntervalSec"), 5), timeout: number(s.At("timeoutSec"), 5), unhealthy: number(s.At("unhealthyThreshold"), 2),
					google: true, plain: name == "httpHealthCheck",
				})
			}
		}
	}
	return out
}

// amazonAsks are those that annotations tell the AWS Load Balancer Controller.
func amazonAsks(p *analyze.Pass) []ask {
	const alb, nlb = "alb.ingress.kubernetes.io/healthcheck-", "service.beta.kubernetes.io/aws-load-balancer-healthcheck-"
	var out []ask
	for _, o := range p.Snapshot.Objects {
		if o.Kind != "Service" && o.Kind != "Ingress" {
			continue
		}
		for _, of := range []struct{ prefix, times, unhealthy, what string }{
			{alb, "-seconds", "alb.ingress.kubernetes.io/unhealthy-threshold-count", "the Application Load Balancer"},
			{nlb, "", nlb + "unhealthy-threshold", "the Network Load Balancer"},
		} {
			path := o.Annotations[of.prefix+"path"]
			if path == "" || o.Annotations[of.prefix+"port"] == "15021" {
				continue
			}
			seconds := func(name string, without int64) int64 { return textNumber(o.Annotations[name], without) }
			a := ask{
				Object: o, what: of.what, at: o.Tree.At("metadata", "annotations"), path: path,
				interval: seconds(of.prefix+"interval"+of.times, 15), timeout: seconds(of.prefix+"timeout"+of.times, 5), unhealthy: seconds(of.unhealthy, 2),
				plain: !strings.EqualFold(o.Annotations[of.prefix+"protocol"], "HTTPS"),
			}
			if of.prefix == nlb {
				a.interval, a.timeout, a.unhealthy = seconds(nlb+"interval", 10), seconds(nlb+"timeout", 10), seconds(of.unhealthy, 3)
			}
			out = append(out, a)
		}
	}
	return out
}

func textNumber(text string, without int64) int64 {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	return without
}

// selectorsOf are the labels of the pods that a health check is about; none if that is not known.
func selectorsOf(p *analyze.Pass, o *manifest.Object) []map[string]string {
	var out []map[string]string
	add := func(selector manifest.Value) {
		if t := selector.Table(); len(t) > 0 {
			out = append(out, t)
		}
	}
	switch o.Kind {
	case "Service":
		add(o.Tree.At("spec", "selector"))
	case "BackendConfig":
		name := `"` + o.Name + `"`
		for _, s := range p.Snapshot.Objects {
			if s.Namespace != o.Namespace || len(s.Annotations) == 0 {
				continue
			}
			if config := s.Annotations["cloud.google.com/backend-config"] + s.Annotations["beta.cloud.google.com/backend-config"]; strings.Contains(config, name) {
				add(s.Tree.At("spec", "selector"))
				add(s.Tree.At("spec", "template", "spec", "selector"))
			}
		}
	case "HealthCheckPolicy", "Ingress":
		names := []string{o.Tree.At("spec", "targetRef", "name").Text(), o.Tree.At("spec", "defaultBackend", "service", "name").Text()}
		for _, r := range o.Tree.At("spec", "rules").Items() {
			for _, path := range r.At("http", "paths").Items() {
				names = append(names, path.At("backend", "service", "name").Text())
			}
		}
		for _, s := range p.Snapshot.OfKind("", "Service") {
			if s.Namespace == o.Namespace && slices.Contains(names, s.Name) {
				add(s.Tree.At("spec", "selector"))
			}
		}
	}
	return out
}

// detection is how long it takes until a backend that is dead is left, in seconds.
func (a ask) detection() int64 { return a.unhealthy*a.interval + a.timeout }

// healthPaths are the paths that something outside asks for the health of the cluster, and the one of this project.
func healthPaths(asks []ask) []string {
	out := []string{ownPath}
	for _, a := range asks {
		if path, _, _ := strings.Cut(a.path, "?"); path != "" && path != "/" {
			out = append(out, path)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// googleRanges is where Google's load balancers probe from.
func googleRanges() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("35.191.0.0/16"), netip.MustParsePrefix("130.211.0.0/22")}
}

// missing is the first of the ranges that no block holds; the zero Prefix if all are held.
func missing(blocks []string) netip.Prefix {
	for _, want := range googleRanges() {
		held := slices.ContainsFunc(blocks, func(b string) bool {
			if !strings.Contains(b, "/") {
				b += "/32"
			}
			have, err := netip.ParsePrefix(b)
			return err == nil && have.Bits() <= want.Bits() && have.Contains(want.Addr())
		})
		if !held {
			return want
		}
	}
	return netip.Prefix{}
}
