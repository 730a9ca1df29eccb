// Package probing says what the health checkers of the clouds make of an answer, and by which of their rules. The rules are
// those of each cloud's defaults, with the probe path's codes; start reading at Judge.
package probing

import (
	"fmt"
	"strings"
	"time"
)

// Answer is what came of one request.
type Answer struct {
	Status  int           // 0: none came
	Body    string        // its beginning
	Connect time.Duration // until the connection stood, TLS included
	Took    time.Duration // until the status was there
	Err     error         // why none came
	TLS     bool          // over TLS
	BadCert error         // the certificate would not pass a browser's check
}

// Verdict of a checker.
type Verdict struct {
	Checker string `json:"checker"`
	Healthy bool   `json:"healthy"`
	Rule    string `json:"rule"`
	Warning string `json:"warning,omitempty"`
}

// checker is how one cloud takes an answer.
type checker struct {
	name             string
	connect, timeout time.Duration // of the connection and of the answer; connect 0: both together
	least, most      int           // codes
	codes            string
	follows          string // what is said of a redirect that counts
}

func checkers() []checker {
	const second = time.Second
	return []checker{
		{name: "Google", timeout: 3 * second, least: 200, most: 200, codes: "200 only"},
		{name: "Route 53", connect: 4 * second, timeout: 2 * second, least: 200, most: 399, codes: "2xx or 3xx", follows: "a redirect counts as healthy, whatever it leads to"},
		{name: "AWS ELB", timeout: 3 * second, least: 200, most: 200, codes: "200, the matcher"},
		{name: "Azure", timeout: 10 * second, least: 200, most: 200, codes: "200 only"},
	}
}

// Judge says what each checker makes of an answer. A token is what Google and Route 53 match in the body where they are told to;
// with it an answer of somebody else's server is told from the cluster's.
func Judge(a *Answer, token string) []Verdict {
	all := checkers()
	out := make([]Verdict, 0, len(all))
	for i := range all {
		out = append(out, all[i].judge(a, token))
	}
	return out
}

func (c *checker) judge(a *Answer, token string) Verdict {
	v := Verdict{Checker: c.name}
	late := c.late(a)
	switch {
	case late != "":
		v.Rule = late
	case a.Status < c.least || a.Status > c.most:
		v.Rule = fmt.Sprintf("%d is not %s", a.Status, c.codes)
	case token != "" && !strings.Contains(a.Body, token) && (a.Status < 300 || a.Status > 399):
		v.Rule = fmt.Sprintf("%d, but the body lacks the token %s: another server answers", a.Status, token)
		v.Healthy = c.name == "AWS ELB" || c.name == "Azure" // they match no body
		if v.Healthy {
			v.Warning = "it matches no body: a false green"
			v.Rule = fmt.Sprintf("%d is %s", a.Status, c.codes)
		}
	default:
		v.Healthy, v.Rule = true, fmt.Sprintf("%d is %s", a.Status, c.codes)
		if a.Status >= 300 {
			v.Warning = c.follows
		}
	}
	if v.Healthy && a.BadCert != nil {
		v.Warning = strings.TrimPrefix(v.Warning+"; ", "; ") + "it does not check the certificate: " + a.BadCert.Error()
	}
	return v
}

// late says that no answer came, or not in time; empty if it did.
func (c *checker) late(a *Answer) string {
	switch {
	case a.Err != nil:
		return "no answer: " + a.Err.Error()
	case c.connect > 0 && a.Connect > c.connect:
		return fmt.Sprintf("connected after %s, later than %s", round(a.Connect), c.connect)
	case c.connect > 0 && a.Took-a.Connect > c.timeout:
		return fmt.Sprintf("answered %s after the connection, later than %s", round(a.Took-a.Connect), c.timeout)
	case c.connect == 0 && a.Took > c.timeout:
		return fmt.Sprintf("answered after %s, later than %s", round(a.Took), c.timeout)
	default:
		return ""
	}
}

func round(d time.Duration) time.Duration { return d.Round(10 * time.Millisecond) }
