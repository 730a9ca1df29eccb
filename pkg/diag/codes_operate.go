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
	}
}
