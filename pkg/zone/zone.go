// Package zone holds the records and health checks of a DNS zone in the words of Amazon Route 53, and the rules by which
// Route 53 takes or refuses them. Those who write a zone in another language (objects, Terraform) check it here first: the
// schemas of those languages refuse almost nothing.
//
// It imports diag and field paths only; it knows no fleet, no object and no clock. Start reading at Zone, then at Zone.Check.
package zone

import (
	"strings"
)

// Zone is a hosted zone with the records and checks that are of interest.
type Zone struct {
	Name    string // without the last dot
	Records []Record
	Checks  []Check
	// Foreign are health checks that others keep: records may name them, and nothing is known of them.
	Foreign []string
}

// Record is one record set.
type Record struct {
	Name   string // in full, without the last dot
	Type   string // A, AAAA, CNAME, …
	ID     string // the set identifier; empty in a simple record
	Policy Policy
	TTL    int // seconds; none in an alias
	Values []string
	Alias  *Alias
	Check  string // the ID of a health check; empty: always healthy
}

// Policy says how a record is chosen among those of the same name and type. At most one field is set; a record without any
// is a simple one.
type Policy struct {
	Failover   string // PRIMARY or SECONDARY
	MultiValue bool
	Weight     *int
	Other      string // latency, geolocation, …: kept apart from the others and not looked into
}

// Alias leads to another name, whose answers are given instead.
type Alias struct {
	Name           string
	Zone           string // the hosted zone of the name; Same is the record's own
	EvaluateHealth bool
}

// Same is the zone of an alias that leads to another record of its own zone.
const Same = "same"

// Check is a health check.
type Check struct {
	ID        string // how records call it
	Type      string // HTTP, HTTPS, HTTP_STR_MATCH, HTTPS_STR_MATCH, TCP, CALCULATED, CLOUDWATCH_METRIC, RECOVERY_CONTROL
	IP        string // what is asked; empty: what FQDN leads to
	FQDN      string // the name in Host and SNI, and the name that is looked up where there is no IP
	Port      int
	Path      string
	Interval  int // seconds; 0: the default, 30
	Threshold int // answers in a row; 0: the default, 3
	Search    string
	SNI       bool
	Inverted  bool
	Disabled  bool
	Regions   []string // of the checkers; empty: all
	Children  []string // of a calculated check
	Healthy   int      // how many children must be healthy
}

// The policies by name, as messages say them.
const (
	simple     = "simple"
	failover   = "failover"
	multivalue = "multivalue answer"
	weighted   = "weighted"
)

func (p Policy) String() string {
	switch {
	case p.Failover != "":
		return failover
	case p.MultiValue:
		return multivalue
	case p.Weight != nil:
		return weighted
	case p.Other != "":
		return p.Other
	default:
		return simple
	}
}

// count is how many policies are set, which must be one at most.
func (p Policy) count() int {
	n := 0
	for _, set := range []bool{p.Failover != "", p.MultiValue, p.Weight != nil, p.Other != ""} {
		if set {
			n++
		}
	}
	return n
}

// Fold is a name as DNS compares it.
func Fold(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// Within says whether a name lies in a zone, or is its apex.
func Within(name, zone string) bool {
	name, zone = Fold(name), Fold(zone)
	return name == zone || strings.HasSuffix(name, "."+zone)
}

// CheckerRegions are the regions from which Route 53 checks.
func CheckerRegions() []string {
	return []string{
		"ap-northeast-1", "ap-southeast-1", "ap-southeast-2", "eu-west-1", "sa-east-1", "us-east-1", "us-west-1", "us-west-2",
	}
}

// MinRegions is the least number of regions that Route 53 takes.
const MinRegions = 3

// group is the records of one name and type.
type group struct {
	name, kind string
	records    []*Record
}

// groups are the records by name and type, in the order in which each group begins.
func (z *Zone) groups() []group {
	var out []group
	place := map[[2]string]int{}
	for i := range z.Records {
		r := &z.Records[i]
		key := [2]string{Fold(r.Name), r.Type}
		at, known := place[key]
		if !known {
			at = len(out)
			place[key] = at
			out = append(out, group{name: key[0], kind: r.Type})
		}
		out[at].records = append(out[at].records, r)
	}
	return out
}

// check finds a health check.
func (z *Zone) check(id string) *Check {
	for i := range z.Checks {
		if z.Checks[i].ID == id {
			return &z.Checks[i]
		}
	}
	return nil
}
