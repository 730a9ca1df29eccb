package rules

import (
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "HC020", Name: "stops-too-soon", Severity: diag.Warning,
		Inputs:  analyze.Kinds{"Deployment"},
		Summary: "a gateway pod stops before the load balancer has left it",
		Why:     "Istio's gateways drain for five seconds unless told otherwise. Until its probes have failed, the load balancer sends requests to a pod that is gone: every roll-out and every node upgrade loses some.",
		Fix:     "raise terminationDrainDuration above the time that the load balancer needs, and terminationGracePeriodSeconds above that",
		Check:   checkStopsTooSoon,
	})
}

func checkStopsTooSoon(p *analyze.Pass) {
	var slowest *ask
	for _, a := range asksOf(p) {
		if !a.dns && a.path != "" && (slowest == nil || a.detection() > slowest.detection()) {
			slowest = &a
		}
	}
	if slowest == nil {
		return
	}
	needs := time.Duration(slowest.detection()) * time.Second
	for _, labels := range gatewayPods(p) {
		for _, d := range deploymentsOf(p, "", labels) {
			pod := d.Tree.At("spec", "template", "spec")
			grace := pod.At("terminationGracePeriodSeconds")
			switch drains, at := drainOf(d); {
			case drains < needs:
				p.Report(d, at.Path(), "a pod goes %s after it was told to, and %s may need %s to notice", drains, slowest.what, needs)
			case time.Duration(number(grace, 30))*time.Second < drains:
				p.Report(d, grace.Path(), "a pod is killed after %d s, before its drain of %s ends", number(grace, 30), drains)
			}
		}
	}
}

// drainOf is how long a gateway pod goes on serving after it was told to stop, and where that stands.
func drainOf(d *manifest.Object) (time.Duration, manifest.Value) {
	template := d.Tree.At("spec", "template")
	at := template.At("metadata", "annotations", "proxy.istio.io/config")
	out := 5 * time.Second
	if m := regexp.MustCompile(`terminationDrainDuration["']?\s*:\s*["']?(\w+)`).FindStringSubmatch(at.Text()); m != nil {
		if own, err := time.ParseDuration(m[1]); err == nil {
			out = own
		}
	}
	for _, c := range template.At("spec", "containers").Items() {
		for _, e := range c.At("env").Items() {
			name, value := e.At("name").Text(), e.At("value").Text()
			if name == "TERMINATION_DRAIN_DURATION_SECONDS" || name == "MINIMUM_DRAIN_DURATION" {
				if own, err := time.ParseDuration(value); err == nil {
					out = max(out, own)
				}
				out = max(out, time.Duration(textNumber(value, 0))*time.Second)
			}
		}
		out += before(c.At("lifecycle", "preStop"))
	}
	return out, at
}

// before is how long a preStop hook sleeps.
func before(hook manifest.Value) time.Duration {
	seconds := number(hook.At("sleep", "seconds"), 0)
	for i, word := range hook.At("exec", "command").Texts() {
		if m := regexp.MustCompile(`sleep (\d+)`).FindStringSubmatch(word); m != nil {
			seconds = textNumber(m[1], 0)
		}
		if words := hook.At("exec", "command").Texts(); word == "sleep" && i+1 < len(words) && !slices.Contains(words[:i], "sleep") {
			if n, err := strconv.Atoi(words[i+1]); err == nil {
				seconds = int64(n)
			}
		}
	}
	return time.Duration(seconds) * time.Second
}
