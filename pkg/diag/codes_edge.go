package diag

// edgeCodes are the findings about what stands before clusters: what every load balancer asks of a fleet, and the rules of
// health checks, HCnnn.
func edgeCodes() []Code {
	return []Code{
		{
			ID: "HC003", Title: "a redirect on the path that is probed",
			Why: "Google's load balancers take 200 only, and a redirect puts every backend out; Route 53 takes it for healthy, whatever " +
				"is behind it.",
			Fix: "Redirect at the load balancer, or by a route of the gateway behind the one of the probe path. Where every answer from " +
				"200 to 399 counts, match the body too: HTTPS_STR_MATCH with the cluster's token.",
		},
		{
			ID: "HC005", Title: "times of a health check that contradict each other",
			Why: "A probe that may take longer than the time until the next one is refused by the cloud, and only when the object " +
				"has long been accepted by the API server.",
			Fix: "Keep the timeout at or below the interval.",
		},
		{
			ID: "HC009", Title: "a probe that gives up before the answer can be there",
			Why: "The health route waits 1.5s for a server that hangs, and one lost probe would count as a verdict.",
			Fix: "Give the probe two seconds or more.",
		},
		{
			ID: "HC019", Title: "a health check that flaps",
			Why: "A single lost packet takes a backend out, and a moment later it is back.",
			Fix: "Let two or more probes in a row fail before a backend is left.",
		},
		{
			ID: "HC020", Title: "a gateway pod stops before the load balancer has left it",
			Why: "Every roll-out of the gateway loses the requests that are still sent to pods which are gone.",
			Fix: "Raise the gateway's terminationDrainDuration to the time that the load balancer needs, and the pod's termination " +
				"grace period above it.",
		},
		{
			ID: "HC029", Title: "the clusters that stay have less capacity than the one that leaves",
			Why: "A failover that overloads the survivors turns the loss of one cluster into the loss of all.",
			Fix: "Give each cluster room for the others' users, or let it grow that far in time.",
		},
		{
			ID: "SP330", Title: "it is not known which cluster of the cloud is meant",
			Why: "Load balancers and DNS are set up by the names that the cloud gave its clusters.",
			Fix: "Give clusters[].gke with project and location.",
		},
		{
			ID: "SP332", Title: "no cluster is in rotation",
			Why: "Google's load balancers fail closed: with no backend that has capacity every user gets an error.",
			Fix: "Leave one cluster Serving.",
		},
		{
			ID: "SP333", Title: "an answer that the load balancer does not take",
			Why: "Google's load balancers take 200 for healthy; 204 and redirects put the backend out.",
			Fix: "Leave expect out.",
		},
		{
			ID: "SP334", Title: "the load balancer does not know active and standby",
			Why: "It sends users to the nearest cluster that has room, so a standby cluster gets users on a good day, too.",
			Fix: "Choose an edge that knows which cluster comes first, or make all clusters Active.",
		},
		{
			ID: "SP335", Title: "clusters in several projects before one load balancer",
			Why: "Backends of another project are refused by the cloud.",
			Fix: "Put the clusters into one project, or give each its own load balancer.",
		},
		{
			ID: "SP336", Title: "the probe cannot compare the token",
			Why: "Each cluster answers with a token of its own, and what is asked has room for one only. An application that answers " +
				"the probe path with 200 would pass for a healthy cluster.",
			Fix: "See that the health route is on every host of the gateway; the objects of the target healthroutes do so.",
		},
		{
			ID: "SP337", Title: "an option that has no effect here",
			Why: "It belongs to another form of the edge; passed over without a word, it would look as if it were in force.",
			Fix: "Remove it, or choose the form that it belongs to.",
		},
		{
			ID: "SP338", Title: "the load balancer's certificate",
			Why: "Without one users are served in plain HTTP, and the redirect to HTTPS leads nowhere; with two places it is unclear " +
				"which one counts.",
			Fix: "Give either certificateMap or secret.",
		},
		{
			ID: "SP339", Title: "weights do not fail over",
			Why: "A weighted route sends each cluster its share whatever its health. They serve to bring a cluster in step by step.",
			Fix: "Go back to spread: Auto once the cluster serves.",
		},
		{
			ID: "SP340", Title: "the config cluster does not hold the objects",
			Why: "The load balancer is what the config cluster's objects say; where there are none, it is taken down.",
			Fix: "List the cluster under configClusters.",
		},
		{
			ID: "SP341", Title: "a cluster that is tried beside the others",
			Why: "It gets a load balancer of its own at its own address, and no users before it is let in.",
			Fix: "Set its rotation to Out, and reserve an address for it.",
		},
		{
			ID: "SP342", Title: "one cluster alone holds the objects that the fleet is configured by",
			Why: "When its API server is away nothing can be changed, and when it is gone the objects must be found elsewhere. Objects " +
				"that differ between two such clusters are a change for users at the moment of a switch.",
			Fix: "Keep the same objects in a second cluster, and check that they stay the same.",
		},
	}
}
