package diag

// maintenanceCodes are about when clusters may be worked on.
func maintenanceCodes() []Code {
	return []Code{
		{
			ID: "HC021", Title: "two clusters may be worked on at the same time, or too soon one after the other",
			Why: "A fault that an upgrade brings shows after hours. If the second cluster is upgraded by then, both have it, and nothing " +
				"is left to fail over to. Windows by the clocks of two time zones may meet in some weeks of the year only, when the clocks " +
				"of one have changed and those of the other have not.",
			Fix: "Give the clusters days of their own, such as Mon, Tue and Wed to one and Thu, Fri and Sat to the other; between two " +
				"windows leave soak and overrun.",
		},
		{
			ID: "SP601", Title: "a maintenance window that never opens",
			Why: "Clouds count in UTC. Of a window that is no longer than the change of the clocks nothing is open in summer and in winter.",
			Fix: "Make the window longer, or give its start in UTC.",
		},
		{
			ID: "SP602", Title: "a maintenance window is shortened by the change of the clocks",
			Why: "Clouds count in UTC. What is written is what is open whatever the clocks show, so that no work starts outside the window.",
			Fix: "Nothing to do; make the window longer by the change of the clocks if the time is needed.",
		},
		{
			ID: "SP603", Title: "an exclusion or a rotation is not valid",
			Why: "It names a cluster that is not in the fleet, ends before it starts, or would have two control planes rotated at once.",
			Fix: "Correct the field that the message names.",
		},
		{
			ID: "SP604", Title: "a cluster has no maintenance window",
			Why: "Without a window the cloud upgrades a cluster at any time, also while another one is being upgraded.",
			Fix: "Give every cluster a window, apart from those of the others.",
		},
		{
			ID: "SP605", Title: "the mode Strict cannot last for a window",
			Why: "A change of a cluster ends by guard.maxChange. A window that is longer, with what it may overrun, would go on without the checks.",
			Fix: "Shorten the window or the overrun, or raise health.guard.maxChange.",
		},
	}
}
