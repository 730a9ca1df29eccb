package behaviour

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Topic is what a fact is about.
type Topic string

// The topics, in the order in which they are told.
const (
	Visibility Topic = "visibility" // who may see the host
	Address    Topic = "address"    // virtual addresses
	Ports      Topic = "ports"
	Endpoints  Topic = "endpoints" // which there are, and their weights
	Tiers      Topic = "tiers"     // who goes where in which order
	Ejection   Topic = "ejection"  // what is left when it fails, and for how long
	Names      Topic = "names"     // TLS: what is sent and checked
	Trust      Topic = "trust"     // TLS: certificates
	Requests   Topic = "requests"  // timeouts and retries
	Checks     Topic = "checks"    // active ones
	Pools      Topic = "connections"
)

func topics() []Topic {
	return []Topic{Visibility, Address, Ports, Endpoints, Tiers, Ejection, Names, Trust, Requests, Checks, Pools}
}

// Fact is one thing that is so, in words: a frame and what completes it.
type Fact struct {
	Topic Topic
	// Frame begins the sentence; @ is where a "now" belongs. With Key it tells facts apart: one of the other side with the
	// same two is about the same thing.
	Frame string
	Key   string
	Says  string // completes the sentence
	Short string // completes a shorter one about the same thing, such as "none of it"; Says if empty
}

// Options say what the facts are told of.
type Options struct {
	// Regions of clients to tell the tiers of; "" is clients without a locality, Elsewhere those of any other region.
	Regions []string
	// Labels name endpoints by address; an address without one is told as it is.
	Labels map[string]string
	// Matches are classes of requests to tell of besides the view's own.
	Matches []Match
}

// Elsewhere is a client region that nothing names.
const Elsewhere = "\x00"

// Facts are all that can be said of a view, in order.
func (v *View) Facts(o Options) []Fact {
	t := teller{View: v, options: o}
	t.host()
	for _, p := range v.Host.Ports {
		t.port(p)
	}
	t.tiers()
	t.policies()
	t.requests()
	return t.facts
}

// teller gathers facts. A fact that holds for all ports is told once.
type teller struct {
	*View
	options Options
	facts   []Fact
}

func (t *teller) say(topic Topic, frame, says string) {
	t.facts = append(t.facts, Fact{Topic: topic, Frame: frame, Says: says})
}

// label names an endpoint.
func (t *teller) label(address string) string { return cmp.Or(t.options.Labels[address], address) }

func (t *teller) labels(addresses []string) string {
	out := make([]string, len(addresses))
	for i, a := range addresses {
		out[i] = t.label(a)
	}
	slices.Sort(out)
	return list(slices.Compact(out))
}

func (t *teller) host() {
	e := t.Host.Entry()
	who := make([]string, 0, len(e.Spec.GetExportTo()))
	for _, ns := range e.Spec.GetExportTo() {
		if ns == "." {
			ns = t.Host.Namespace
		}
		who = append(who, ns)
	}
	slices.Sort(who)
	switch {
	case len(who) == 0, slices.Contains(who, "*"):
		t.say(Visibility, "the host is@ visible", "in every namespace")
	case slices.Contains(who, "~"):
		t.say(Visibility, "the host is@ visible", "nowhere")
	default:
		t.say(Visibility, "the host is@ visible", "in "+list(slices.Compact(who)))
	}
	addresses := slices.Clone(t.Host.Addresses)
	slices.Sort(addresses)
	t.say(Address, "the host's address is@", cmp.Or(list(addresses), "Istio's choice, or none"))
	seen := map[string]bool{}
	for _, p := range t.Host.Endpoints {
		if seen[p.Address] {
			continue
		}
		seen[p.Address] = true
		says := "used"
		if p.Weight > 1 {
			says = "used with weight " + strconv.Itoa(p.Weight)
		}
		t.say(Endpoints, t.label(p.Address)+" is@", says)
	}
}

// Change is a fact that differs.
type Change struct {
	Topic  Topic  `json:"topic"`
	About  string `json:"about"`            // the sentence so far
	Now    string `json:"now,omitempty"`    // empty: no longer so
	Before string `json:"before,omitempty"` // empty: newly so

	frame, short string
}

func changeOf(now, before Fact) Change {
	f := now
	if f.Frame == "" {
		f = before
	}
	short := before.Short
	if short == "" {
		short = before.Says
	}
	return Change{
		Topic: f.Topic, About: strings.Join(strings.Fields(strings.ReplaceAll(f.Frame, "@", "")+" "+f.Key), " "),
		Now: now.Says, Before: before.Says, frame: f.Frame, short: short,
	}
}

// String is the change as a sentence without an end.
func (c Change) String() string {
	now := strings.Replace(c.frame, "@", " now", 1)
	switch {
	case c.Before == "":
		return now + " " + c.Now + "; before: not at all"
	case c.Now == "":
		return strings.Replace(c.frame, "@", " no longer", 1) + " " + c.Before
	default:
		return now + " " + c.Now + "; before: " + c.short
	}
}

// Between compares two views of a host. What only one of them names, a region or a class of requests, is looked up in
// the other too: it has an answer for it all the same.
func Between(before, now *View, o Options) []Change {
	for _, v := range []*View{before, now} {
		for _, p := range v.Host.Ports {
			for _, c := range v.Classes(p.Number, firstRegion(o.Regions)) {
				if !slices.ContainsFunc(o.Matches, func(m Match) bool { return m.String() == c.Match.String() }) {
					o.Matches = append(o.Matches, c.Match)
				}
			}
		}
	}
	slices.SortStableFunc(o.Matches, func(a, b Match) int { return boolean(a.empty()) - boolean(b.empty()) })
	return Compare(before.Facts(o), now.Facts(o))
}

// Compare tells what differs between two behaviours, in the order of the topics. Subjects of one side alone are told too.
func Compare(before, now []Fact) []Change {
	var out []Change
	find := func(list []Fact, f Fact) (Fact, bool) {
		i := slices.IndexFunc(list, func(o Fact) bool { return o.Topic == f.Topic && o.Frame == f.Frame && o.Key == f.Key })
		if i < 0 {
			return Fact{}, false
		}
		return list[i], true
	}
	for _, f := range now {
		if was, _ := find(before, f); was.Says != f.Says {
			out = append(out, changeOf(f, was))
		}
	}
	for _, f := range before {
		if _, found := find(now, f); !found {
			out = append(out, changeOf(Fact{}, f))
		}
	}
	slices.SortStableFunc(out, func(a, b Change) int {
		return cmp.Compare(slices.Index(topics(), a.Topic), slices.Index(topics(), b.Topic))
	})
	return out
}

// sentence joins what is there of several parts.
func sentence(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}
