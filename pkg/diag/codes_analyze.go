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
		{
			ID: "SP604", Title: "objects of a cluster could not be seen",
			Why: "The user of the context may not list them, or the API server did not answer. What they would tell is missing: " +
				"a finding that depends on them may be absent, or wrong.",
			Fix: "Give the user the right to list them (get and list are enough), or judge the findings with that in mind.",
		},
		{
			ID: "SP605", Title: "clusters that should be alike differ",
			Why: "Clients of one cluster fail over otherwise than those of the other: what was tested in the one does not hold " +
				"in the other. Mostly a change was made by hand, or a delivery reached only some clusters.",
			Fix: "Deliver the same objects to all clusters, from one spec; or leave the context out if it is to differ.",
		},
		{
			ID: "SP606", Title: "endpoints of a proxy are not in its dump",
			Why: "Envoy leaves out of its config dump what came to it by EDS, unless it is asked. Whether a region can be left, and " +
				"in which order, cannot be judged without.",
			Fix: "Take /config_dump?include_eds, or give the proxy's admin address.",
		},
	}
}
