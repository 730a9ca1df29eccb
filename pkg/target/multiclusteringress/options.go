package multiclusteringress

import (
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/target/internal/google"
)

// Options of the edge MultiClusterIngress.
type Options struct {
	// ConfigCluster is the config cluster of Google's fleet now. Default: the first of ConfigClusters.
	ConfigCluster string `json:"configCluster"`
	// ConfigClusters hold the same objects, so that each can become the config cluster. Default: all but the one beside.
	ConfigClusters []string `json:"configClusters"`
	// StaticIP is the reserved address itself, or its self-link; not its name.
	StaticIP string `json:"staticIP"`
	// Certificates are the names of pre-shared certificates.
	Certificates []string `json:"certificates"`
	// HTTPSRedirect is where HTTP is turned into HTTPS.
	HTTPSRedirect string `json:"httpsRedirect" enum:"LoadBalancer,Gateway,None"`
	// Feature writes the choice of the config cluster as an object of Config Connector.
	Feature bool `json:"feature"`
	// Beside is a new cluster that is tried on an address of its own, before it is let in.
	Beside      Beside         `json:"beside"`
	HealthCheck google.Probe   `json:"healthCheck"`
	Backend     google.Backend `json:"backend"`
}

// Beside is a set of objects for one cluster, beside those that serve.
type Beside struct {
	// Cluster that is out of rotation and to be tried.
	Cluster string `json:"cluster"`
	// StaticIP of its own.
	StaticIP string `json:"staticIP"`
}

func defaults() *Options {
	return &Options{
		HTTPSRedirect: google.RedirectAtLoadBalancer, Feature: true,
		HealthCheck: google.DefaultProbe(), Backend: google.DefaultBackend(),
	}
}

// configClusters are the clusters that hold the objects.
func (o *Options) configClusters(f *plan.Fleet) []string {
	if len(o.ConfigClusters) > 0 {
		return o.ConfigClusters
	}
	var all []string
	for i := range f.Clusters {
		if name := f.Clusters[i].Name; name != o.Beside.Cluster {
			all = append(all, name)
		}
	}
	return all
}

// configCluster is the one that Google reads.
func (o *Options) configCluster(f *plan.Fleet) string {
	if o.ConfigCluster != "" {
		return o.ConfigCluster
	}
	return o.configClusters(f)[0]
}

// serving are the clusters that the load balancer sends to.
func serving(f *plan.Fleet) []*plan.FleetCluster {
	var out []*plan.FleetCluster
	for i := range f.Clusters {
		if c := &f.Clusters[i]; c.Rotation != "Out" {
			out = append(out, c)
		}
	}
	return out
}

// clusterOf finds a cluster by its name.
func clusterOf(f *plan.Fleet, name string) *plan.FleetCluster {
	for i := range f.Clusters {
		if f.Clusters[i].Name == name {
			return &f.Clusters[i]
		}
	}
	return nil
}
