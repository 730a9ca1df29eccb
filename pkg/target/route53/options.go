package route53

import (
	"time"

	"github.com/spillway-mesh/spillway/pkg/target/internal/aws"
)

// Options are the options of the edge Route53.
type Options struct {
	// Form is the language: objects of the ACK controller, DNSEndpoints for external-dns, or Terraform.
	Form string `json:"form" enum:"ACK,DNSEndpoint,Terraform"`
	// Zone is the hosted zone's name; without it, that of the first host less its first label.
	Zone string `json:"zone"`
	// HostedZoneID is the zone's ID; without it, the zone is found by its name.
	HostedZoneID string `json:"hostedZoneID"`
	// Policy is how records are chosen; Auto follows the roles and the addresses of the clusters.
	Policy string `json:"policy" enum:"Auto,Failover,MultiValue,Weighted"`
	// Owner says who writes DNSEndpoints: one set for the fleet, or each cluster its own.
	Owner string `json:"owner" enum:"Fleet,Clusters"`
	// TTL of the answers.
	TTL time.Duration `json:"ttl" min:"1s" max:"24h"`
	// Weights of the clusters, by name, with the policy Weighted; 0 is the last resort.
	Weights map[string]int `json:"weights"`
	// OwnNames adds a name for each cluster, its own name before the host's.
	OwnNames bool `json:"ownNames"`
	// HealthCheck is what is written of the checks.
	HealthCheck HealthCheck `json:"healthCheck"`
	// HealthCheckIDs are checks that exist, by cluster. external-dns makes none, so that DNSEndpoints need them.
	HealthCheckIDs map[string]string `json:"healthCheckIDs"`
	// AlsoHealthy are further checks that exist, by cluster: its record is answered while both are healthy.
	AlsoHealthy map[string]string `json:"alsoHealthy"`
	// AliasZones are the hosted zones of the load balancers that are addresses of clusters, by cluster.
	AliasZones map[string]string `json:"aliasZones"`
}

// HealthCheck is how Route 53 checks each cluster.
type HealthCheck struct {
	Interval         time.Duration `json:"interval" min:"10s" max:"30s"`
	FailureThreshold int           `json:"failureThreshold" min:"1" max:"10"`
	Port             int           `json:"port" min:"1" max:"65535"`
	// Regions of the checkers; none: all.
	Regions []string `json:"regions"`
}

// The values of options.
const (
	formACK       = "ACK"
	formEndpoint  = "DNSEndpoint"
	formTerraform = "Terraform"

	ownerFleet    = "Fleet"
	ownerClusters = "Clusters"
)

func defaults() Options {
	return Options{
		Form: formACK, Policy: aws.Auto, Owner: ownerFleet, TTL: 30 * time.Second,
		HealthCheck: HealthCheck{Interval: 10 * time.Second, FailureThreshold: 3, Port: 443},
	}
}
