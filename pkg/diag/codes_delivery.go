package diag

// deliveryCodes are about who fails over: sidecars, an egress gateway or a waypoint.
func deliveryCodes() []Code {
	return []Code{
		{
			ID: "SP250", Title: "this delivery cannot carry the host",
			Why: "A gateway accepts a connection before it knows whether a region answers, so TCP and TLS ports would lose what a " +
				"sidecar moves. A waypoint serves clients without sidecars, and only those.",
			Fix: "Leave delivery out, or give the port that needs another delivery a spec of its own.",
		},
		{
			ID: "SP251", Title: "the clients have no sidecars",
			Why: "With sidecars or an egress gateway it is the client's own proxy that leaves a dead region; ztunnel knows neither " +
				"requests nor failures.",
			Fix: "Leave delivery out: a waypoint then fails over.",
		},
		{
			ID: "SP252", Title: "nobody on the way can sign",
			Why: "A request signed for one AWS region is refused by another, so each region needs its own signature, from a hop " +
				"that holds credentials.",
			Fix: "Leave delivery out: an egress gateway signs, with credentials that its own pods hold.",
		},
		{
			ID: "SP254", Title: "the gateway's namespace may hold no EnvoyFilter",
			Why: "Istio has no setting of its own for AWS signatures; the signer is put into the gateway's listeners by EnvoyFilter.",
			Fix: "Have the platform team run the gateway in a namespace of its own and allow EnvoyFilters there: egressGateway: " +
				"{namespace: …, envoyFilter: Allowed} in the platform file.",
		},
		{
			ID: "SP255", Title: "the region to sign for is not known",
			Why: "A signature names the AWS region. It is read from the endpoint's name; names of one's own do not tell it, and a wrong " +
				"one has every request refused.",
			Fix: "Set endpoints[].signingRegion, or use the AWS name as address or serverName.",
		},
		{
			ID: "SP256", Title: "two hosts of one name meet on a port of the gateway",
			Why: "Ports come from a hash of namespace, name and endpoint, so that none ever moves. Hosts that share a port are told " +
				"apart by name, and these two have the same.",
			Fix: "Rename an endpoint of one of them, or give it another gateway: egressGateway: {name: …}.",
		},
		{
			ID: "SP257", Title: "two specs want different things of one gateway",
			Why: "A gateway is written once for all specs that name it; with two descriptions the one applied last would hold for both.",
			Fix: "Give both the same egressGateway, or one of them another name; or leave it to the platform file.",
		},
		{
			ID: "SP258", Title: "the waypoint's region decides",
			Why: "A waypoint does not see from which region a caller comes: all that it serves get the order of the region that its own " +
				"pods are in.",
			Fix: "Run a waypoint in the cluster of each region.",
		},
		{
			ID: "SP259", Title: "the gateway may be far from its clients",
			Why: "The pods of a gateway are found by one name in DNS. In a cluster of several regions a client takes any of them, and " +
				"each request may cross a region twice.",
			Fix: "Run one cluster for each region, or bind the gateway's pods to the region of the clients.",
		},
		{
			ID: "SP269", Title: "whoever is in the mesh signs",
			Why: "The gateway signs what it is sent with its own role. With clients.namespaces: [\"*\"] that is what any pod sends.",
			Fix: "List the namespaces whose pods may use the role.",
		},
	}
}
