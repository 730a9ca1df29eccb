package healthroutes

import (
	"slices"
	"strings"
	"time"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
)

// Who an alert is for.
const (
	page   = "page"
	ticket = "ticket"
)

// alert is one rule. In its texts $J selects the cluster's metrics; $NS, $NAME, $CLUSTER and so on are as in words.
type alert struct {
	name, severity, expr string
	lasts                time.Duration
	summary              string
	runbook              [3]string // commands: look, look closer, act
	when                 bool      // the fleet has what it is about
}

// alerts are the rules and what scrapes the metrics that they read.
func (w writer) alerts() []target.Object {
	if !w.Server.Alerts {
		return nil
	}
	words := w.words()
	var rules render.List
	for _, a := range slices.Concat(w.departures(), w.answers(), w.tickets()) {
		if !a.when {
			continue
		}
		var runbook strings.Builder
		for _, command := range a.runbook {
			runbook.WriteString(words.Replace(command) + "\n")
		}
		rules = append(rules, set(render.Map{
			kv("alert", "Spillway"+a.name),
			kv("expr", words.Replace(a.expr)),
			kv("for", forTime(a.lasts)),
			kv("labels", render.Inline{kv("severity", a.severity), kv("cluster", w.cluster.Name), kv("fleet", w.ID)}),
			kv("annotations", render.Map{kv("summary", words.Replace(a.summary)), kv("runbook", runbook.String())}),
		}))
	}
	return []target.Object{
		w.object(monitoringV1, "PodMonitor", plan.RankMonitoring, spec(
			kv("selector", matchLabels(w.selector())),
			kv("podMetricsEndpoints", render.List{render.Inline{kv("port", "internal"), kv("interval", "10s")}}),
		)),
		w.object(monitoringV1, "PrometheusRule", plan.RankMonitoring, spec(
			kv("groups", render.List{render.Map{kv("name", w.name), kv("interval", "10s"), kv("rules", rules)}}),
		)),
	}
}

func forTime(d time.Duration) any {
	if d == 0 {
		return nil
	}
	return duration(d)
}

// words are what the texts of the rules leave open.
func (w writer) words() *strings.Replacer {
	guard := w.Health.Guard
	rotating := 0
	for _, p := range w.cluster.Peers {
		if p.Rotation != "Out" {
			rotating++
		}
	}
	need := max(1, rotating+1-guard.MaxOut)
	stalled := max(3*w.Health.Interval, 30*time.Second) //nolint:mnd // as the verdict takes it
	return strings.NewReplacer(
		"$J", `job="`+w.Namespace+"/"+w.name+`"`,
		"$NS", w.Namespace, "$NAME", w.name, "$CLUSTER", w.cluster.Name, "$PORT", decimal(internalPort), "$NEED", decimal(need),
		"$MAXCHANGE", decimal(int(guard.MaxChange.Seconds())), "$CHANGE", duration(guard.MaxChange), "$STALLED", decimal(int(stalled.Seconds())),
		"$REPLICAS", decimal(w.Server.Replicas), "$SECRET", w.Health.KeysSecret, "$PATH", w.Health.Path, "$ADDRESS", w.address(),
	)
}

// The commands that most runbooks begin with.
const (
	showFleet = "spillway fleet status -n $NS --contexts <all clusters>"
	showWhy   = "spillway health why -n $NS --cluster $CLUSTER --context <$CLUSTER>"
	showPods  = "kubectl --context <$CLUSTER> -n $NS get pods -l app.kubernetes.io/instance=$NAME -o wide"
	showLogs  = "kubectl --context <$CLUSTER> -n $NS logs -l app.kubernetes.io/instance=$NAME -c spillway-health --tail=50"
	extend    = "spillway mode extend -n $NS --cluster $CLUSTER --context <$CLUSTER> --for 1h --reason <why>"
	relax     = "spillway mode relax -n $NS --cluster $CLUSTER --context <$CLUSTER> --reason <why>"
	preflight = "spillway preflight -n $NS --cluster $CLUSTER --contexts <all clusters>"
)

