package google

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
)

// Front is what the Gateway of a load balancer is made of.
type Front struct {
	Class          string // of the Gateway
	Address        string // name of a reserved address; empty for one that Google chooses
	CertificateMap string
	Secret         string
	Redirect       bool // HTTP becomes HTTPS
	Name           string
	Cluster        string
}

// TLS says that the load balancer has a certificate.
func (f Front) TLS() bool { return f.CertificateMap != "" || f.Secret != "" }

// Check tells what is missing at the load balancer's front, and what is too much.
func (f Front) Check(options *field.Path) diag.List {
	var ds diag.List
	switch {
	case f.CertificateMap != "" && f.Secret != "":
		ds.Errorf(options.Child("certificateMap"), "SP338", "certificateMap and secret are two places for one certificate").
			WithHint("keep one of the two")
	case !f.TLS():
		ds.Warnf(options, "SP338", "there is no certificate: the load balancer serves plain HTTP only").
			WithHint("name a certificate map with certificateMap, or a Secret with secret")
	}
	return ds
}

// Gateway is the Gateway, its route to the backends, and the one that redirects.
func (f Front) Gateway(fleet *plan.Fleet, backends render.List) []target.Object {
	object := func(kind, name string, spec ...render.Field) target.Object {
		return target.OfFleet(fleet, target.Object{
			APIVersion: "gateway.networking.k8s.io/v1", Kind: kind, Namespace: fleet.Namespace, Name: name, Cluster: f.Cluster,
			Rank: RankFront, Body: target.Spec(spec...),
		})
	}
	gateway := object("Gateway", f.Name, target.KV("gatewayClassName", f.Class), target.KV("listeners", f.listeners()), f.addresses())
	if f.CertificateMap != "" {
		gateway.Annotations["networking.gke.io/certmap"] = f.CertificateMap
	}
	section := ""
	if f.TLS() && f.Redirect {
		section = "https"
	}
	route := object("HTTPRoute", f.Name, f.parents(section), target.KV("hostnames", render.Strings(fleet.Hosts...)),
		target.KV("rules", render.List{render.Map{
			target.Why("every path goes to the gateways of the clusters, which know them", "backendRefs", backends),
		}}))
	if section == "" {
		return []target.Object{gateway, route}
	}
	return []target.Object{gateway, route, object("HTTPRoute", f.Name+"-redirect", f.parents("http"),
		target.KV("rules", render.List{render.Map{
			target.KV("filters", render.List{render.Map{
				target.KV("type", "RequestRedirect"),
				target.Why("users are redirected here; the gateways must not, or the probe gets a 301", "requestRedirect",
					render.Map{target.KV("scheme", "https"), target.KV("statusCode", 301)}),
			}}),
		}}))}
}

func (f Front) addresses() render.Field {
	if f.Address == "" {
		return render.Field{}
	}
	return target.KV("addresses", render.List{render.Map{target.KV("type", "NamedAddress"), target.KV("value", f.Address)}})
}

func (f Front) parents(section string) render.Field {
	return target.KV("parentRefs", render.List{target.Set(render.Map{target.KV("name", f.Name), target.KV("sectionName", section)})})
}

// listeners leave tls out for a certificate map: the API refuses it without a certificate.
func (f Front) listeners() render.List {
	http := render.Map{target.KV("name", "http"), target.KV("protocol", "HTTP"), target.KV("port", 80)}
	if !f.TLS() {
		return render.List{http}
	}
	https := render.Map{target.KV("name", "https"), target.KV("protocol", "HTTPS"), target.KV("port", 443)}
	if f.Secret != "" {
		https = append(https, target.KV("tls", render.Map{
			target.KV("mode", "Terminate"), target.KV("certificateRefs", render.List{render.Map{target.KV("name", f.Secret)}}),
		}))
	}
	return render.List{http, https}
}

// Target is what a policy of Google's is about.
type Target struct{ Group, Kind, Name string }

func (t Target) ref() render.Field {
	return target.KV("targetRef", render.Map{target.KV("group", t.Group), target.KV("kind", t.Kind), target.KV("name", t.Name)})
}

// HealthCheckPolicy is the probe of what it is about. A token is compared with the body of a 200 if it is given.
func (p Probe) HealthCheckPolicy(f *plan.Fleet, cluster string, of Target, protocol, token string) target.Object {
	check := map[string]string{"HTTP": "httpHealthCheck", "HTTPS": "httpsHealthCheck", "HTTP2": "http2HealthCheck"}[protocol]
	body := render.Map{
		target.Why("must be there: without it the object is refused", "portSpecification", "USE_SERVING_PORT"),
		target.Why("the mode of the cluster decides what it answers; the path stays", "requestPath", f.Health.Path),
	}
	if token != "" {
		body = append(body, target.Why("the cluster's token: no other server passes for its health", "response", token))
	}
	return policy(f, cluster, "HealthCheckPolicy", of, render.Map{
		target.KV("checkIntervalSec", Seconds(p.Interval)),
		target.KV("timeoutSec", Seconds(p.Timeout)),
		target.KV("healthyThreshold", p.Healthy),
		target.KV("unhealthyThreshold", p.Unhealthy),
		target.Why("otherwise nobody can see why a cluster was left", "logConfig", render.Map{target.KV("enabled", true)}),
		target.KV("config", render.Map{target.KV("type", protocol), target.KV(check, body)}),
	})
}

// BackendPolicy says how much one gateway pod gets, and how its users leave it.
func (b Backend) BackendPolicy(f *plan.Fleet, cluster string, of Target, rate int) target.Object {
	const every = 1_000_000 // request is logged, in millionths
	return policy(f, cluster, "GCPBackendPolicy", of, render.Map{
		target.KV("timeoutSec", Seconds(b.Timeout)),
		target.Why("a share of the cluster's capacity; by default one pod that is left would get everything", "maxRatePerEndpoint", rate),
		target.KV("connectionDraining", render.Map{target.KV("drainingTimeoutSec", Seconds(b.Drain))}),
		target.KV("logging", render.Map{target.KV("enabled", true), target.KV("sampleRate", every)}),
	})
}

// Preferred makes a cluster, by what it exports, the one that users go to while it is healthy.
func Preferred(f *plan.Fleet, cluster string, of Target) target.Object {
	return policy(f, cluster, "GCPBackendPolicy", of, render.Map{
		target.Why("users go here while it is healthy, and to the others after", "backendPreference", "PREFERRED"),
	})
}

func policy(f *plan.Fleet, cluster, kind string, of Target, body render.Map) target.Object {
	return target.OfFleet(f, target.Object{
		APIVersion: "networking.gke.io/v1", Kind: kind, Namespace: f.Namespace, Name: of.Name, Cluster: cluster, Rank: RankPolicy,
		Body: target.Spec(target.KV("default", body), of.ref()),
	})
}
