package diag

// targetCodes are the findings of writing the objects of a platform: SP3xx.
func targetCodes() []Code {
	return []Code{
		{
			ID: "SP301", Title: "an EnvoyFilter is needed and the platform forbids it",
			Why: "Istio's own objects cannot say it: a name per endpoint, explicit priorities, a second try for a TCP " +
				"connection, health checks, or a CA apart from the client certificate. Left out, the failover would lose requests.",
			Fix: "Allow EnvoyFilter in the platform file, or change the field as the hint says.",
		},
		{
			ID: "SP302", Title: "clients in all namespaces need the root namespace",
			Why: "An EnvoyFilter acts on its own namespace only; on all of them only from Istio's root namespace.",
			Fix: "Name the client namespaces, or have the platform team set rootNamespace in the platform file.",
		},
		{
			ID: "SP303", Title: "a secret would not reach the clients' proxies",
			Why: "Istio serves a secret only to pods that a selector picks, in namespaces that are named, and with a service " +
				"account that may read it. Otherwise it sends plaintext or nothing.",
			Fix: "Give clients.selector, clients.namespaces and clients.serviceAccounts.",
		},
		{
			ID: "SP304", Title: "a gateway cannot follow the order by subsets",
			Why: "The order is chosen by the labels of the client pods, and a route of a gateway does not look at them.",
			Fix: "Let the platform allow EnvoyFilter on Istio 1.31 or later, or write a spec of its own for the gateways.",
		},
		{
			ID: "SP305", Title: "a gateway's own route must carry the generated name",
			Why: "At a gateway the requests follow the routes of the gateway's VirtualService, which is not generated; the " +
				"settings find them by the name of the route.",
			Fix: "Set http[].name there as the hint says, with the timeout and retries of the generated VirtualService.",
		},
		{
			ID: "SP306", Title: "at a gateway a TCP connection is tried once only",
			Why: "The second try is written for the sidecars' listeners; a gateway's are its own.",
			Fix: "Have TCP clients dial the host through their sidecars, or let them connect again by themselves.",
		},
		{
			ID: "SP307", Title: "the gateways may not get the secret",
			Why: "Istio serves the secret only to pods that clients.selector picks.",
			Fix: "Put the selector's labels on the gateways' pods too, or write a spec of their own for them.",
		},
		{
			ID: "SP308", Title: "clients may list all secrets of their namespace",
			Why: "istiod hands a client certificate to a proxy only if its service account may list secrets; a right to this one " +
				"secret alone does not satisfy it. Who holds the account can then read the others too.",
			Fix: "Keep other secrets in another namespace; or mount the certificate into the sidecars and give it as files.",
		},
		{
			ID: "SP312", Title: "keys in a folder of a cluster",
			Why: "The Deployment that is written mounts no folder of yours; without its keys the server takes no other cluster's " +
				"word, and the cluster never leaves.",
			Fix: "Name a Secret under health.peerKeys.",
		},
		{
			ID: "SP313", Title: "the image of the health server is not named",
			Why: "A name without a registry is looked for where the nodes are set to look first, which may be anybody's.",
			Fix: "Set server.image to the image that your clusters pull.",
		},
		{
			ID: "SP314", Title: "no Gateway with TLS leads to the peer path",
			Why: "Clusters ask one another over TLS, with a certificate that is checked. The Gateway that is written here speaks plain " +
				"HTTP only, for load balancers; without a route on one with a certificate no cluster is ever confirmed, and none leaves.",
			Fix: "Give gateway.names.",
		},
		{
			ID: "SP315", Title: "a peer is called by another name than its address",
			Why: "With outboundTrafficPolicy REGISTRY_ONLY a sidecar knows a host by its address or by the name in TLS. An address that " +
				"is a DNS name gives it neither when the name in TLS is another one.",
			Fix: "Give the address as an IP address, or let each cluster have a host of its own.",
		},
		{
			ID: "SP320", Title: "an edge has no such option",
			Why: "An option that is misspelt and passed over would leave its default in place, and nobody would know.",
			Fix: "Correct the name; the page of the edge's target lists all options.",
		},
		{
			ID: "SP321", Title: "the value of an option does not fit",
			Why: "The option takes another type, or only values within bounds; the cloud would refuse the object later, or use another value.",
			Fix: "Write a value as the message says.",
		},
	}
}
