package zone

import (
	"net/netip"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/diag"
)

// The limits of records.
const (
	maxID       = 128
	maxWeight   = 255
	maxWeighted = 100
	maxTTL      = 1<<31 - 1
	slowTTL     = 60 // with a longer one, clients see a changed health too late
)

// Verify says what Route 53 would refuse of the zone, or take and answer otherwise than was meant. Paths are below at, as
// records[NAME TYPE ID] and checks[ID].
func (z *Zone) Verify(at *field.Path) diag.List {
	v := verifier{zone: z, at: at}
	for i := range z.Checks {
		v.check(&z.Checks[i])
	}
	for i := range z.Records {
		v.record(&z.Records[i])
	}
	for _, g := range z.groups() {
		v.group(g)
	}
	v.names()
	return v.diags
}

type verifier struct {
	zone  *Zone
	at    *field.Path
	diags diag.List
}

func (v *verifier) pathOf(r *Record) *field.Path {
	key := Fold(r.Name) + " " + r.Type
	if r.ID != "" {
		key += " " + r.ID
	}
	if v.at == nil {
		return field.NewPath("records").Key(key)
	}
	return v.at.Child("records").Key(key)
}

// record holds one record against what is true of each by itself.
func (v *verifier) record(r *Record) {
	at := v.pathOf(r)
	if !Within(r.Name, v.zone.Name) {
		v.diags.Errorf(at, "HC045", "%s is not in the zone %s", Fold(r.Name), Fold(v.zone.Name))
	}
	if r.Policy.count() > 1 {
		v.diags.Errorf(at, "HC042", "a record has one policy, and this one has %d", r.Policy.count())
	}
	switch {
	case r.Policy.count() == 0 && r.ID != "":
		v.diags.Errorf(at, "HC043", "a simple record has no set identifier").WithHint("leave it out, or give the record a policy")
	case r.Policy.count() > 0 && r.ID == "":
		v.diags.Errorf(at, "HC043", "a %s record needs a set identifier", r.Policy).WithHint("give each record of the name one of its own")
	case len(r.ID) > maxID:
		v.diags.Errorf(at, "HC043", "a set identifier has at most %d characters", maxID)
	}
	if f := r.Policy.Failover; f != "" && f != "PRIMARY" && f != "SECONDARY" {
		v.diags.Errorf(at, "HC041", "failover is PRIMARY or SECONDARY, not %q", f).WithHint("in upper case")
	}
	if w := r.Policy.Weight; w != nil && (*w < 0 || *w > maxWeight) {
		v.diags.Errorf(at, "HC046", "a weight is from 0 to %d, not %d", maxWeight, *w)
	}
	if r.Alias != nil {
		v.alias(r, at)
	} else {
		v.plain(r, at)
	}
	v.health(r, at)
}

func (v *verifier) alias(r *Record, at *field.Path) {
	a := r.Alias
	if r.TTL != 0 || len(r.Values) > 0 {
		v.diags.Errorf(at, "HC044", "an alias has neither TTL nor values: those of %s count", a.Name)
	}
	if r.Policy.MultiValue {
		v.diags.Errorf(at, "HC044", "a multivalue answer is no alias").WithHint("give addresses, or use weights")
	}
	if r.Policy.Failover != "" && !a.EvaluateHealth {
		v.diags.Errorf(at, "HC044", "a failover alias must evaluate the health of its target")
	}
	switch a.Zone {
	case "":
		v.diags.Errorf(at, "HC044", "the hosted zone of %s is not given", a.Name).WithHint("a load balancer's own one, as its description says")
	case Same:
		v.inside(r, at)
	default:
		if a.EvaluateHealth && r.Check == "" && r.Policy.count() > 0 {
			v.diags.Warnf(at, "HC016", "the health of %s is all that counts, and a load balancer without targets counts as healthy", a.Name).
				WithHint("give the record a health check of its own")
		}
	}
}

// inside holds an alias against the record of the same zone that it leads to.
func (v *verifier) inside(r *Record, at *field.Path) {
	name := Fold(r.Alias.Name)
	if name == Fold(r.Name) {
		v.diags.Errorf(at, "HC044", "the alias leads to itself")
	}
	if !slices.ContainsFunc(v.zone.Records, func(o Record) bool { return Fold(o.Name) == name && o.Type == r.Type }) {
		v.diags.Errorf(at, "HC044", "there is no %s record %s in the zone", r.Type, name)
	}
}

func (v *verifier) plain(r *Record, at *field.Path) {
	if r.TTL < 0 || r.TTL > maxTTL {
		v.diags.Errorf(at, "HC046", "a TTL is from 0 to %d, not %d", maxTTL, r.TTL)
	}
	switch n := len(r.Values); {
	case n == 0:
		v.diags.Errorf(at, "HC045", "the record has no value")
	case n > 1 && (r.Type == "CNAME" || r.Policy.Weight != nil):
		v.diags.Errorf(at, "HC045", "a %s record of type %s has one value, not %d", r.Policy, r.Type, n)
	}
	for _, value := range r.Values {
		v.value(r.Type, value, at)
	}
	if r.Type != "CNAME" {
		return
	}
	if r.Policy.MultiValue {
		v.diags.Errorf(at, "HC045", "a multivalue answer is no CNAME").WithHint("give addresses, or use weights")
	}
	if Fold(r.Name) == Fold(v.zone.Name) {
		v.diags.Errorf(at, "HC045", "the zone's own name cannot be a CNAME").WithHint("use an alias, or an address")
	}
}

func (v *verifier) value(kind, value string, at *field.Path) {
	ip, err := netip.ParseAddr(value)
	switch {
	case kind == "A" && !ip.Is4():
		v.diags.Errorf(at, "HC045", "%q is no IPv4 address", value)
	case kind == "AAAA" && !ip.Is6():
		v.diags.Errorf(at, "HC045", "%q is no IPv6 address", value)
	case kind == "CNAME" && err == nil:
		v.diags.Errorf(at, "HC045", "a CNAME leads to a name, not to the address %s", value)
	}
}

// health holds the record against the check that it names.
func (v *verifier) health(r *Record, at *field.Path) {
	if r.Check == "" {
		return
	}
	c := v.zone.check(r.Check)
	if c == nil {
		if !slices.Contains(v.zone.Foreign, r.Check) {
			v.diags.Errorf(at, "HC050", "there is no health check %q", r.Check)
		}
		return
	}
	for _, asked := range v.asks(c) {
		if asked.IP == "" && Fold(asked.FQDN) == Fold(r.Name) {
			v.diags.Errorf(at, "HC011", "its health check %q asks %s, the name of the record itself", asked.ID, Fold(r.Name)).
				WithHint("give the check an address, or a name that leads to one cluster only")
		}
	}
	if r.Alias == nil && r.TTL > slowTTL {
		v.diags.Warnf(at, "HC013", "a TTL of %ds: clients keep the address of a dead cluster for as long", r.TTL).
			WithHint("use %ds or less beside a health check", slowTTL)
	}
}

// asks are the checks that ask an endpoint on behalf of a check: itself, or its children.
func (v *verifier) asks(c *Check) []*Check {
	if c.Type != typeCalculated {
		return []*Check{c}
	}
	var out []*Check
	for _, id := range c.Children {
		if child := v.zone.check(id); child != nil && child.Type != typeCalculated {
			out = append(out, child)
		}
	}
	return out
}
