package plan

import (
	"slices"
)

// clients fills in who dials the host.
func (b *builder) clients() {
	out := &b.plan.Clients
	out.Namespaces = []string{b.namespace}
	c := b.spec.Clients
	if c == nil {
		return
	}
	if len(c.Namespaces) > 0 {
		out.Namespaces = sortedSet(c.Namespaces)
	}
	out.Selector = c.Selector
	out.ServiceAccounts = sortedSet(c.ServiceAccounts)
	out.Gateways = c.Gateways
	if !slices.Contains(out.Namespaces, Anyone) {
		return
	}
	at := b.at("clients", "namespaces")
	if len(out.Namespaces) > 1 {
		b.diags.Errorf(at, codeMixedNamespaces, `"*" already means every namespace, and others are listed beside it`).
			WithHint(`list the namespaces, or "*" alone`)
	}
	if b.platform.RootNamespace == "" {
		b.diags.Errorf(at, codeAllNamespaces, "clients in every namespace need objects in Istio's root namespace, and the "+
			"platform does not say that it may be written to").WithHint(
			"list the client namespaces, or have the platform team set rootNamespace in the platform file")
	}
	b.plan.RootNamespace = b.platform.RootNamespace
}

// regions are the client regions that the spec or the platform know of, sorted: clients.regions where given (then the
// spec itself says where its clients are), else the platform's.
func (b *builder) regions() []string {
	if c := b.spec.Clients; c != nil && len(c.Regions) > 0 {
		return sortedSet(c.Regions)
	}
	return b.platform.Regions
}

func sortedSet(values []string) []string {
	if len(values) == 0 {
		return nil
	}
	out := slices.Clone(values)
	slices.Sort(out)
	return slices.Compact(out)
}
