package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spillway-mesh/spillway/pkg/compile"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/term"
)

// explain writes what one plan promises, for people.
func explain(w io.Writer, style term.Style, p *plan.Plan) error {
	e := explainer{w: w, style: style, plan: p}
	e.head()
	e.tiers()
	e.requests()
	e.budget()
	e.signing()
	return e.err
}

// explainer keeps the first error, so that the layout above reads as one.
type explainer struct {
	w     io.Writer
	style term.Style
	plan  *plan.Plan
	err   error
}

func (e *explainer) printf(format string, args ...any) {
	if e.err == nil {
		e.err = writing(fmt.Fprintf(e.w, format, args...))
	}
}

func (e *explainer) section(title string) { e.printf("\n%s\n", e.style.Bold(title)) }

// table writes the rows two columns in.
func (e *explainer) table(t *term.Table) {
	if e.err == nil {
		e.err = t.Write(&indented{w: e.w}, e.style)
	}
}

func (e *explainer) head() {
	p := e.plan
	e.printf("%s %s\n", "ExternalFailover", e.style.Bold(p.Owner()))
	facts := term.NewTable()
	facts.Row("host", p.Host+" at "+strings.Join(p.Addresses, ", "))
	for _, port := range p.Ports {
		facts.Row("port", portText(port))
	}
	facts.Row("clients", clientsText(p.Clients))
	e.delivery(facts)
	facts.Row("names", "pattern "+string(p.Pattern)+reason(p.PatternReason))
	facts.Row("order", "mechanism "+string(p.Order.Mechanism)+reason(p.Order.Reason))
	e.table(facts)
	e.section("Endpoints")
	e.endpoints()
}

// endpoints leaves out the columns that say nothing about this plan.
func (e *explainer) endpoints() {
	p := e.plan
	named := slices.ContainsFunc(p.Ports, func(port plan.Port) bool { return port.Protocol.IsHTTP() || port.TLS })
	weighted := slices.ContainsFunc(p.Endpoints, func(ep plan.Endpoint) bool { return ep.Weight > 1 })
	header := []string{"NAME", "ADDRESS", "REGION"}
	if named {
		header = append(header, "SENT AS")
	}
	if p.Gateway != nil {
		header = append(header, "GATEWAY PORT")
	}
	if weighted {
		header = append(header, "WEIGHT")
	}
	table := term.NewTable(header...)
	for _, ep := range p.Endpoints {
		name := ep.Name
		if ep.Tier != ep.Name {
			name += " (" + ep.Tier + ")"
		}
		row := []string{name, ep.Address, ep.Region}
		if named {
			row = append(row, sentAs(p, ep))
		}
		if p.Gateway != nil {
			row = append(row, listens(p.Gateway, ep.Name))
		}
		if weighted {
			row = append(row, strconv.Itoa(ep.Weight))
		}
		table.Row(row...)
	}
	e.table(table)
}

func reason(text string) string {
	if text == "" {
		return ""
	}
	return ": " + text
}

func portText(p plan.Port) string {
	text := fmt.Sprintf("%s: the application dials %s on %d", p.Name, p.Protocol, p.Number)
	switch {
	case p.Protocol == plan.TLSPT:
		text += ", passed through"
	case p.TLS:
		text += ", the proxy speaks TLS"
	}
	if p.TargetPort != p.Number {
		text += fmt.Sprintf(" to %d", p.TargetPort)
	}
	return text
}

func clientsText(c plan.Clients) string {
	text := "namespace " + strings.Join(c.Namespaces, ", ")
	switch {
	case len(c.Namespaces) == 1 && c.Namespaces[0] == plan.Anyone:
		text = "every namespace"
	case len(c.Namespaces) > 1:
		text = "namespaces " + strings.Join(c.Namespaces, ", ")
	}
	if len(c.Selector) > 0 {
		text += ", pods with " + selectorText(c.Selector)
	}
	if c.Gateways {
		text += ", gateways too"
	}
	return text
}

// sentAs is what the endpoint is called on the wire.
func sentAs(p *plan.Plan, e plan.Endpoint) string {
	switch {
	case p.Pattern != plan.PatternPlain:
		return e.ServerName
	case p.Identity.HostMode == plan.HostShared:
		return p.Identity.SharedHost
	case p.Identity.ServerName != "":
		return p.Identity.ServerName
	default:
		return p.Host
	}
}

