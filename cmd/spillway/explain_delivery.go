package main

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spillway-mesh/spillway/cmd/spillway/internal/awsclient"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/term"
)

// delivery says who fails over, and through what.
func (e *explainer) delivery(facts *term.Table) {
	p := e.plan
	facts.Row("delivery", string(p.Delivery)+reason(p.DeliveryReason))
	if w := p.Waypoint; w != nil {
		facts.Row("waypoint", w.Namespace+"/"+w.Name+": the region of its own pods decides, not that of the caller")
	}
	g := p.Gateway
	if g == nil {
		return
	}
	text := g.Namespace + "/" + g.Name
	if g.Exists {
		text += ", which exists already, with the pods " + selectorText(g.Selector)
	}
	if !g.Marks {
		text += "; its 503 does not tell clients that nothing was sent"
	}
	facts.Row("gateway", text)
}

// listens are the gateway's ports of an endpoint, in the order of their names.
func listens(g *plan.Gateway, endpoint string) string {
	i := slices.IndexFunc(g.Hops, func(h plan.Hop) bool { return h.Endpoint == endpoint })
	if i < 0 {
		return ""
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(g.Hops[i].Listen)) {
		out = append(out, strconv.Itoa(g.Hops[i].Listen[name]))
	}
	return strings.Join(out, ", ")
}

// signing says who signs, with what, and what the application must not do any more.
func (e *explainer) signing() {
	p := e.plan
	if p.Signing == nil {
		return
	}
	e.section("Who signs")
	table := term.NewTable("ENDPOINT", "AWS REGION", "SERVICE", "HOST")
	for _, h := range p.Gateway.Hops {
		table.Row(h.Endpoint, h.SigningRegion, p.Signing.Service, h.HostHeader)
	}
	e.table(table)
	e.printf("\n  The gateway signs, with %s.\n", credentialsText(p.Gateway))
	if limit := p.Signing.BodyLimit; limit > 0 {
		e.printf("  It holds each body to sign it, up to %d MiB; a sidecar repeats no request over 1 MiB.\n", limit>>20)
	} else {
		e.printf("  Bodies are not signed and pass through; TLS protects them.\n")
	}
	e.section("What the application changes")
	e.printf("  It sends requests without a signature; one that it signs itself is taken off.\n")
	snippets, other := awsclient.Snippets(p.Host, p.Signing.Service)
	if other {
		e.printf("  Shown for DynamoDB; clients of %s are made alike.\n", p.Signing.Service)
	}
	for _, s := range snippets {
		e.printf("\n  %s\n", e.style.Bold(s.Language))
		for _, line := range s.Lines {
			e.printf("%s\n", strings.TrimRight("    "+line, " "))
		}
	}
}

func credentialsText(g *plan.Gateway) string {
	switch {
	case g.RoleARN != "":
		return "the role " + g.RoleARN + " of its service account"
	case g.CredentialsSecret != "":
		return "the credentials in the secret " + g.Namespace + "/" + g.CredentialsSecret
	case g.CredentialsFile != "":
		return "the credentials in its file " + g.CredentialsFile
	default:
		return "the credentials that it finds in its pod: environment, container endpoint, web identity, instance"
	}
}
