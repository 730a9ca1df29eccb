package rules

import (
	"strings"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
)

// probe is a health check that a load balancer or DNS makes, wherever it is written.
type probe struct {
	*manifest.Object

	what                                     string // the load balancer or DNS that probes
	interval, timeout, unhealthy, healthy    manifest.Value
	path, port, kind                         manifest.Value
	leastInterval, mostInterval, mostTimeout int64
}

// probeKinds are the kinds that probesOf looks at.
func probeKinds() analyze.Kinds { return analyze.Kinds{"BackendConfig", "HealthCheckPolicy"} }

// probesOf lists the health checks of Google's load balancers.
func probesOf(p *analyze.Pass) []probe {
	var out []probe
	for _, o := range p.Snapshot.OfKind("cloud.google.com", "BackendConfig") {
		if h := o.Tree.At("spec", "healthCheck"); h.Exists() {
			out = append(out, probe{
				Object: o, what: "GKE's Ingress", interval: h.At("checkIntervalSec"), timeout: h.At("timeoutSec"),
				unhealthy: h.At("unhealthyThreshold"), healthy: h.At("healthyThreshold"), path: h.At("requestPath"), port: h.At("port"), kind: h.At("type"),
				leastInterval: 1, mostInterval: 300, mostTimeout: 300,
			})
		}
	}
	for _, o := range p.Snapshot.OfKind("networking.gke.io", "HealthCheckPolicy") {
		h := o.Tree.At("spec", "default")
		if !h.Exists() {
			continue
		}
		config := h.At("config")
		one := probe{
			Object: o, what: "GKE's Gateway", interval: h.At("checkIntervalSec"), timeout: h.At("timeoutSec"),
			unhealthy: h.At("unhealthyThreshold"), healthy: h.At("healthyThreshold"), kind: config.At("type"),
			leastInterval: 1, mostInterval: 300, mostTimeout: 300,
		}
		for _, name := range []string{"httpHealthCheck", "httpsHealthCheck", "http2HealthCheck", "grpcHealthCheck", "tcpHealthCheck"} {
			if c := config.At(name); c.Exists() {
				one.path, one.port = c.At("requestPath"), c.At("port")
			}
		}
		out = append(out, one)
	}
	return out
}

// number is a whole number, or what holds without one.
func number(v manifest.Value, without int64) int64 {
	if n, ok := v.Number(); ok {
		return n
	}
	return without
}

// record is one answer of DNS that a health check may decide about.
type record struct {
	*manifest.Object

	at       manifest.Value
	name     string
	failover string
	checked  bool // a health check decides about it
	check    string
	ttl      manifest.Value
	policy   bool // it is one of several of its name
}

// recordKinds are the kinds that recordsOf looks at.
func recordKinds() analyze.Kinds { return analyze.Kinds{"RecordSet", "DNSEndpoint"} }

// recordsOf lists the records of Route 53, as ACK and external-dns write them.
func recordsOf(p *analyze.Pass) []record {
	var out []record
	for _, o := range p.Snapshot.OfKind("route53.services.k8s.aws", "RecordSet") {
		s := o.Tree.At("spec")
		check := s.At("healthCheckRef", "from", "name").Text()
		out = append(out, record{
			Object: o, at: s, name: s.At("name").Text(), failover: s.At("failover").Text(), ttl: s.At("ttl"),
			checked: check != "" || s.At("healthCheckID").Text() != "", check: check, policy: s.At("setIdentifier").Text() != "",
		})
	}
	for _, o := range p.Snapshot.OfKind("externaldns.k8s.io", "DNSEndpoint") {
		for _, e := range o.Tree.At("spec", "endpoints").Items() {
			out = append(out, record{
				Object: o, at: e, name: e.At("dnsName").Text(), failover: specific(e, "aws/failover").At("value").Text(), ttl: e.At("recordTTL"),
				checked: specific(e, "aws/health-check-id").Exists(), policy: e.At("setIdentifier").Text() != "",
			})
		}
	}
	return out
}

// specific is one of the provider's own settings of an endpoint.
func specific(endpoint manifest.Value, name string) manifest.Value {
	for _, s := range endpoint.At("providerSpecific").Items() {
		if s.At("name").Text() == name {
			return s
		}
	}
	return manifest.Value{}
}

// isBalancer says whether a name is that of one of Amazon's load balancers: name.elb.region or name.region.elb.
func isBalancer(name string) bool {
	name = strings.TrimSuffix(name, ".")
	return strings.HasSuffix(name, ".amazonaws.com") && strings.Contains(name, ".elb.")
}