func (e *explainer) tiers() {
	e.section("Where clients go")
	width := 1
	for _, t := range e.plan.Tiers {
		width = max(width, len(t.Tiers))
	}
	header := []string{"CLIENTS IN", "GOOD DAY"}
	for i := 1; i < width; i++ {
		header = append(header, "FAILOVER "+strconv.Itoa(i))
	}
	table := term.NewTable(append(header, "")...)
	anyone := false
	for _, t := range e.plan.Tiers {
		anyone = anyone || t.Region == plan.Anyone
		cells := tierCells(t.Tiers, width)
		table.Row(append(append([]string{regionText(t.Region)}, cells...), e.style.Dim(remark(t)))...)
	}
	if !anyone {
		cells := tierCells(e.plan.TiersFor(compile.UnnamedRegion(e.plan)), width)
		table.Row(append(append([]string{"any other region"}, cells...), e.style.Yellow("not promised: all at once"))...)
	}
	e.table(table)
}

func regionText(region string) string {
	switch region {
	case plan.Anyone:
		return "any other region"
	case "":
		return "no region"
	default:
		return region
	}
}

func tierCells(tiers [][]string, width int) []string {
	cells := make([]string, width)
	for i, tier := range tiers {
		if i < width {
			cells[i] = strings.Join(tier, " + ")
		}
	}
	return cells
}

func remark(t plan.ClientTiers) string {
	switch {
	case t.OnlyListed && t.Expanded:
		return `as "*" says, never anywhere else`
	case t.OnlyListed:
		return "never anywhere else"
	case t.Expanded:
		return `as "*" says`
	default:
		return ""
	}
}

func (e *explainer) requests() {
	if len(e.plan.Routes) > 0 {
		e.section("Which requests are sent again")
		table := term.NewTable("CLASS", "REQUESTS", "AGAIN", "TRIES", "TIMEOUT", "PER TRY")
		for _, r := range e.plan.Routes {
			table.Row(r.Name, matchText(r.Match), retryText(r.Retry), strconv.Itoa(1+r.Attempts),
				durationText(r.Timeout), durationText(r.PerTryTimeout))
		}
		e.table(table)
	}
	if e.plan.ConnectAttempts > 0 {
		e.section("Connections")
		e.printf("  A new connection on a TCP or TLS port is tried up to %d times; one that is established is never moved.\n",
			e.plan.ConnectAttempts)
	}
}

func matchText(m *plan.Match) string {
	if m == nil {
		return "all others"
	}
	var parts []string
	if len(m.Methods) > 0 {
		parts = append(parts, strings.Join(m.Methods, "|"))
	}
	for _, h := range m.Headers {
		parts = append(parts, h.Name+" ~ "+h.Regex)
	}
	if m.Path != "" {
		parts = append(parts, "path "+m.Path)
	}
	if m.PathPrefix != "" {
		parts = append(parts, "path "+m.PathPrefix+"…")
	}
	return strings.Join(parts, " and ")
}

func retryText(r plan.Retry) string {
	switch r {
	case plan.RetryFull:
		return "Full: after any failure"
	case plan.RetryUnprocessed:
		return "Unprocessed: only if no server saw it"
	default:
		return "Never"
	}
}

func durationText(d time.Duration) string {
	if d == 0 {
		return "none"
	}
	return d.String()
}

func (e *explainer) budget() {
	p := e.plan
	if len(p.Budget) > 0 {
		e.section(fmt.Sprintf("What the death of a region costs, at %d requests per second and proxy", p.Budget[0].Rate))
		e.costs()
	}
	e.section("The way back")
	e.printf("  An endpoint that is well again serves after %s, at worst %s.\n", p.Recovery.Typical, p.Recovery.Worst)
	if p.Recovery.Formula != "" {
		e.printf("  %s\n", e.style.Dim(p.Recovery.Formula))
	}
}

// costs writes the table of failures, and below it each reason once.
func (e *explainer) costs() {
	table := term.NewTable("FAILURE", "CLASS", "DELAY", "AT WORST", "SLOW", "FAILED", "WHY")
	var formulas []string
	for _, b := range e.plan.Budget {
		n := slices.Index(formulas, b.Formula)
		if n < 0 {
			n, formulas = len(formulas), append(formulas, b.Formula)
		}
		failed := e.style.Green("none")
		switch {
		case b.Failed == plan.Endless:
			failed = e.style.Red("all")
		case b.Failed > 0:
			failed = e.style.Yellow(strconv.Itoa(b.Failed))
		}
		table.Row(string(b.Failure), b.Class, b.Typical.String(), b.Worst.String(), strconv.Itoa(b.Slow), failed, note(n))
	}
	e.table(table)
	e.printf("\n")
	for n, formula := range formulas {
		e.printf("  %s %s\n", note(n), e.style.Dim(formula))
	}
}

func note(n int) string { return "[" + strconv.Itoa(n+1) + "]" }