// departures are what somebody gets up for: a cluster that has left, cannot, or is about to.
func (w writer) departures() []alert {
	peers := len(w.cluster.Peers) > 0
	return []alert{
		{
			name: "GuardUnavailable", severity: page, lasts: 10 * time.Minute, when: peers,
			expr:    `sum by (job) (max by (job, peer) (spillway_health_peer_confirmed{$J})) < $NEED`,
			summary: "Too few other clusters are confirmed: $CLUSTER could not leave, whatever its health",
			runbook: [3]string{showFleet, "spillway health why -n $NS --cluster $CLUSTER --context <$CLUSTER> --peers", preflight},
		},
		{
			name: "LastClusterHeldIn", severity: page, lasts: time.Minute, when: peers,
			expr:    `max by (job) (spillway_health_held_in{$J, rule=~"Guard|PromisedTo|NoPeers"}) == 1`,
			summary: "$CLUSTER wants to leave and stays: no other cluster promises to serve",
			runbook: [3]string{showWhy, showFleet, "kubectl --context <the other> -n $NS get clusterhealths -o wide"},
		},
		{
			name: "ReturnedDuringDrain", severity: page, lasts: 30 * time.Second, when: peers,
			expr: `min by (job) (spillway_health_status{$J}) == 1 and on (job) max by (job) (spillway_health_mode{$J, mode="Drain"}) == 1` +
				` and on (job) min by (job) (min_over_time(spillway_health_status{$J}[15m])) == 0`,
			summary: "$CLUSTER serves again in the middle of its drain: a promise of another cluster has ended",
			runbook: [3]string{showWhy, showFleet, preflight},
		},
		{
			name: "ExpiredWhileFailing", severity: page, lasts: time.Minute, when: peers,
			expr:    `max by (job) (spillway_health_mode_ends_seconds{$J}) < 0 and on (job) min by (job) (spillway_health_status{$J}) == 0`,
			summary: "The mode of $CLUSTER has ended, and its checks still fail: it stays out while others promise",
			runbook: [3]string{showWhy, showFleet, extend},
		},
		{
			name: "ChangeTooLong", severity: page, when: true,
			expr:    `max by (job) (spillway_health_change_age_seconds{$J}) > $MAXCHANGE`,
			summary: "The change of $CLUSTER is older than $CHANGE and no longer counts",
			runbook: [3]string{"spillway mode status -n $NS --cluster $CLUSTER --context <$CLUSTER>", showWhy, relax},
		},
		{
			name: "ChangeEndingSoon", severity: page, when: true,
			expr:    `max by (job) (spillway_health_mode{$J, mode=~"Strict|Drain"}) == 1 and on (job) (min by (job) (spillway_health_mode_ends_seconds{$J}) < 900)`,
			summary: "The mode of $CLUSTER ends within 15 minutes, and falls back through verification",
			runbook: [3]string{"spillway mode status -n $NS --cluster $CLUSTER --context <$CLUSTER>", extend, relax},
		},
		{
			name: "ClusterOut", severity: page, when: peers,
			expr:    `min by (job) (spillway_health_status{$J}) == 0 unless on (job) max by (job) (spillway_health_mode{$J, mode="Drain"}) == 1`,
			summary: "$CLUSTER has left by its own failures: users are in the other clusters",
			runbook: [3]string{showWhy, "kubectl --context <$CLUSTER> -n $NS get clusterhealth $CLUSTER -o yaml", showFleet},
		},
	}
}

// answers are what somebody gets up for: probes that see something else than is meant.
func (w writer) answers() []alert {
	peers := len(w.cluster.Peers) > 0
	return []alert{
		{
			name: "LBNotProbing", severity: page, lasts: 5 * time.Minute, when: w.Health.ExpectProbes,
			expr: `min by (job) (spillway_health_lb_probe_age_seconds{$J}) > 60 or` +
				` (max by (job) (spillway_health_build_info{$J}) unless on (job) min by (job) (spillway_health_lb_probe_age_seconds{$J}))`,
			summary: "Nothing outside asks the probe path of $CLUSTER: its gateway is out of reach, or its load balancer is set otherwise",
			runbook: [3]string{"spillway health probe http://$ADDRESS$PATH", "kubectl --context <$CLUSTER> -n $NS get pods,services -o wide", preflight},
		},
		{
			name: "ServedDiffersFromStatus", severity: page, lasts: time.Minute, when: true,
			expr: `sum by (job, instance) (rate(spillway_health_lb_probes_total{$J, path="verdict", code="200"}[2m])) > 0` +
				` and on (job, instance) max by (job, instance) (max_over_time(spillway_health_status{$J}[2m])) == 0` +
				` or sum by (job, instance) (rate(spillway_health_lb_probes_total{$J, path="verdict", code="503"}[2m])) > 0` +
				` and on (job, instance) min by (job, instance) (min_over_time(spillway_health_status{$J}[2m])) == 1`,
			summary: "A replica of $CLUSTER answers probes otherwise than its status says",
			runbook: [3]string{showWhy, showLogs, "kubectl --context <$CLUSTER> -n $NS rollout restart deployment/$NAME"},
		},
		{
			name: "ReplicasDisagree", severity: page, lasts: time.Minute, when: true,
			expr: `max by (job) (spillway_health_replicas_disagree{$J}) == 1` +
				` or max by (job) (spillway_health_status{$J}) - min by (job) (spillway_health_status{$J}) > 0`,
			summary: "The replicas of $CLUSTER answer differently: load balancers see it flap",
			runbook: [3]string{showPods, showWhy, "kubectl --context <$CLUSTER> -n $NS rollout restart deployment/$NAME"},
		},
		{
			name: "FlapLimit", severity: page, when: peers,
			expr:    `max by (job) (spillway_health_held_in{$J, rule="FlapLimit"}) == 1`,
			summary: "$CLUSTER has left too often within the hour and stays now, though its checks fail",
			runbook: [3]string{showWhy, showFleet, "spillway mode drain -n $NS --cluster $CLUSTER --context <$CLUSTER> --for 1h --reason <why>"},
		},
		{
			name: "StrictPathProbedByLB", severity: page, when: true,
			expr:    `sum by (job) (increase(spillway_health_lb_probes_total{$J, path="strict", checker!="other"}[10m])) > 0`,
			summary: "A load balancer asks $PATH/strict of $CLUSTER, which no guard stands behind: it must ask $PATH",
			runbook: [3]string{
				"kubectl --context <$CLUSTER> -n $NS port-forward deployment/$NAME $PORT & curl -s localhost:$PORT/metrics | grep lb_probes_total",
				"kubectl --context <$CLUSTER> -n $NS get virtualservice,httproute -o yaml", "spillway explain edge -f <the ClusterFailover>",
			},
		},
	}
}

