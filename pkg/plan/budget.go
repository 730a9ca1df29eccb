package plan

import (
	"fmt"
	"time"
)

const (
	// budgetRate is the load, per second and proxy, that the budget counts requests for.
	budgetRate = 50
	// jitter is what Envoy may add to an ejection, so that proxies do not all come back at once.
	jitter = time.Second
	// gatewayPods is the fewest pods that an egress gateway has: each is left on its own.
	gatewayPods = 2
	// mergeWindow is how long Envoy puts off a second change of health where no EnvoyFilter may say otherwise.
	mergeWindow = time.Second
	// envoyMaxEjection bounds an ejection where no EnvoyFilter may say otherwise.
	envoyMaxEjection = 300 * time.Second
)

// costs are the numbers of a plan that the budget is made from.
type costs struct {
	gateway int // requests until an address is left
	server  int
	connect time.Duration
	dead    int // tiers before the last
	tries   int // that one dead tier takes
	again   string
	// told says that clients learn whether a request reached a region: an egress gateway that does not mark its own answers
	// hides it. untold is what fails for that until all its pods are left, and why.
	told      bool
	untold    int
	untoldWhy string
}

func costsOf(p *Plan) costs {
	c := costs{
		gateway: p.Detect.GatewayErrors, server: max(p.Detect.GatewayErrors, p.Detect.ServerErrors),
		connect: p.Detect.ConnectTimeout, dead: p.mostTiers() - 1, tries: 2,
		again: "once more after each ejection (" + ejections(p) + ")",
		told:  p.Gateway == nil || p.Gateway.Marks,
	}
	if p.Detect.FirstRetryLeaves {
		c.tries = 1
	}
	c.untold = c.gateway * gatewayPods
	c.untoldWhy = fmt.Sprintf("%d at each of the gateway's pods", c.gateway)
	if !p.EnvoyFilter {
		c.untold += perRate(mergeWindow)
		c.untoldWhy += fmt.Sprintf(" and those of the %s that Envoy puts off leaving the second pod", mergeWindow)
	}
	if p.Detect.Active != nil {
		c.again = "once only, because active checks keep the address out"
	}
	return c
}

// longest is the longest that an address is left alone, without jitter.
func longest(p *Plan) time.Duration {
	if p.EnvoyFilter {
		return p.Detect.MaxEjection
	}
	return max(envoyMaxEjection, p.Detect.Ejection)
}

func ejections(p *Plan) string {
	if most := longest(p); most > p.Detect.Ejection {
		return p.Detect.Ejection.String() + " growing to " + most.String()
	}
	return p.Detect.Ejection.String()
}

// budget says what each failure of one region costs each class of requests, and each port that carries connections.
func budget(p *Plan) []BudgetLine {
	c := costsOf(p)
	tls := false
	lines := make([]BudgetLine, 0, 7*(len(p.Routes)+len(p.Ports)))
	for i := range p.Ports {
		tls = tls || p.Ports[i].TLS && p.Ports[i].Protocol.IsHTTP()
	}
	for i := range p.Routes {
		lines = c.route(lines, &p.Routes[i], tls)
	}
	for i := range p.Ports {
		if port := &p.Ports[i]; !port.Protocol.IsHTTP() {
			lines = c.port(lines, p, port)
		}
	}
	for i := range lines {
		l := &lines[i]
		l.Rate = budgetRate
		if c.dead == 0 && l.Failure != FailureDNS {
			*l = BudgetLine{
				Failure: l.Failure, Class: l.Class, Failed: Endless, Rate: budgetRate,
				Formula: "one tier: nothing to fail over to",
			}
		}
	}
	return lines
}

func (c *costs) route(lines []BudgetLine, r *Route, tls bool) []BudgetLine {
	lines = append(lines, c.refused(r, FailureRefused), c.blackHole(r), c.hang(r),
		c.answered(r, FailureServerError, c.server), c.answered(r, FailureReset, c.gateway))
	if tls {
		lines = append(lines, c.refused(r, FailureBadCertificate))
	}
	return append(lines, BudgetLine{
		Failure: FailureDNS, Class: r.Name,
		Formula: "no answer keeps the known addresses; an empty one moves on to the next tier at once",
	})
}

// refused is a failure that shows before anything is sent, so that every class but Never is safe to send again.
func (c *costs) refused(r *Route, f Failure) BudgetLine {
	l := BudgetLine{Failure: f, Class: r.Name}
	switch {
	case !c.told && r.Retry == RetryUnprocessed:
		l.Failed = c.untold
		l.Formula = fmt.Sprintf("%s fail, because its 503 does not tell that nothing was sent; %s", c.untoldWhy, c.again)
		return l
	case r.Retry == RetryNever:
		l.Failed = c.gateway
		l.Formula = fmt.Sprintf("the first %d fail, then the address is left; %s", c.gateway, c.again)
		return l
	}
	l.Slow = c.gateway
	l.Formula = fmt.Sprintf("the first %d are sent again at once, then the address is left; %s", c.gateway, c.again)
	return l
}

func (c *costs) blackHole(r *Route) BudgetLine {
	l := BudgetLine{Failure: FailureBlackHole, Class: r.Name}
	caught := perRate(c.connect) + c.gateway
	switch {
	case !c.told && r.Retry == RetryUnprocessed:
		l.Failed = perRate(c.connect) + c.untold
		l.Formula = fmt.Sprintf("rate × connectTimeout %s, %s fail, because its 503 does not tell that nothing was sent; %s",
			c.connect, c.untoldWhy, c.again)
		return l
	case r.Retry == RetryNever:
		l.Failed = caught
		l.Formula = fmt.Sprintf("rate × connectTimeout %s + %d fail, then the address is left; %s", c.connect, c.gateway, c.again)
		return l
	}
	l.Typical, l.Worst = c.over(c.connect, r.Timeout)
	l.Slow = caught
	pooled := ""
	if r.Retry == RetryUnprocessed {
		l.Failed = 1
		pooled = ", and those under way on a pooled connection fail"
	}
	l.Formula = fmt.Sprintf("rate × connectTimeout %s + %d wait %s per dead tier%s; %s", c.connect, c.gateway, l.Typical, pooled,
		c.again)
	return l
}

