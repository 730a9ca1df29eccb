package plan

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

// maxAsked is how many bytes of an annotation a spec may take: the API server allows 256 KiB for all of them, and kubectl
// keeps a second copy.
const maxAsked = 32 << 10

// asked is what the spec says and the objects made of it do not: the endpoints' names and places, the orders as they were
// written, what was left to defaults. Host and ports are not in it where
// the ServiceEntry says them in one way only.
func (b *builder) asked() {
	rest := Canonical(b.spec)
	rest.Host = ""
	if !slices.ContainsFunc(rest.Ports, saysMore) && b.plan.Gateway == nil { // whose ports stand in the ServiceEntry
		rest.Ports = nil
	}
	text, err := json.Marshal(rest)
	if err != nil {
		return // cannot be: the types hold nothing that JSON lacks
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(text, &fields) != nil {
		return
	}
	for name, value := range fields {
		if string(value) == "null" || string(value) == `""` {
			delete(fields, name)
		}
	}
	if text, err = json.Marshal(fields); err != nil {
		return
	}
	if len(text) > maxAsked {
		b.diags = append(b.diags, diag.Diagnostic{
			Code: codeAskedTooLong, Severity: diag.Note, Path: "spec",
			Message: "the spec is too long to be kept with its objects, so that import could not bring it back from them",
			Hint:    "keep the spec itself in version control",
		})
		return
	}
	b.plan.Asked = string(text)
}

// Canonical is a spec of the same meaning in its one spelling: sets are sorted, and what an API server would fill in is
// left out. So the same objects come of a file and of the object in the cluster.
func Canonical(spec *v1alpha1.ExternalFailoverSpec) v1alpha1.ExternalFailoverSpec {
	out := *spec.DeepCopy()
	slices.SortStableFunc(out.Failover, func(a, b v1alpha1.FailoverRule) int { return cmp.Compare(a.From, b.From) })
	if c := out.Clients; c != nil {
		c.Namespaces, c.Regions, c.ServiceAccounts = sortedSet(c.Namespaces), sortedSet(c.Regions), sortedSet(c.ServiceAccounts)
		if len(c.Namespaces)+len(c.Regions)+len(c.ServiceAccounts)+len(c.Selector) == 0 && !c.Gateways {
			out.Clients = nil
		}
	}
	if out.Delivery == v1alpha1.DeliveryAuto {
		out.Delivery = ""
	}
	if d := out.Detect; d != nil {
		if d.Profile == v1alpha1.ProfileBalanced {
			d.Profile = ""
		}
		if d.Active != nil && d.Active.Expect == defaultExpect {
			d.Active.Expect = ""
		}
		if *d == (v1alpha1.Detect{}) {
			out.Detect = nil
		}
	}
	return out
}

// saysMore says that a port of the spec could be written in another way and mean the same.
func saysMore(p v1alpha1.Port) bool {
	return p.TLS != "" || p.TargetPort != nil && *p.TargetPort == p.Number
}