// tickets can wait for the morning.
func (w writer) tickets() []alert {
	peers := len(w.cluster.Peers) > 0
	return []alert{
		{
			name: "CheckerStalled", severity: ticket, lasts: 2 * time.Minute, when: len(w.Health.Checks) > 0 || w.Health.Discover != "",
			expr:    `max by (job, instance) (spillway_health_round_age_seconds{$J}) > $STALLED`,
			summary: "A replica of $CLUSTER has stopped asking its checks, and has no opinion any more",
			runbook: [3]string{showLogs, showPods, "kubectl --context <$CLUSTER> -n $NS rollout restart deployment/$NAME"},
		},
		{
			name: "PeerSkew", severity: ticket, lasts: 10 * time.Minute, when: peers,
			expr:    `max by (job, peer) (abs(spillway_health_peer_skew_seconds{$J})) > 30`,
			summary: "The clocks of $CLUSTER and another cluster differ by more than 30 seconds: modes end at another time than is meant",
			runbook: [3]string{
				"spillway health why -n $NS --cluster $CLUSTER --context <$CLUSTER> --peers", "kubectl --context <$CLUSTER> get nodes -o wide",
				"kubectl --context <$CLUSTER> debug node/<node> -it --image=<with chrony> -- chronyc tracking",
			},
		},
		{
			name: "KeysDiffer", severity: ticket, lasts: 15 * time.Minute, when: peers,
			expr: `max by (job, peer) (spillway_health_peer_keys_differ{$J}) == 1` +
				` or max by (job, peer) (spillway_health_peer_unknown{$J, reason="BadSignature"}) == 1`,
			summary: "$CLUSTER and another cluster accept different keys: a rotation has stopped halfway, or a Secret is another one",
			runbook: [3]string{
				"spillway peer keys status -n $NS --contexts <all clusters>", "kubectl --context <$CLUSTER> -n $NS describe secret $SECRET",
				"spillway peer keys rotate -n $NS --contexts <all clusters>",
			},
		},
		{
			name: "MembersDiffer", severity: ticket, lasts: 15 * time.Minute, when: peers,
			expr: `max by (job, peer) (spillway_health_peer_members_differ{$J}) == 1` +
				` or max by (job, peer) (spillway_health_peer_unknown{$J, reason="Fleet"}) == 1`,
			summary: "$CLUSTER and another cluster know different members of the fleet, and promise each other nothing",
			runbook: [3]string{
				showFleet, "kubectl --context <$CLUSTER> -n $NS get clusterhealth $CLUSTER -o jsonpath='{.spec.fleet} {.spec.peers[*].name}'",
				"spillway generate -f <the ClusterFailover> --cluster $CLUSTER | kubectl --context <$CLUSTER> apply -f -",
			},
		},
		{
			name: "FewerThan2Replicas", severity: ticket, lasts: 15 * time.Minute, when: true,
			expr:    `(count(spillway_health_build_info{$J}) or vector(0)) < 2`,
			summary: "Fewer than two replicas of the health server of $CLUSTER run",
			runbook: [3]string{showPods, "kubectl --context <$CLUSTER> -n $NS describe deployment $NAME", "kubectl --context <$CLUSTER> -n $NS get events --field-selector involvedObject.name=$NAME"},
		},
	}
}

// address is where a person asks the cluster's gateway.
func (w writer) address() string {
	if w.cluster.Address == "" {
		return "<address>"
	}
	return w.cluster.Address
}
