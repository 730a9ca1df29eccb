package diag

// healthCodes are what validation finds in the health of a cluster and in a fleet.
func healthCodes() []Code {
	return []Code{
		{
			ID: "SP501", Title: "the token of a cluster is not valid",
			Why: "Load balancers match the token in the body of a 200, and some of them take plain characters only.",
			Fix: "Leave it out, or use letters, digits, dots, hyphens and underscores.",
		},
		{
			ID: "SP502", Title: "a drill outside the mode Observe",
			Why: "A drill has checks read as failing; in any other mode the cluster could really leave.",
			Fix: "Set the mode Observe, or remove drill.",
		},
		{
			ID: "SP503", Title: "times that contradict each other",
			Why: "Rounds that overlap say nothing, and a promise that ends between two polls makes a cluster come back while it is drained.",
			Fix: "Keep timeout below interval, hold between 15s and 5m, and poll four times within hold at least.",
		},
		{
			ID: "SP504", Title: "a peer is not valid",
			Why: "A cluster leaves only on the word of others, each reached by an address of its own and over TLS.",
			Fix: "Name another cluster, and give an https URL that ends with the probe path and /peer.",
		},
		{
			ID: "SP505", Title: "the address of a check is not valid",
			Why: "The check could never pass.",
			Fix: "Write a URL with scheme and host, or a host and a port, as the kind of check asks for.",
		},
		{
			ID: "SP506", Title: "a check has no kind, or several",
			Why: "It would be unclear what the result says.",
			Fix: "Give exactly one of http, grpc, tcp, service, externalFailover, certificate and prometheus.",
		},
		{
			ID: "SP507", Title: "a check that can only inform",
			Why: "A certificate that expires next week or a query that looks back does not say that users are hurt now; no cluster leaves for it.",
			Fix: "Add importance: Informational.",
		},
		{
			ID: "SP508", Title: "a body is expected where there is none",
			Why: "An answer to HEAD has no body, so that the check could never pass.",
			Fix: "Remove body, or use GET.",
		},
	}
}

// fleetCodes are what validation finds in a ClusterFailover.
func fleetCodes() []Code {
	return []Code{
		{
			ID: "SP551", Title: "the roles of the clusters contradict each other",
			Why: "What stands before the clusters either shares the load among all, or sends it to one and fails over to the others.",
			Fix: "Leave the roles out, or make one cluster Primary and the others Secondary.",
		},
		{
			ID: "SP552", Title: "a fleet of one cluster",
			Why: "A cluster leaves only if another one promises to stay, and there is none.",
			Fix: "Add the cluster that stands in for it.",
		},
		{
			ID: "SP553", Title: "all clusters may be out at once",
			Why: "The guard keeps at least one cluster in, and the number says otherwise.",
			Fix: "Lower guard.maxOut below the number of clusters.",
		},
		{
			ID: "SP554", Title: "a maintenance window is not valid",
			Why: "The clouds would refuse the window, or open it at another time than is meant.",
			Fix: "Give days, a start such as \"02:00\", a duration from 1h to 24h, and a time zone by its name in the tz database.",
		},
	}
}
