package diag

// fleetPlanCodes are about a fleet of clusters and what stands before it.
func fleetPlanCodes() []Code {
	return []Code{
		{
			ID: "SP280", Title: "the other clusters cannot reach a cluster",
			Why: "A cluster leaves only on the word of others, which is asked of each at an address of its own. At a shared " +
				"address a cluster might ask itself.",
			Fix: "Give ingress.address, the address of that cluster's gateway alone.",
		},
		{
			ID: "SP281", Title: "the objective cannot be kept",
			Why: "What stands before the clusters notices a failure only after some probes, and its users move later still. " +
				"An objective below that would be broken by the first failure.",
			Fix: "Raise objective.rto to the worst case that the message names, or choose a faster edge.",
		},
		{
			ID: "SP282", Title: "there are no keys for messages between clusters",
			Why: "Promises to stay are signed. Without keys no cluster takes another's word, and none ever leaves.",
			Fix: "Put the same keys into a Secret of each cluster, and name it under health.peerKeys.",
		},
		{
			ID: "SP285", Title: "two fleets write the health of one cluster",
			Why: "A ClusterHealth has the name of its cluster and the namespace of its fleet. The second would overwrite the first.",
			Fix: "Put the two fleets into different namespaces.",
		},
		{
			ID: "SP286", Title: "it is not known how long a failover takes",
			Why: "How long an edge takes depends on something that is not written here: the provider behind it, or nothing at all.",
			Fix: "Declare the edge, measure the failover, and hold the objective against that.",
		},
		{
			ID: "SP287", Title: "guard.minOut is raised",
			Why: "A cluster that comes back before what stands before it has noticed has left in vain, and users met the failure.",
			Fix: "Nothing to do; remove minOut to have it chosen.",
		},
		{
			ID: "SP288", Title: "the name of a fleet is too long",
			Why: "Namespace and name are part of every message between the clusters; cut short, two fleets could take each other for one.",
			Fix: "Shorten the name of the ClusterFailover.",
		},
		{
			ID: "SP291", Title: "the gateway is not described in its own API's words",
			Why: "A route of the Gateway API belongs to a Gateway that somebody else writes, with its own listeners. Istio's API takes " +
				"a port and a redirect, the Gateway API the name of a Gateway.",
			Fix: "Give gateway.names with the Gateway API; leave probePort and otherPaths to Istio's.",
		},
		{
			ID: "SP292", Title: "the address of an internal load balancer is a public one",
			Why: "With peerAccess InternalLoadBalancer a Service asks the cloud for the address at which the other clusters ask. A public " +
				"address is refused, the Service stays without one, and no cluster is ever confirmed.",
			Fix: "Reserve an address in the cluster's network and give it as ingress.peerAddress, or set peerAccess: Address.",
		},
	}
}
