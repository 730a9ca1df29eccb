package server

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/spillway-mesh/spillway/pkg/health"
	"github.com/spillway-mesh/spillway/pkg/version"
)

// collector writes the metrics of a cluster's health; alerts use their names, so they are fixed.
type collector struct {
	engine *engine
	descs  map[string]*prometheus.Desc
}

// metricNames are the metrics with their help and labels.
func metricNames() [][]string {
	return [][]string{
		{"status", "1 if the cluster is in, 0 if it is out.", "cluster"},
		{"vote", "What this replica votes: 1 In, 0 Out, -1 abstains."},
		{"mode", "1 for the mode that acts.", "mode"},
		{"mode_ends_seconds", "Until the mode that is set ends; negative once it has."},
		{"change_age_seconds", "Since the change began."},
		{"check_state", "1 passes, 0 fails, -1 is unknown.", "check"},
		{"check_duration_seconds", "How long the last question took.", "check"},
		{"round_age_seconds", "Since the last round of checks ended."},
		{"would_status", "What the checks alone call for under Strict: 1 In, 0 Out, -1 unknown."},
		{"held_in", "1 for the rule that keeps the cluster in though its checks or an order want it out.", "rule"},
		{"transitions_total", "Changes of the status.", "to", "rule"},
		{"peer_confirmed", "1 if the peer was heard often enough to be asked to stay.", "peer"},
		{"peer_unknown", "1 if the last poll of the peer was no use.", "peer", "reason"},
		{"peer_rtt_seconds", "How long the last answer of the peer took.", "peer"},
		{"peer_skew_seconds", "The peer's clock less ours.", "peer"},
		{"promises_held", "Promises of peers to stay that are held now."},
		{"promises_given", "Promises to stay that were given and still hold."},
		{"promise_refused_total", "Promises that were refused to peers.", "reason"},
		{"peer_keys_differ", "1 if the peer accepts other keys than this cluster.", "peer"},
		{"peer_members_differ", "1 if the peer knows other members of the fleet.", "peer"},
		{"gateway_rps", "Requests a second through the gateways, where a capacity is set and all of them could be read."},
		{"lb_probe_age_seconds", "Since the checker last asked the probe path.", "checker"},
		{"lb_probes_total", "Probes that were answered.", "checker", "path", "code"},
		{"replicas_disagree", "1 if another replica of this cluster answers otherwise."},
		{"baseline_checks", "Checks that failed before the change, and are not held against it."},
		{"build_info", "1; the version is a label.", "version"},
	}
}

func newCollector(e *engine) *collector {
	c := &collector{engine: e, descs: map[string]*prometheus.Desc{}}
	for _, m := range metricNames() {
		c.descs[m[0]] = prometheus.NewDesc("spillway_health_"+m[0], m[1], m[2:], nil)
	}
	return c
}

// Describe lists the metrics.
func (c *collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range c.descs {
		to <- d
	}
}

// sample is one value on its way out.
type sample func(name string, value float64, labels ...string)

// Collect writes them all as of now.
func (c *collector) Collect(to chan<- prometheus.Metric) {
	gauge := func(name string, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(c.descs[name], prometheus.GaugeValue, v, labels...)
	}
	count := func(name string, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(c.descs[name], prometheus.CounterValue, v, labels...)
	}
	d := c.engine.detail()
	verdict(d, gauge)
	checksAndPeers(d, gauge)
	c.fromEngine(gauge, count)
	gauge("build_info", 1, version.Get().Version)
}

func verdict(d *Detail, gauge sample) {
	gauge("status", numberOf(d.Status), d.Cluster)
	gauge("vote", numberOf(d.Vote))
	for _, m := range []health.Mode{health.Relaxed, health.Guard, health.Strict, health.Drain, health.Observe, health.ForceHealthy} {
		gauge("mode", one(string(m) == d.Mode), string(m))
	}
	if d.Until != nil {
		gauge("mode_ends_seconds", d.Until.Sub(d.Now).Seconds())
	}
	if d.Change != nil {
		gauge("change_age_seconds", d.Now.Sub(d.Change.Started).Seconds())
		gauge("baseline_checks", float64(len(d.Change.Baseline)))
	} else {
		gauge("baseline_checks", 0)
	}
	gauge("round_age_seconds", d.RoundAge)
	gauge("would_status", numberOf(d.Would))
	if held := d.Status == "In" && (d.Would == "Out" || d.Mode == string(health.Drain)); held {
		gauge("held_in", 1, d.Rule)
	}
	gauge("promises_held", float64(d.Guard.Held))
	gauge("promises_given", float64(len(d.Guard.Given)))
	if d.LoadRPS != nil {
		gauge("gateway_rps", *d.LoadRPS)
	}
	disagree := false
	for _, s := range d.Siblings {
		disagree = disagree || s.Age >= 0 && s.Age < 3 && s.Status != d.Status
	}
	gauge("replicas_disagree", one(disagree))
}

func checksAndPeers(d *Detail, gauge sample) {
	for _, list := range [][]CheckDetail{d.Pass, d.Warn, d.Fail} {
		for _, c := range list {
			gauge("check_state", numberOf(c.State), c.Name)
			gauge("check_duration_seconds", c.Took, c.Name)
		}
	}
	for _, p := range d.Peers {
		gauge("peer_confirmed", one(p.Confirmed), p.Name)
		if p.Unknown != "" {
			gauge("peer_unknown", 1, p.Name, p.Unknown)
		}
		gauge("peer_rtt_seconds", p.RTT, p.Name)
		gauge("peer_skew_seconds", p.Skew, p.Name)
		gauge("peer_keys_differ", one(p.KeysDiffer), p.Name)
		gauge("peer_members_differ", one(p.MembersDiffer), p.Name)
	}
}

func (c *collector) fromEngine(gauge, count sample) {
	e := c.engine
	e.mu.Lock()
	transitions, refusals := e.journal.counts()
	e.mu.Unlock()
	for t, n := range transitions {
		count("transitions_total", float64(n), t.to, t.rule)
	}
	for why, n := range refusals {
		count("promise_refused_total", float64(n), why)
	}
	now := e.now()
	for k := range checkers {
		if at := e.lb.at[k].Load(); at > 0 {
			gauge("lb_probe_age_seconds", now.Seconds()-float64(at-1)/1e9, k.String())
		}
		for p := range paths {
			for s := range e.lb.counts[k][p] {
				if n := e.lb.counts[k][p][s].Load(); n > 0 {
					count("lb_probes_total", float64(n), k.String(), p.String(), codeOf(s))
				}
			}
		}
	}
}

// numberOf is how a word of the verdict is written as a value.
func numberOf(word string) float64 {
	switch word {
	case "In", "Pass":
		return 1
	case "Out", "Fail":
		return 0
	default:
		return -1
	}
}

func one(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
