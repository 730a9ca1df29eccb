package diag

// analyzeCodes are what the analysis says about itself: SP6xx. What it finds is FX and HC, registered by its rules.
func analyzeCodes() []Code {
	return []Code{
		{
			ID: "SP601", Title: "rules were not asked, since something is not known",
			Why: "A rule that guesses raises false alarms, and then nobody reads the true ones. Without the named input these " +
				"rules cannot be sure, so they said nothing.",
			Fix: "Give the input as the hint says.",
		},
		{
			ID: "SP602", Title: "a finding is to be ignored without a reason",
			Why: "Whoever reads the object next year must know whether the reason still holds. Without one the finding is told.",
			Fix: "Write the reason as the value of the annotation.",
		},
		{
			ID: "SP603", Title: "objects are there more than once",
			Why: "A cluster holds one object of a kind, namespace and name. Folders for environments, and examples beside each " +
				"other, hold several: put together they would make hosts that exist nowhere, so each was looked at on its own.",
			Fix: "Nothing to do; give one folder or file to see it alone.",
		},
	}
}
