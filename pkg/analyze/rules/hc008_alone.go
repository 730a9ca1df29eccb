package rules

import (
	"slices"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "HC008", Name: "checker-alone", Severity: diag.Warning,
		Inputs:  analyze.Kinds{"Deployment"},
		Summary: "what answers for the cluster can go away with one node",
		Why:     "When the pod that answers probes is moved, the whole cluster is out for as long as that takes; and a node upgrade moves every pod.",
		Fix:     "run two replicas or more on different nodes, with a PodDisruptionBudget",
		Check:   checkAlone,
	})
}

func checkAlone(p *analyze.Pass) {
	for _, r := range healthRoutes(p, asksOf(p)) {
		service := serviceOf(p, r.host())
		if service == nil {
			continue
		}
		for _, d := range deploymentsOf(p, service.Namespace, service.Tree.At("spec", "selector").Table()) {
			checkReplicas(p, d, r.path)
		}
	}
}

func checkReplicas(p *analyze.Pass, d *manifest.Object, path string) {
	pod := d.Tree.At("spec", "template", "spec")
	replicas := d.Tree.At("spec", "replicas")
	if n := number(replicas, 1); n < 2 && !slices.ContainsFunc(autoscalersOf(p, d), func(h *manifest.Object) bool { return number(h.Tree.At("spec", "minReplicas"), 1) > 1 }) {
		p.Report(d, replicas.Path(), "one pod alone answers %s", path)
	}
	labels := d.Tree.At("spec", "template", "metadata", "labels").Table()
	if !slices.ContainsFunc(p.Snapshot.OfKind("policy", "PodDisruptionBudget"), func(b *manifest.Object) bool {
		return b.Namespace == d.Namespace && holds(labels, b.Tree.At("spec", "selector", "matchLabels").Table())
	}) {
		p.Report(d, "spec", "an upgrade of nodes may move all pods that answer %s at once", path).WithHint("add a PodDisruptionBudget with maxUnavailable: 1")
	}
	if len(pod.At("topologySpreadConstraints").Items()) == 0 && !pod.At("affinity", "podAntiAffinity").Exists() {
		p.Report(d, pod.Path(), "all pods that answer %s may be on one node", path).WithHint("add topologySpreadConstraints by kubernetes.io/hostname")
	}
	for _, key := range []string{"cloud.google.com/gke-nodepool", "eks.amazonaws.com/nodegroup", "kubernetes.azure.com/agentpool"} {
		if pool, ok := pod.At("nodeSelector").Table()[key]; ok {
			p.Report(d, pod.At("nodeSelector").Path(), "all pods that answer %s are in the node pool %s, which is upgraded as a whole", path, pool).
				WithHint("let them run in any node pool")
		}
	}
}
