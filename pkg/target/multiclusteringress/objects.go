package multiclusteringress

import (
	"strconv"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/internal/google"
)

// wanted is one set of objects: what they are called, their address, and the clusters behind them.
type wanted struct {
	name     string
	address  string
	clusters []*plan.FleetCluster
}

// live is the set that users go through.
func (o *Options) live(f *plan.Fleet) wanted {
	return wanted{name: f.ObjectName("edge"), address: o.StaticIP, clusters: serving(f)}
}

// beside is the set of a new cluster.
func (o *Options) beside(f *plan.Fleet) wanted {
	return wanted{name: f.ObjectName("edge", "beside"), address: o.Beside.StaticIP, clusters: []*plan.FleetCluster{clusterOf(f, o.Beside.Cluster)}}
}

const networking = "networking.gke.io/v1"

// set writes one set of objects into a config cluster. Nothing in it tells for which one it is: a difference would be a change
// for users at the moment of a switch.
func (o *Options) set(f *plan.Fleet, cluster string, w wanted) []target.Object {
	object := func(version, kind string, rank int, body render.Map) target.Object {
		return target.OfFleet(f, target.Object{
			APIVersion: version, Kind: kind, Namespace: f.Namespace, Name: w.name, Cluster: cluster, Rank: rank, Body: body,
		})
	}
	service := object(networking, "MultiClusterService", google.RankService, target.Spec(
		target.KV("template", render.Map{target.KV("spec", render.Map{
			target.KV("selector", f.Gateway.Selector), target.KV("ports", render.List{o.Backend.ServicePort()}),
		})}),
		target.Why("without the list every cluster that joins the fleet gets users at once", "clusters", links(w.clusters)),
	))
	service.Annotations["cloud.google.com/backend-config"] = `{"ports":{"` + strconv.Itoa(o.Backend.Port) + `":"` + w.name + `"}}`
	if o.Backend.Protocol != "HTTP" {
		service.Annotations["networking.gke.io/app-protocols"] = `{"` + o.Backend.PortName() + `":"` + o.Backend.Protocol + `"}`
	}
	ingress := object(networking, "MultiClusterIngress", google.RankFront, target.Spec(
		target.KV("template", render.Map{target.KV("spec", render.Map{
			target.Why("every host and path goes to the gateways, which know them", "backend",
				render.Map{target.KV("serviceName", w.name), target.KV("servicePort", o.Backend.Port)}),
		})}),
	))
	ingress.Annotations["networking.gke.io/frontend-config"] = w.name
	if w.address != "" {
		ingress.Annotations["networking.gke.io/static-ip"] = w.address
	}
	if len(o.Certificates) > 0 {
		ingress.Annotations["networking.gke.io/pre-shared-certs"] = strings.Join(o.Certificates, ",")
	}
	return []target.Object{
		object("cloud.google.com/v1", "BackendConfig", google.RankConfig, google.BackendConfig(f, o.HealthCheck, o.Backend)),
		object("networking.gke.io/v1beta1", "FrontendConfig", google.RankConfig, google.FrontendConfig(o.HTTPSRedirect, o.Certificates)),
		service, ingress,
	}
}

func links(clusters []*plan.FleetCluster) render.List {
	out := make(render.List, len(clusters))
	for i, c := range clusters {
		out[i] = render.Map{target.KV("link", google.Link(c))}
	}
	return out
}

// feature is the choice of the config cluster.
func (o *Options) feature(f *plan.Fleet) target.Object {
	c := clusterOf(f, o.configCluster(f))
	return target.OfFleet(f, target.Object{
		APIVersion: "gkehub.cnrm.cloud.google.com/v1beta1", Kind: "GKEHubFeature", Namespace: f.Namespace, Name: "multiclusteringress",
		Rank: google.RankConfig,
		Body: target.Spec(
			target.KV("location", "global"),
			target.KV("projectRef", render.Map{target.KV("external", c.GKE.Project)}),
			target.KV("resourceID", "multiclusteringress"),
			target.KV("spec", render.Map{target.KV("multiclusteringress", render.Map{
				target.Why("the one cluster whose objects count; the others hold the same for the day that it dies", "configMembershipRef",
					render.Map{target.KV("external", google.MembershipName(c))}),
			})}),
		),
	})
}
