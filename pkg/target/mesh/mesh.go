// Package mesh writes the edge Mesh: in each cluster a DestinationRule for every service that is to go on in another cluster
// when its own has none left, and a page that says what such a mesh must have.
//
// It moves calls between services, not users: they stay with the cluster that they entered. It imports target, plan, diag and
// render. Start reading at Target.RenderFleet.
package mesh

import (
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
)

var _ interface {
	target.EdgeTarget
	target.FileTarget
} = Target{}

// Target writes the edge Mesh.
type Target struct{}

// New is the target mesh.
func New() Target { return Target{} }

// Info says what the target is.
func (Target) Info() target.Info {
	return target.Info{
		Name: "mesh", Edge: "Mesh", Stability: "Alpha",
		Summary: "services of a mesh over all clusters go on in another cluster",
		Kinds: []target.Kind{
			{Name: "DestinationRule.networking.istio.io", Checked: target.SemanticsRun("istiod 1.31 of two clusters")},
			{Name: "MeshConfig", Checked: target.SemanticsRun("istiod 1.31 of two clusters")},
		},
	}
}

// Options of the edge Mesh.
type Options struct {
	// Services that go on in another cluster, as NAME.NAMESPACE.
	Services []string `json:"services"`
	// Domain of the cluster.
	Domain string `json:"domain"`
	// Errors in a row after which an endpoint is left alone.
	Errors int `json:"errors" min:"1" max:"100"`
	// Interval at which endpoints that were left come back.
	Interval time.Duration `json:"interval" min:"1s" max:"5m"`
	// Ejection is how long an endpoint is left at first.
	Ejection time.Duration `json:"ejection" min:"1s" max:"1h"`
}

// Options are the defaults.
func (Target) Options() any {
	return &Options{Domain: "cluster.local", Errors: 3, Interval: time.Second, Ejection: 10 * time.Second}
}

// Timing is not known: there is no probe. An endpoint is left after so many errors of real requests.
func (Target) Timing(any) plan.EdgeTiming { return plan.EdgeTiming{} }

const (
	codeService = "SP711"
	codeAlone   = "SP712"
	codeControl = "SP713"
)

// CheckFleet says what a mesh over all clusters does not do.
func (t Target) CheckFleet(f *plan.Fleet, at *field.Path) diag.List {
	var ds diag.List
	o, e := target.Options[Options](f, t)
	options := target.OptionsAt(at, e)
	if len(o.Services) == 0 {
		ds.Errorf(options.Child("services"), codeService, "no service is named, so nothing would go on in another cluster").
			WithHint("list services as NAME.NAMESPACE")
	}
	seen := map[string]bool{}
	for i, s := range o.Services {
		at := options.Child("services").Index(i)
		name, namespace, found := strings.Cut(s, ".")
		switch {
		case !found || len(validation.IsDNS1035Label(name)) > 0 || len(validation.IsDNS1123Label(namespace)) > 0:
			ds.Errorf(at, codeService, "%q is not a service and its namespace", s).WithHint("such as checkout.shop; the domain is an option of its own")
		case seen[s]:
			ds.Errorf(at, codeService, "%q is there twice", s).WithHint("remove one of the two")
		case health(f, s):
			ds.Errorf(at, codeService, "%q says how its own cluster is: in another one it would say how that is", s).WithHint("remove it")
		}
		seen[s] = true
	}
	if len(validation.IsDNS1123Subdomain(o.Domain)) > 0 {
		ds.Errorf(options.Child("domain"), codeService, "%q is not the domain of a cluster", o.Domain).WithHint("such as cluster.local")
	}
	edge := at.Child("edge").Index(e.Index)
	if len(f.Edges) == 1 {
		ds.Warnf(edge, codeAlone, "the mesh moves calls between services; users from outside stay with the cluster that they entered").
			WithHint("add the edge that users come through, such as Route53 or MultiClusterIngress")
	}
	ds.Warnf(edge, codeControl, "with one control plane for all clusters, the mesh fails with the cluster that holds it").
		WithHint("run a control plane in each cluster, and an east-west gateway where networks differ; the page mesh.md says how to see it")
	return ds
}

// health says that a service is the health server of one of the clusters.
func health(f *plan.Fleet, service string) bool {
	for i := range f.Clusters {
		if service == f.HealthName(&f.Clusters[i])+"."+f.Namespace {
			return true
		}
	}
	return false
}

// RenderFleet writes the rule of every service into every cluster: each control plane reads its own.
func (t Target) RenderFleet(f *plan.Fleet) ([]target.Object, error) {
	o, _ := target.Options[Options](f, t)
	objects := make([]target.Object, 0, len(f.Clusters)*len(o.Services))
	for _, c := range f.Clusters {
		for _, s := range o.Services {
			objects = append(objects, o.rule(f, c.Name, s))
		}
	}
	return objects, nil
}

func (o *Options) rule(f *plan.Fleet, cluster, service string) target.Object {
	name, namespace, _ := strings.Cut(service, ".")
	return target.OfFleet(f, target.Object{
		APIVersion: "networking.istio.io/v1", Kind: "DestinationRule", Namespace: namespace, Name: f.MeshName(name),
		Cluster: cluster, Rank: plan.RankDestinationRule,
		Body: target.Spec(
			target.KV("host", service+".svc."+o.Domain),
			target.KV("trafficPolicy", render.Map{
				target.KV("loadBalancer", render.Map{
					target.KV("localityLbSetting", render.Map{
						target.KV("enabled", true),
						target.Why("one's own cluster, then others of the region, then all:\nas long as an endpoint of one's own answers, no call leaves",
							"failoverPriority", render.Strings("topology.kubernetes.io/region", "topology.istio.io/cluster")),
					}),
				}),
				target.Why("without it nothing is ever left: only endpoints that are gone would be", "outlierDetection", render.Map{
					target.KV("consecutive5xxErrors", o.Errors),
					target.KV("consecutiveGatewayErrors", o.Errors),
					target.KV("interval", seconds(o.Interval)),
					target.KV("baseEjectionTime", seconds(o.Ejection)),
					target.Why("all of a cluster's endpoints may be left; with the default of 10 calls would stay", "maxEjectionPercent", 100),
				}),
			}),
		),
	})
}

// seconds is a duration as Istio's API has it.
func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + "s" }
