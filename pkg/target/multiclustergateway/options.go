package multiclustergateway

import (
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/target/internal/google"
)

// Options of the edge MultiClusterGateway.
type Options struct {
	// ConfigCluster holds Gateway, route and policies. Default: the first cluster.
	ConfigCluster string `json:"configCluster"`
	// Class of the Gateway: which load balancer Google makes.
	Class string `json:"class" enum:"gke-l7-global-external-managed-mc,gke-l7-regional-external-managed-mc,gke-l7-rilb-mc,gke-l7-cross-regional-internal-managed-mc,gke-l7-gxlb-mc"`
	// Spread is how users are shared among the clusters. Auto prefers the Primary, or those that serve to those that stand by.
	Spread string `json:"spread" enum:"Auto,Nearest,Preferred,Weighted"`
	// Weights of the clusters, with spread: Weighted.
	Weights map[string]int `json:"weights"`
	// Address names a reserved address.
	Address string `json:"address"`
	// CertificateMap of the Certificate Manager.
	CertificateMap string `json:"certificateMap"`
	// Secret with a certificate, in the namespace of the fleet, in the config cluster.
	Secret string `json:"secret"`
	// HTTPSRedirect is where HTTP is turned into HTTPS.
	HTTPSRedirect string         `json:"httpsRedirect" enum:"LoadBalancer,Gateway,None"`
	HealthCheck   google.Probe   `json:"healthCheck"`
	Backend       google.Backend `json:"backend"`
}

const (
	nearest   = "Nearest"
	preferred = "Preferred"
	weighted  = "Weighted"
)

func defaults() *Options {
	return &Options{
		Class: "gke-l7-global-external-managed-mc", Spread: "Auto", HTTPSRedirect: google.RedirectAtLoadBalancer,
		HealthCheck: google.DefaultProbe(), Backend: google.DefaultBackend(),
	}
}

// configCluster is where the Gateway lives.
func (o *Options) configCluster(f *plan.Fleet) string {
	if o.ConfigCluster != "" {
		return o.ConfigCluster
	}
	return f.Clusters[0].Name
}

// spread is how users are shared, Auto decided.
func (o *Options) spread(f *plan.Fleet) string {
	if o.Spread != "Auto" {
		return o.Spread
	}
	for i := range f.Clusters {
		if c := &f.Clusters[i]; c.Rotation != "Out" && !first(c) {
			return preferred
		}
	}
	return nearest
}

// first says that a cluster gets users while it can, before those that stand in for it.
func first(c *plan.FleetCluster) bool { return c.Rotation == "Serving" && c.Role != "Secondary" }

// weight of a cluster: as given, or the same for all that serve.
func (o *Options) weight(c *plan.FleetCluster) int {
	if c.Rotation == "Out" {
		return 0
	}
	if w, given := o.Weights[c.Name]; given {
		return w
	}
	if len(o.Weights) > 0 || !first(c) {
		return 0
	}
	return 1
}
