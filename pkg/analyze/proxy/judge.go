package proxy

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spillway-mesh/spillway/pkg/diag"
)

const (
	// envoyPercent is Envoy's own max_ejection_percent.
	envoyPercent = 10
	// slowConnect is a connect timeout that is too long for a failover.
	slowConnect = 3 * time.Second
)

// Judge says what is wrong with the failovers of a proxy: the clusters that lead out and have several regions.
func Judge(d *Dump) diag.List {
	var out diag.List
	for _, c := range d.outbound() {
		j := judge{dump: d, cluster: c, groups: d.groups(c)}
		j.all()
		out = append(out, j.found...)
	}
	out.Sort()
	return out
}

// judge looks at one cluster.
type judge struct {
	dump    *Dump
	cluster *Cluster
	groups  []group
	found   diag.List
}

func (j *judge) all() {
	j.names()
	j.checks()
	if len(j.regions()) < 2 {
		return
	}
	j.detection()
	j.order()
	j.timeout()
}

func (j *judge) say(code string, severity diag.Severity, hint, format string, args ...any) {
	j.found = append(j.found, diag.Diagnostic{
		Code: code, Severity: severity, Object: "cluster " + j.cluster.Name, Position: diag.Position{File: j.dump.Name},
		Message: fmt.Sprintf(format, args...), Hint: hint,
	})
}

func (j *judge) regions() []string {
	var out []string
	for _, g := range j.groups {
		if len(g.Endpoints) > 0 {
			out = append(out, cmp.Or(g.Locality.Region, "no region"))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// counts are how many addresses are at each priority: those that the proxy knows now, or those of its configuration.
func (j *judge) counts() (byPriority map[int]int, all int, known bool) {
	byPriority = map[int]int{}
	if hosts := j.dump.Hosts[j.cluster.Name]; len(hosts) > 0 {
		for _, h := range hosts {
			byPriority[h.Priority]++
		}
		return byPriority, len(hosts), true
	}
	for _, g := range j.groups {
		byPriority[g.Priority] += len(g.Endpoints)
		all += len(g.Endpoints)
	}
	return byPriority, all, false
}

// detection says whether a region can be left at all.
func (j *judge) detection() {
	c := j.cluster
	if c.Detection == nil {
		if len(c.Checks) == 0 {
			j.say("FX008", diag.Error, "set outlierDetection in the DestinationRule that is in force for the host",
				"nothing notices that a region is dead: there is neither outlier detection nor a health check")
		}
		return
	}
	percent := envoyPercent
	if c.Detection.Percent != nil {
		percent = *c.Detection.Percent
	}
	counts, all, known := j.counts()
	if all == 0 {
		return
	}
	first := counts[0]
	if first == all {
		first = all / len(j.regions()) // all at once: leaving a region means its share of them
	}
	needed := (100*first + all - 1) / all
	if one := c.Detection.Always && first == 1; percent < needed && !one {
		what := "endpoints in its configuration"
		if known {
			what = "addresses that it knows now"
		}
		j.say("FX003", diag.Critical, "set maxEjectionPercent: 100",
			"the proxy cannot leave a region: it may eject %d %%, and leaving the first takes %d %% of the %d %s", percent, needed, all, what)
	}
}

// order says whether the priorities are those of a failover.
func (j *judge) order() {
	region := j.dump.Node.Locality.Region
	priorities := map[int]bool{}
	for _, g := range j.groups {
		if len(g.Endpoints) == 0 {
			continue
		}
		priorities[g.Priority] = true
		if j.weighted() && g.Weight == 0 {
			j.say("FX036", diag.Error, "name every locality in distribute, or use failover",
				"endpoints in %s never get traffic: their locality has no weight", cmp.Or(g.Locality.Region, "no region"))
		}
	}
	if len(priorities) == 1 && !j.weighted() {
		j.say("FX016", diag.Error, "add a failover entry with from: "+cmp.Or(region, "the region of the client"),
			"a client in %s uses %s at once: all are at priority 0", cmp.Or(strconv.Quote(region), "no region"), strings.Join(j.regions(), ", "))
	}
}

func (j *judge) weighted() bool { return len(j.cluster.Common.ByWeight) > 0 && hasWeights(j.groups) }

func hasWeights(groups []group) bool {
	return slices.ContainsFunc(groups, func(g group) bool { return g.Weight > 0 })
}

func (j *judge) timeout() {
	if d, err := time.ParseDuration(j.cluster.ConnectTimeout); err == nil && d > slowConnect {
		j.say("FX029", diag.Warning, "set connectionPool.tcp.connectTimeout: 1s", "a region that swallows packets costs each request %s", d)
	}
}

// names says whether TLS sends a server name and checks a certificate for any.
func (j *judge) names() {
	sockets := make([]socket, 0, 1+len(j.cluster.Matches))
	sockets = append(sockets, j.cluster.Socket)
	for _, m := range j.cluster.Matches {
		sockets = append(sockets, m.Socket)
	}
	auto, checked := false, false
	for _, o := range j.cluster.Options {
		auto, checked = auto || o.Upstream.SNI, checked || o.Upstream.SAN
	}
	for _, s := range sockets {
		if s.Name != "envoy.transport_sockets.tls" || j.mutual(s) {
			continue
		}
		v := s.Config.Common
		listed := len(v.Combined.Default.Names) + len(v.Combined.Default.OlderNames) + len(v.Plain.Names) + len(v.Plain.OlderNames)
		if s.Config.SNI == "" && !s.Config.HostSNI && !auto {
			j.say("FX028", diag.Error, "set tls.sni in the DestinationRule", "TLS begins without a server name")
		}
		if listed == 0 && !checked && !s.Config.HostNames {
			j.say("FX004", diag.Critical, "set tls.subjectAltNames in the DestinationRule", "any certificate of the accepted authorities is taken: no name is looked for in it")
		}
	}
}

// mutual says whether the socket is the mesh's own: its server name is the cluster's.
func (j *judge) mutual(s socket) bool { return strings.HasPrefix(s.Config.SNI, "outbound_.") }

func (j *judge) checks() {
	for _, c := range j.cluster.Checks {
		if c.HTTP != nil && c.HTTP.Host == "" {
			j.say("FX052", diag.Critical, "set http_health_check.host",
				"the health check sends the Host %s, which strict servers refuse", j.cluster.Name)
		}
	}
}
