package gkeingress

import (
	"maps"
	"strconv"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/internal/google"
)

// ingress is a load balancer of one cluster's own.
func (o *Options) ingress(f *plan.Fleet, c *plan.FleetCluster) []target.Object {
	name := f.ObjectName("edge")
	annotations := map[string]string{
		"cloud.google.com/neg":            `{"ingress":true}`,
		"cloud.google.com/backend-config": `{"ports":{"` + strconv.Itoa(o.Backend.Port) + `":"` + name + `"}}`,
	}
	if o.Backend.Protocol != "HTTP" {
		annotations["cloud.google.com/app-protocols"] = `{"` + o.Backend.PortName() + `":"` + o.Backend.Protocol + `"}`
	}
	object := func(version, kind string, rank int, body render.Map) target.Object {
		return target.OfFleet(f, target.Object{
			APIVersion: version, Kind: kind, Namespace: f.Namespace, Name: name, Cluster: c.Name, Rank: rank, Body: body,
		})
	}
	front := object("networking.k8s.io/v1", "Ingress", google.RankFront, target.Spec(
		target.Why("every host and path goes to the gateway, which knows them", "defaultBackend", render.Map{
			target.KV("service", render.Map{
				target.KV("name", name), target.KV("port", render.Map{target.KV("number", o.Backend.Port)}),
			}),
		}),
	))
	maps.Copy(front.Annotations, o.frontAnnotations(c, name))
	return []target.Object{
		object("cloud.google.com/v1", "BackendConfig", google.RankConfig, google.BackendConfig(f, o.HealthCheck, o.Backend)),
		object("networking.gke.io/v1beta1", "FrontendConfig", google.RankConfig, google.FrontendConfig(o.HTTPSRedirect, o.Certificates)),
		o.Backend.Service(f, c.Name, name, annotations),
		front,
	}
}

func (o *Options) frontAnnotations(c *plan.FleetCluster, config string) map[string]string {
	out := map[string]string{
		"kubernetes.io/ingress.class":              "gce",
		"networking.gke.io/v1beta1.FrontendConfig": config,
	}
	if address := o.StaticIP[c.Name]; address != "" { // of one that is not reserved no load balancer would be made
		out["kubernetes.io/ingress.global-static-ip-name"] = address
	}
	for i, name := range o.Certificates {
		if i > 0 {
			name = out["ingress.gcp.kubernetes.io/pre-shared-cert"] + "," + name
		}
		out["ingress.gcp.kubernetes.io/pre-shared-cert"] = name
	}
	return out
}
