package diag

// operateCodes are about changes of a cluster's mode, and are found when the change is asked for.
func operateCodes() []Code {
	return []Code{
		{
			ID: "SP801", Title: "a mode without a reason",
			Why: "Whoever is woken by the cluster at night finds the mode, and nobody to ask.",
			Fix: "Give --reason.",
		},
		{
			ID: "SP802", Title: "a mode that ends at no good time",
			Why: "Every mode ends, and every change ends with it: after guard.maxChange nothing that was set counts any more.",
			Fix: "Give --for with a time that ends before the change is older than guard.maxChange.",
		},
		{
			ID: "SP803", Title: "Strict without a check that could count",
			Why: "Under Strict a cluster leaves for a check that is Required, is not shared by all clusters, and passes elsewhere. With " +
				"none of these it never leaves, and the mode only looks like safety.",
			Fix: "Add such a check to the ClusterFailover.",
		},
		{
			ID: "SP804", Title: "another cluster would not promise to stay",
			Why: "A cluster leaves only while the others promise to stay. One that is not confirmed is not asked, so that the drain would " +
				"wait, and begin at a time that nobody has chosen.",
			Fix: "Find out with `spillway preflight` why it is not confirmed; a cluster that is gone for long gets rotation: Out.",
		},
		{
			ID: "SP805", Title: "the last cluster would be taken out",
			Why: "A load balancer without a backend answers errors to everybody; one that fails open sends users to the cluster all the same.",
			Fix: "Bring another cluster into rotation first.",
		},
		{
			ID: "SP806", Title: "an edge that this tool cannot drain",
			Why: "Not every edge chooses among clusters, and not every one can be told by every tool.",
			Fix: "Use another tool with -o, or `spillway mode drain`, which every edge that probes follows.",
		},
	}
}
