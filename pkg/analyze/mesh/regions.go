package mesh

import (
	"maps"
	"slices"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
)

// The labels that say where something runs.
const (
	RegionLabel  = "topology.kubernetes.io/region"
	ZoneLabel    = "topology.kubernetes.io/zone"
	SubzoneLabel = "topology.istio.io/subzone"
)

// Regions are the regions that clients run in, and how that is known.
type Regions struct {
	Names []string // sorted; empty if not known
	From  string   // such as "--client-regions" or "the nodes"
}

// Known says whether anything is known about clients.
func (r Regions) Known() bool { return len(r.Names) > 0 }

// ClientRegions are the regions that clients run in, as far as known.
func (m *Model) ClientRegions() Regions { return m.clients }

// clientRegions takes what the user said, else what nodes say. The regions of endpoints are no evidence: mostly they are
// spelt by another cloud.
func clientRegions(s *manifest.Snapshot, given []string) Regions {
	if len(given) > 0 {
		return Regions{Names: slices.Compact(slices.Sorted(slices.Values(given))), From: "--client-regions"}
	}
	set := map[string]bool{}
	for _, o := range s.OfKind("", "Node") {
		if region := o.Labels[RegionLabel]; region != "" {
			set[region] = true
		}
	}
	return Regions{Names: slices.Sorted(maps.Keys(set)), From: "the nodes"}
}

// Locality is where an endpoint or a client is.
type Locality struct {
	Region, Zone, Subzone string
}

// ParseLocality reads region/zone/subzone.
func ParseLocality(text string) Locality {
	parts := strings.SplitN(text, "/", 3)
	parts = append(parts, "", "")
	return Locality{parts[0], parts[1], parts[2]}
}

// String is the locality as it is written, "" for none.
func (l Locality) String() string {
	return strings.TrimRight(l.Region+"/"+l.Zone+"/"+l.Subzone, "/")
}
