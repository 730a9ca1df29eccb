package multiclustergateway

import (
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/internal/google"
)

const group = "net.gke.io"

// exports is the Service of a cluster and its export.
func (o *Options) exports(f *plan.Fleet, c *plan.FleetCluster) []target.Object {
	if c.Rotation == "Out" {
		return nil // no export: nothing of the cluster is behind the load balancer
	}
	name := o.exported(f, c)
	export := google.Target{Group: group, Kind: "ServiceExport", Name: name}
	objects := []target.Object{
		o.Backend.Service(f, c.Name, name, nil),
		target.OfFleet(f, target.Object{
			APIVersion: group + "/v1", Kind: export.Kind, Namespace: f.Namespace, Name: name, Cluster: c.Name, Rank: google.RankPolicy,
		}),
	}
	if o.spread(f) == preferred && first(c) {
		policy := google.Preferred(f, c.Name, export)
		policy.Name = f.ObjectName("edge", "preferred")
		objects = append(objects, policy)
	}
	return objects
}

// exported is the name of a cluster's Service: one for all clusters, or with weights one of its own.
func (o *Options) exported(f *plan.Fleet, c *plan.FleetCluster) string {
	if o.spread(f) == weighted {
		return f.ObjectName("edge", c.Name)
	}
	return f.ObjectName("edge")
}

// merged sends to the Service that all clusters export.
func (o *Options) merged(f *plan.Fleet) []target.Object {
	front := o.front(f)
	rate := 0
	for i := range f.Clusters {
		if c := &f.Clusters[i]; c.Rotation != "Out" && (rate == 0 || o.Backend.Rate(c) < rate) {
			rate = o.Backend.Rate(c) // one policy for all pods: that of the smallest cluster
		}
	}
	token := ""
	if len(f.Clusters) == 1 {
		token = f.Clusters[0].Token
	}
	of := google.Target{Group: group, Kind: "ServiceImport", Name: front.Name}
	return append([]target.Object{
		o.HealthCheck.HealthCheckPolicy(f, front.Cluster, of, o.Backend.Protocol, token),
		o.Backend.BackendPolicy(f, front.Cluster, of, rate),
	}, front.Gateway(f, render.List{o.imported(front.Name)})...)
}

// weighted sends to each cluster's own Service.
func (o *Options) weighted(f *plan.Fleet) []target.Object {
	front := o.front(f)
	var objects []target.Object
	var backends render.List
	for i := range f.Clusters {
		c := &f.Clusters[i]
		if c.Rotation == "Out" {
			continue
		}
		of := google.Target{Group: group, Kind: "ServiceImport", Name: o.exported(f, c)}
		objects = append(objects,
			o.HealthCheck.HealthCheckPolicy(f, front.Cluster, of, o.Backend.Protocol, c.Token),
			o.Backend.BackendPolicy(f, front.Cluster, of, o.Backend.Rate(c)))
		backends = append(backends, append(o.imported(of.Name), target.KV("weight", o.weight(c))))
	}
	return append(objects, front.Gateway(f, backends)...)
}

func (o *Options) imported(name string) render.Map {
	return render.Map{
		target.KV("group", group), target.KV("kind", "ServiceImport"), target.KV("name", name), target.KV("port", o.Backend.Port),
	}
}
