package istio_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/istio"
	"github.com/spillway-mesh/spillway/pkg/target/targettest"
)

// base is a plan of pattern A with mechanism M1; the shapes below change it.
func base() *plan.Plan {
	east, west := "db.us-east-1.example.com", "db.us-west-2.example.com"
	return &plan.Plan{
		Namespace: "shop", Name: "db", Host: "db.internal", Addresses: []string{"240.200.0.1"},
		Clients:  plan.Clients{Namespaces: []string{"shop"}},
		Ports:    []plan.Port{{Name: "http", Number: 80, TargetPort: 443, Protocol: plan.HTTP, TLS: true}},
		TLS:      plan.TLS{Mode: plan.TLSSimple},
		Identity: plan.Identity{HostMode: plan.HostPerEndpoint, PerEndpointSNI: true, ServerName: east, SubjectAltNames: []string{east, west}},
		Endpoints: []plan.Endpoint{
			{Name: "east", Tier: "east", Address: east, ServerName: east, Weight: 1},
			{Name: "west", Tier: "west", Address: west, ServerName: west, Weight: 1},
		},
		Order: plan.Order{Mechanism: plan.MechanismFailover, Sets: []plan.Set{{
			Members:  []plan.Member{{Endpoint: "east", Locality: "us-east1"}, {Endpoint: "west", Locality: "us-west1"}},
			Failover: []plan.FromTo{{From: "us-east1", To: "us-west1"}, {From: "us-west1", To: "us-east1"}},
		}}},
		Tiers: []plan.ClientTiers{
			{Region: "us-east1", Tiers: [][]string{{"east"}, {"west"}}}, {Region: "us-west1", Tiers: [][]string{{"west"}, {"east"}}},
		},
		Routes: []plan.Route{
			{Name: "reads", Match: &plan.Match{Methods: []string{"GET", "HEAD"}}, Retry: plan.RetryFull, Attempts: 2, Timeout: 8 * time.Second, PerTryTimeout: 2 * time.Second},
			{Name: "rest", Retry: plan.RetryUnprocessed, Attempts: 2, Timeout: 8 * time.Second, PerTryTimeout: 2 * time.Second},
		},
		Detect: plan.Detect{
			GatewayErrors: 3, ServerErrors: 5, Interval: time.Second, Ejection: 10 * time.Second, MaxEjection: 10 * time.Second,
			ConnectTimeout: 500 * time.Millisecond, MaxEjectionPercent: 100, MinHealthPercent: 1, IdleTimeout: 30 * time.Second,
			Keepalive:  plan.Keepalive{Time: 30 * time.Second, Interval: 5 * time.Second, Probes: 3},
			DNSRefresh: 5 * time.Second, DNSFailureBase: time.Second, DNSFailureMax: 5 * time.Second,
			RetryBackoff: 10 * time.Millisecond, FirstRetryLeaves: true,
		},
		EnvoyFilter: true, RootNamespace: "istio-system",
	}
}

// shapes are ways in which plans differ; any two may come together.
func shapes() map[string]func(*plan.Plan) {
	return map[string]func(*plan.Plan){
		"everywhere": func(p *plan.Plan) { p.Clients.Namespaces = []string{"*"} },
		"namespaces": func(p *plan.Plan) { p.Clients.Namespaces = []string{"billing", "shop"} },
		"gateways":   func(p *plan.Plan) { p.Clients.Gateways = true },
		"no filter": func(p *plan.Plan) {
			p.EnvoyFilter, p.Detect.FirstRetryLeaves = false, false
		},
		"plain": func(p *plan.Plan) {
			p.TLS, p.Ports[0].TLS = plan.TLS{Mode: plan.TLSNone}, false
			p.Identity = plan.Identity{HostMode: plan.HostKeep}
		},
		"shared host": func(p *plan.Plan) {
			p.Identity.HostMode, p.Identity.SharedHost, p.Identity.PerEndpointSNI = plan.HostShared, "db.example.com", false
		},
		"ports": func(p *plan.Plan) {
			p.Ports = append(p.Ports,
				plan.Port{Name: "admin", Number: 8080, TargetPort: 8080, Protocol: plan.HTTP},
				plan.Port{Name: "grpc", Number: 9000, TargetPort: 9443, Protocol: plan.GRPC, TLS: p.Ports[0].TLS},
				plan.Port{Name: "tcp", Number: 9300, TargetPort: 9300, Protocol: plan.TCP},
				plan.Port{Name: "tls", Number: 9443, TargetPort: 9443, Protocol: plan.TLSPT},
			)
			p.ConnectAttempts = 5
		},
		"tcp": func(p *plan.Plan) {
			p.Ports = []plan.Port{{Name: "tcp", Number: 5432, TargetPort: 5432, Protocol: plan.TCP}}
			p.TLS, p.Identity, p.Routes, p.ConnectAttempts = plan.TLS{Mode: plan.TLSNone}, plan.Identity{HostMode: plan.HostKeep}, nil, 13
		},
		"active": func(p *plan.Plan) {
			p.Detect.Active = &plan.Active{Path: "/", Host: p.Host, ExpectMin: 200, ExpectMax: 499, Interval: time.Second, Timeout: 500 * time.Millisecond, Unhealthy: 2, Healthy: 3}
		},
		"never":           func(p *plan.Plan) { p.Routes = append(p.Routes[:0:0], p.Routes...); never(p) },
		"no timeouts":     func(p *plan.Plan) { p.Routes = []plan.Route{{Name: "rest", Retry: plan.RetryUnprocessed, Attempts: 2}} },
		"mutual files":    func(p *plan.Plan) { mutual(p, plan.TLS{ClientCert: "/c.pem", ClientKey: "/k.pem"}) },
		"mutual secret":   func(p *plan.Plan) { mutual(p, plan.TLS{ClientSecret: "cert", TrustSecret: "cert"}) },
		"mutual + system": func(p *plan.Plan) { mutual(p, plan.TLS{ClientSecret: "cert"}) },
		"mutual + secret": func(p *plan.Plan) { mutual(p, plan.TLS{ClientSecret: "cert", TrustSecret: "ca"}) },
		"mutual + config": func(p *plan.Plan) { mutual(p, plan.TLS{ClientSecret: "cert", TrustConfigMap: "ca"}) },
		"mutual + file":   func(p *plan.Plan) { mutual(p, plan.TLS{ClientSecret: "cert", TrustFile: "/ca.pem"}) },
		"files + config": func(p *plan.Plan) {
			mutual(p, plan.TLS{ClientCert: "/c.pem", ClientKey: "/k.pem", TrustConfigMap: "ca"})
		},
		"trust secret": func(p *plan.Plan) {
			p.TLS.TrustSecret = "ca"
			p.Clients.Selector = map[string]string{"app": "a", "b": "c"}
		},
		"trust config map": func(p *plan.Plan) { p.TLS.TrustConfigMap = "ca" },
		"trust file":       func(p *plan.Plan) { p.TLS.TrustFile = "/ca.pem" },
		"M2":               subsets,
		"M3":               priorities,
		"A+":               func(p *plan.Plan) { priorities(p); names(p) },
	}
}

