package target

import "github.com/spillway-mesh/spillway/pkg/plan"

// Drainer is an EdgeTarget that can take a cluster out on purpose: its users move, and no probe fails for it.
type Drainer interface {
	EdgeTarget
	// Drain gives the ways to take the cluster out, or with restore to bring it back to what the spec says. There is none where
	// the edge, with the options it has, chooses among no clusters.
	Drain(f *plan.Fleet, c *plan.FleetCluster, restore bool) []Way
}

// The tools of ways.
const (
	Kubectl   = "kubectl"
	Gcloud    = "gcloud"
	Terraform = "terraform"
	AWS       = "aws"
)

// Way is one way of several to the same end.
type Way struct {
	Tool string // Kubectl, Gcloud, Terraform or AWS
	Note string // what it needs, and what would undo it; a sentence of one line
	Text string // command lines; with Terraform a fragment
}

// Unless is a shell's way to end, saying why, where a condition does not hold.
func Unless(condition, why string) string {
	return condition + " || { echo '" + why + "' >&2; exit 1; }\n"
}

// Others says whether another cluster than this one is in rotation, serving or standing by: the last one is never drained.
func Others(f *plan.Fleet, c *plan.FleetCluster) bool {
	for i := range f.Clusters {
		if o := &f.Clusters[i]; o.Name != c.Name && o.Rotation != "Out" {
			return true
		}
	}
	return false
}
