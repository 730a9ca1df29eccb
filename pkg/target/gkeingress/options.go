package gkeingress

import (
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/target/internal/google"
)

// Options of the edge GKEIngress.
type Options struct {
	// LoadBalancer is one for all clusters, or one for each. Auto is one for all if there are several and no DNS before them.
	LoadBalancer string `json:"loadBalancer" enum:"Auto,Shared,PerCluster"`
	// Provisioner makes what a shared load balancer has outside of the clusters.
	Provisioner string `json:"provisioner" enum:"ConfigConnector,Terraform"`
	// BackendService is the name of the shared backend service. Default: NAMESPACE-NAME of the fleet.
	BackendService string `json:"backendService"`
	// Network that the clusters are in, for the firewall rule of a shared load balancer.
	Network string `json:"network"`
	// StaticIP names the reserved global address of a cluster's own load balancer. Default: Google chooses one.
	StaticIP map[string]string `json:"staticIP"`
	// Certificates are the names of pre-shared certificates of each cluster's own load balancer.
	Certificates []string `json:"certificates"`
	// HTTPSRedirect is where HTTP is turned into HTTPS.
	HTTPSRedirect string         `json:"httpsRedirect" enum:"LoadBalancer,Gateway,None"`
	HealthCheck   google.Probe   `json:"healthCheck"`
	Backend       google.Backend `json:"backend"`
}

const (
	auto       = "Auto"
	shared     = "Shared"
	perCluster = "PerCluster"
	terraform  = "Terraform"
)

func defaults() *Options {
	return &Options{
		LoadBalancer: auto, Provisioner: "ConfigConnector", Network: "default", HTTPSRedirect: google.RedirectAtLoadBalancer,
		HealthCheck: google.DefaultProbe(), Backend: google.DefaultBackend(),
	}
}

// shared says that one load balancer stands before all clusters.
func (o *Options) shared(f *plan.Fleet) bool {
	if o.LoadBalancer != auto {
		return o.LoadBalancer == shared
	}
	for _, dns := range []string{"Route53", "ExternalDNS", "CloudDNS"} {
		if _, listed := f.EdgeOf(dns); listed {
			return false
		}
	}
	return len(f.Clusters) > 1
}

// name of the backend service and of what belongs to it.
func (o *Options) name(f *plan.Fleet) string {
	if o.BackendService != "" {
		return o.BackendService
	}
	return google.CloudName(f)
}
