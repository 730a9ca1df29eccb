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
			ID: "HC022", Title: "a maintenance window that the cloud refuses",
			Why: "GKE wants 48 hours of maintenance in any 32 days, in blocks of 4 hours at least, and takes exclusions of limited number " +
				"and length. It refuses the whole policy otherwise, and the old one stays.",
			Fix: "Write longer windows, or more days; shorten exclusions or leave some out.",
		},
		{
			ID: "HC023", Title: "clusters of one fleet are not upgraded one after the other by themselves",
			Why: "Rollout sequencing puts fleets of clusters in an order, not the clusters of one fleet: the same version may reach both in " +
				"one week, and only their windows keep them apart.",
			Fix: "Keep windows with a soak that lets faults show; for sequencing put the clusters into fleets of their own.",
		},
		{
			ID: "SP701", Title: "a maintenance window that never opens",
			Why: "Clouds count in UTC. Of a window that is no longer than the change of the clocks nothing is open in summer and in winter.",
			Fix: "Make the window longer, or give its start in UTC.",
		},
		{
			ID: "SP702", Title: "a maintenance window is shortened by the change of the clocks",
			Why: "Clouds count in UTC. What is written is what is open whatever the clocks show, so that no work starts outside the window.",
			Fix: "Nothing to do; make the window longer by the change of the clocks if the time is needed.",
		},
		{
			ID: "SP703", Title: "an exclusion or a rotation is not valid",
			Why: "It names a cluster that is not in the fleet, ends before it starts, or would have two control planes rotated at once.",
			Fix: "Correct the field that the message names.",
		},
		{
			ID: "SP704", Title: "a cluster has no maintenance window",
			Why: "Without a window the cloud upgrades a cluster at any time, also while another one is being upgraded.",
			Fix: "Give every cluster a window, apart from those of the others.",
		},
		{
			ID: "SP705", Title: "the mode Strict cannot last for a window",
			Why: "A change of a cluster ends by guard.maxChange. A window that is longer, with what it may overrun, would go on without the checks.",
			Fix: "Shorten the window or the overrun, or raise health.guard.maxChange.",
		},
		{
			ID: "SP706", Title: "no cloud is told of a maintenance window",
			Why: "Windows are written for GKE. EKS has none; elsewhere they are for the people who work on the cluster, and for the mode.",
			Fix: "Keep such clusters apart by version, and upgrade them in their windows by hand.",
		},
		{
			ID: "SP707", Title: "the image of the command line is the default",
			Why: "The name without a registry is looked up wherever the nodes look first, which is seldom where it is.",
			Fix: "Set maintenance.image to where you put the image of spillway.",
		},
		{
			ID: "SP708", Title: "one failover breaks the objective of a month",
			Why: "An availability leaves so many minutes of a month. If a single failover of clusters takes longer in its worst case, the " +
				"first one breaks the promise.",
			Fix: "Choose an edge that is faster, or promise less.",
		},
		{
			ID: "SP709", Title: "the failover of a host is slower than that of the cluster",
			Why: "When one region of a host outside the mesh dies, its clients move to the next. If the cluster's check fails before they " +
				"have, the whole cluster is left for what the clients would have mended by themselves.",
			Fix: "Let the inner layer be the faster one: detect.profile Balanced or Fast, a shorter perTryTimeout, or a larger thresholds.fall.",
		},
		{
			ID: "SP711", Title: "a service of the mesh cannot go on in another cluster",
			Why: "It is not named as a service, or it is the health server, which must answer for its own cluster alone.",
			Fix: "Name services as NAME.NAMESPACE, and leave health servers out.",
		},
		{
			ID: "SP712", Title: "a mesh alone does not move users",
			Why: "Users come through the gateway of one cluster. When that is dead no call is made that the mesh could move.",
			Fix: "Declare the load balancer or DNS that users come through, too.",
		},
		{
			ID: "SP713", Title: "a mesh may fail with the cluster that holds its control plane",
			Why: "With one control plane for all clusters, proxies keep what they know when it is gone, and none can start: a rollout or a " +
				"node that dies then takes what is left.",
			Fix: "Run a control plane in each cluster that sees the endpoints of all.",
		},
	}
}
