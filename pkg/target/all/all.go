// Package all is the list of targets, in the order in which they write. A new target is one line here.
//
// It imports every target and is imported by whoever needs them all. Start reading at Targets and Fleets.
package all

import (
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/alb"
	"github.com/spillway-mesh/spillway/pkg/target/clouddns"
	"github.com/spillway-mesh/spillway/pkg/target/externaldns"
	"github.com/spillway-mesh/spillway/pkg/target/gkegateway"
	"github.com/spillway-mesh/spillway/pkg/target/gkeingress"
	"github.com/spillway-mesh/spillway/pkg/target/healthroutes"
	"github.com/spillway-mesh/spillway/pkg/target/istio"
	"github.com/spillway-mesh/spillway/pkg/target/maintenance"
	"github.com/spillway-mesh/spillway/pkg/target/mesh"
	"github.com/spillway-mesh/spillway/pkg/target/multiclustergateway"
	"github.com/spillway-mesh/spillway/pkg/target/multiclusteringress"
	"github.com/spillway-mesh/spillway/pkg/target/nlb"
	"github.com/spillway-mesh/spillway/pkg/target/route53"
)

// Targets lists every target that writes an ExternalFailover.
func Targets() []target.Target {
	return []target.Target{
		istio.New(),
	}
}

// Fleets lists every target that writes a ClusterFailover.
func Fleets() []target.FleetTarget {
	return []target.FleetTarget{
		healthroutes.New(),
		gkeingress.New(),
		gkegateway.New(),
		multiclustergateway.New(),
		multiclusteringress.New(),
		maintenance.New(),
		mesh.New(),
		route53.New(),
		externaldns.New(),
		clouddns.New(),
		alb.New(),
		nlb.New(),
	}
}

// Described lists all of them, each once.
func Described() []target.Described {
	var out []target.Described
	seen := map[string]bool{}
	add := func(t target.Described) {
		if name := t.Info().Name; !seen[name] {
			seen[name] = true
			out = append(out, t)
		}
	}
	for _, t := range Targets() {
		add(t)
	}
	for _, t := range Fleets() {
		add(t)
	}
	return out
}
