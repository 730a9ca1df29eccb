package clouddns

import "time"

// Options are the options of the edge CloudDNS.
type Options struct {
	// Form is the language: objects of Config Connector, or Terraform.
	Form string `json:"form" enum:"ConfigConnector,Terraform"`
	// Project that the zone is in. Default for Config Connector: that of the namespace.
	Project string `json:"project"`
	// ManagedZone is the name of the zone as Cloud DNS calls it. Default: the first host less its first label, with hyphens.
	ManagedZone string `json:"managedZone"`
	// TTL of the answers.
	TTL time.Duration `json:"ttl" min:"1s" max:"24h"`
	// TrickleRatio is the share of queries that the standby gets while the primary is healthy.
	TrickleRatio float64 `json:"trickleRatio" min:"0" max:"1"`
	// Locations are the Google Cloud regions of the standby clusters, by name. Default: the cluster's region.
	Locations map[string]string `json:"locations"`
	// Weights of the clusters where all share the load.
	Weights map[string]float64 `json:"weights"`
	// HealthCheck is how each address is checked.
	HealthCheck HealthCheck `json:"healthCheck"`
}

// HealthCheck is one for all addresses.
type HealthCheck struct {
	Interval           time.Duration `json:"interval" min:"30s" max:"300s"`
	Timeout            time.Duration `json:"timeout" min:"1s" max:"300s"`
	UnhealthyThreshold int           `json:"unhealthyThreshold" min:"1" max:"10"`
	HealthyThreshold   int           `json:"healthyThreshold" min:"1" max:"10"`
	Protocol           string        `json:"protocol" enum:"HTTP,HTTPS"`
	Port               int           `json:"port" min:"1" max:"65535"`
	SourceRegions      []string      `json:"sourceRegions"`
}

const formTerraform = "Terraform"

func defaults() Options {
	return Options{
		Form: "ConfigConnector", TTL: 30 * time.Second,
		HealthCheck: HealthCheck{
			Interval: 30 * time.Second, Timeout: 5 * time.Second, UnhealthyThreshold: 2, HealthyThreshold: 2, Protocol: "HTTP", Port: 80,
			SourceRegions: []string{"us-east1", "europe-west1", "asia-southeast1"},
		},
	}
}