func never(p *plan.Plan) {
	p.Routes = append([]plan.Route{{Name: "once", Match: &plan.Match{PathPrefix: "/pay", Headers: []plan.HeaderMatch{{Name: "x-once", Regex: ".+"}}}, Retry: plan.RetryNever, Timeout: time.Second}}, p.Routes...)
}

func mutual(p *plan.Plan, t plan.TLS) {
	t.Mode = plan.TLSMutual
	p.TLS, p.Clients.Selector, p.Clients.ServiceAccounts = t, map[string]string{"app": "a"}, []string{"a", "b"}
}

func subsets(p *plan.Plan) {
	p.Order = plan.Order{Mechanism: plan.MechanismSubsets, Sets: []plan.Set{
		{
			Name: "o1", Regions: []string{"us-east1", "us-east4"}, Members: []plan.Member{{Endpoint: "east", Locality: "tier1"}, {Endpoint: "west", Locality: "tier2"}},
			Failover: []plan.FromTo{{From: "us-east1", To: "tier1"}, {From: "us-east4", To: "tier1"}},
		},
		{
			Name: "o2", Regions: []string{"us-west1"}, Members: []plan.Member{{Endpoint: "west", Locality: "tier1"}}, Default: true,
			Failover: []plan.FromTo{{From: "", To: "tier1"}},
		},
	}}
}

func priorities(p *plan.Plan) {
	if p.Order.Mechanism == plan.MechanismPriorities {
		return
	}
	p.Order.Mechanism = plan.MechanismPriorities
	p.Endpoints[1].Weight, p.Endpoints[1].Ports = 3, map[string]int{"http": 8443}
	p.Tiers = append(p.Tiers, plan.ClientTiers{Region: "Region_1", Tiers: [][]string{{"west"}}, OnlyListed: true},
		plan.ClientTiers{Region: "*", Tiers: [][]string{{"east", "west"}}})
}

func names(p *plan.Plan) {
	p.Order.OthersNeedNames = true
	p.Tiers = slices.DeleteFunc(p.Tiers, func(c plan.ClientTiers) bool { return c.Region == "*" })
	p.Endpoints[0].Address, p.Endpoints[0].IP = "10.0.0.1", true
}

// Every pair of shapes is written without an error, and read back by Istio's and Envoy's own types; what Check refuses
// may be nonsense.
func TestShapes(t *testing.T) {
	keys := slices.Sorted(maps.Keys(shapes()))
	written := 0
	for i, a := range keys {
		for _, b := range keys[i:] {
			p := base()
			shapes()[a](p)
			if a != b {
				shapes()[b](p)
			}
			if istio.New().Check(p, nil).HasErrors() {
				continue
			}
			t.Run(a+" with "+b, func(t *testing.T) {
				objects, err := istio.New().Render(p)
				if err != nil {
					t.Fatal(err)
				}
				targettest.CheckObjects(t, objects, decode)
				written++
			})
		}
	}
	if pairs := len(keys) * (len(keys) + 1) / 2; written < pairs/2 {
		t.Errorf("only %d of %d pairs were written", written, pairs)
	}
}

// Envoy takes one source of CA certificates per socket. A pod that the selector does not match has Istio's own already,
// so an EnvoyFilter that names another must not reach it.
func TestTrustReachesSelectedPodsOnly(t *testing.T) {
	const source = "validation_context_sds_secret_config"
	for _, shape := range []string{"mutual + system", "mutual + secret", "mutual + config", "mutual + file"} {
		p := base()
		shapes()[shape](p)
		objects, err := istio.New().Render(p)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, o := range objects {
			text := targettest.YAML([]target.Object{o})
			if !strings.Contains(text, source) {
				continue
			}
			found++
			if !strings.Contains(text, "workloadSelector:\n    labels:\n      app: a\n") {
				t.Errorf("%s: %s %s names a CA for every pod", shape, o.Kind, o.Name)
			}
		}
		if found == 0 {
			t.Errorf("%s: nothing names the CA", shape)
		}
	}
}
