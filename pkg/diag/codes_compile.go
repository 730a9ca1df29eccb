package diag

// compileCodes are about what is compiled together.
func compileCodes() []Code {
	return []Code{
		{
			ID: "SP401", Title: "there are two platforms",
			Why: "All specs of one run are planned for one mesh. Two platforms would mean two answers to what its proxies can do.",
			Fix: "Give one platform file with --platform, or keep one Platform among the specs; run once per mesh.",
		},
		{
			ID: "SP410", Title: "a spec that none of the chosen targets writes",
			Why: "To print nothing for it without a word would look like success.",
			Fix: "Leave --target out, or add one that writes the kind; `spillway targets` lists them.",
		},
		{
			ID: "SP411", Title: "an object that is applied as it is",
			Why: "The health server of the cluster watches the object itself.",
			Fix: "Apply the file; validate checks it.",
		},
	}
}