func (c *costs) hang(r *Route) BudgetLine {
	l := BudgetLine{Failure: FailureHang, Class: r.Name}
	end, name := r.PerTryTimeout, "perTryTimeout"
	if r.Retry == RetryNever || end == 0 {
		end, name = r.Timeout, "timeout"
	}
	caught := perRate(end) + c.gateway
	switch {
	case end == 0:
		l.Failed = Endless
		l.Formula = "no timeouts: nothing tells silence from a slow answer, and the address is never left"
	case r.Retry == RetryFull && name == "perTryTimeout":
		l.Typical, l.Worst = c.over(end, r.Timeout)
		l.Slow = caught
		l.Formula = fmt.Sprintf("rate × perTryTimeout %s + %d wait %s per dead tier; %s", end, c.gateway, l.Typical, c.again)
	default:
		l.Typical, l.Worst, l.Failed = end, end, caught
		l.Formula = fmt.Sprintf("rate × %s %s + %d fail, because the server may have acted; %s", name, end, c.gateway, c.again)
	}
	return l
}

// answered is a failure after the request was sent: only Full sends it again.
func (c *costs) answered(r *Route, f Failure, threshold int) BudgetLine {
	l := BudgetLine{Failure: f, Class: r.Name}
	if r.Retry == RetryFull {
		l.Slow = threshold
		l.Formula = fmt.Sprintf("the first %d are sent again at once, then the address is left; %s", threshold, c.again)
		return l
	}
	l.Failed = threshold
	l.Formula = fmt.Sprintf("the first %d fail, because the server may have acted, then the address is left; %s", threshold,
		c.again)
	return l
}

// over is what a wait costs while one tier is dead, and while all but the last are. No request waits longer than its
// timeout (0: none), though then it fails: timeouts and outconnects warn of that.
func (c *costs) over(wait, timeout time.Duration) (typical, worst time.Duration) {
	typical = wait * time.Duration(c.tries)
	worst = typical * time.Duration(c.dead)
	if timeout > 0 {
		return min(typical, timeout), min(worst, timeout)
	}
	return typical, worst
}

// port is about connections: they are moved when they are made, and never later.
func (c *costs) port(lines []BudgetLine, p *Plan, port *Port) []BudgetLine {
	keep := p.Detect.Keepalive
	silent := keep.Time + keep.Interval*time.Duration(keep.Probes)
	lines = append(lines,
		BudgetLine{
			Failure: FailureRefused, Class: port.Name, Slow: c.gateway,
			Formula: fmt.Sprintf("a new connection is tried up to %d times, the first %d elsewhere at once", p.ConnectAttempts,
				c.gateway),
		},
		BudgetLine{
			Failure: FailureBlackHole, Class: port.Name, Typical: c.connect,
			Worst: c.connect * time.Duration(p.ConnectAttempts-1), Slow: perRate(c.connect) + c.gateway,
			Formula: fmt.Sprintf("rate × connectTimeout %s + %d new connections wait, each at most %d times; open ones are "+
				"dropped after %s of silence", c.connect, c.gateway, p.ConnectAttempts-1, silent),
		},
		BudgetLine{
			Failure: FailureHang, Class: port.Name, Failed: Endless,
			Formula: "the connection is made and stays: only the application can tell that nothing comes",
		},
		BudgetLine{
			Failure: FailureReset, Class: port.Name, Failed: Endless,
			Formula: "the connection was made, and counts as good: only the application can tell",
		})
	if port.TLS {
		lines = append(lines, BudgetLine{
			Failure: FailureBadCertificate, Class: port.Name, Slow: c.gateway,
			Formula: fmt.Sprintf("the first %d handshakes are tried elsewhere at once", c.gateway),
		})
	}
	return append(lines, BudgetLine{
		Failure: FailureDNS, Class: port.Name,
		Formula: "no answer keeps the known addresses; an empty one moves on to the next tier at once",
	})
}

// perRate is how many requests arrive in a time.
func perRate(d time.Duration) int {
	return int((budgetRate*d + time.Second - 1) / time.Second)
}

// recovery says when an endpoint that works again is used again.
func recovery(p *Plan) Recovery {
	d := &p.Detect
	if a := d.Active; a != nil {
		back := time.Duration(a.Healthy) * a.Interval
		return Recovery{
			Typical: back, Worst: back,
			Formula: fmt.Sprintf("healthy %d × interval %s of active checks", a.Healthy, a.Interval),
		}
	}
	most := longest(p)
	if !p.EnvoyFilter {
		return Recovery{
			Typical: d.Ejection + d.Interval,
			Worst:   most + d.Interval,
			Formula: fmt.Sprintf("ejection %s + interval %s; each ejection in a row is longer, up to Envoy's bound %s + interval, "+
				"which only an EnvoyFilter lowers", d.Ejection, d.Interval, most),
		}
	}
	return Recovery{
		Typical: d.Ejection + d.Interval,
		Worst:   most + d.Interval + jitter,
		Formula: fmt.Sprintf("ejection %s + interval %s; after several in a row maxEjection %s + interval + up to %s of jitter",
			d.Ejection, d.Interval, most, jitter),
	}
}
