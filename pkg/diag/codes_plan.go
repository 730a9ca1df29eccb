package diag

import "slices"

// planCodes are the findings of planning: SP2xx, and the analysis' FX021, which a spec can be told as well.
func planCodes() []Code {
	return slices.Concat(shapeCodes(), orderCodes(), regionCodes(), identityCodes(), clientCodes(), portCodes(),
		requestCodes(), togetherCodes(), fleetPlanCodes(), deliveryCodes())
}

// shapeCodes are about the host, its address and the platform.
func shapeCodes() []Code {
	return []Code{
		{
			ID: "SP200", Title: "a list is empty or too long to be planned",
			Why: "Plans are bounded (16 endpoints, 16 client regions) so that proxies stay small and every order can be checked.",
			Fix: "Join endpoints behind one DNS name, put several into a group, give far regions one order with from: \"*\".",
		},
		{
			ID: "SP201", Title: "the host cannot stand for endpoints outside the mesh",
			Why: "Wildcards have no endpoints, addresses are not looked up by name, and names of the cluster or without a dot " +
				"belong to Kubernetes: Istio would attach the rules to another service, or to none.",
			Fix: "Take one exact name under .internal and let the application dial it.",
		},
		{
			ID: "SP202", Title: "the host may be somebody's public name",
			Why: "A pod without a sidecar, or started before it, sends its requests and credentials to whoever owns the name.",
			Fix: "Take a name under .internal, which no one can own; or the real name of an endpoint, if that is meant.",
		},
		{
			ID: "SP203", Title: "it is not known whether the host resolves",
			Why: "An application asks DNS before the sidecar sees anything. Sidecars answer for such hosts only with DNS capture, " +
				"which is off by default; without it every call ends in NXDOMAIN.",
			Fix: "Annotate the client pods: proxy.istio.io/config with proxyMetadata ISTIO_META_DNS_CAPTURE: \"true\". If the " +
				"mesh does so for all, say dnsCapture: true in the platform file.",
		},
		{
			ID: "SP204", Title: "the host needs a DNS record",
			Why: "The platform says that sidecars do not answer DNS, so the name resolves only if a real record points to the " +
				"host's virtual address.",
			Fix: "Publish the record (spillway explain shows the address), or switch DNS capture on for the client pods.",
		},
		{
			ID: "SP205", Title: "the virtual address cannot be used",
			Why: "The address tells this host's connections from all others. One that two specs share, that Istio may give " +
				"away itself, or that is no IPv4 address would send connections to the wrong place.",
			Fix: "Leave addresses out and let one be chosen, or take a free one of the platform's vipCIDR.",
		},
		{
			ID: "SP207", Title: "the platform's range of addresses cannot be used",
			Why: "Default addresses come from it. A range that overlaps Istio's own (240.240.0.0/16) gives two hosts one address.",
			Fix: "Use a range of its own, such as 240.200.0.0/16.",
		},
		{
			ID: "SP208", Title: "the Istio version is not supported",
			Why: "What is written was tried on the minors that Istio itself supports. Older ones ignore some fields silently; " +
				"newer ones may have changed their meaning.",
			Fix: "Upgrade the mesh, or Spillway. Write versions as \"1.31\".",
		},
		{
			ID: "SP209", Title: "--istio-version is newer than the platform",
			Why: "Objects for a newer Istio than the one that reads them are partly ignored, without a word.",
			Fix: "Use the flag to lower only; after an upgrade change the platform file.",
		},
	}
}

// orderCodes are about the order of tiers.
func orderCodes() []Code {
	return []Code{
		{
			ID: "SP206", Title: "one name stands for two things",
			Why: "Endpoints, groups, ports, classes and client regions are told apart by name. With two alike, one would never act.",
			Fix: "Rename or remove one of the two.",
		},
		{
			ID: "SP210", Title: "a client region cannot get its order on this platform",
			Why: "Istio alone gives a region at most three tiers, and only some orders at that. Written all the same, the order " +
				"would be another one in the very moment it matters, so nothing is written.",
			Fix: "Allow EnvoyFilters for the client namespaces and run istiod 1.31, which makes any order possible; or list two " +
				"tiers per region and let the others form the last one together; or join endpoints into groups.",
		},
		{
			ID: "SP211", Title: "\"*\" holds only for the regions that are known",
			Why: "Without explicit priorities Istio has no word for \"everyone else\". The order is written for each known region; " +
				"a client of any other one, say after a new node pool, gets all endpoints at once, worldwide.",
			Fix: "List all regions of your nodes (clients.regions, the platform file, --client-regions), or use istiod 1.31 with " +
				"EnvoyFilters allowed, where \"*\" is exact.",
		},
		{
			ID: "SP212", Title: "\"*\" cannot be had beside onlyListed",
			Why: "onlyListed promises that data never leaves a list. Without explicit priorities a client of an unknown region " +
				"gets all endpoints at once, so an order for everyone else would be a promise nobody keeps.",
			Fix: "Name each client region, or give \"*\" one endpoint with onlyListed: true; or allow EnvoyFilters on istiod 1.31.",
		},
		{
			ID: "SP213", Title: "clients of a region get no order",
			Why: "Istio cannot refuse them: they spread over all endpoints at once, also over those far away, and notice a dead " +
				"one with their own requests.",
			Fix: "Add a failover entry for the region, or one with from: \"*\".",
		},
		{
			ID: "SP214", Title: "the order cannot be filled in",
			Why: "Without failover, endpoints are ordered by distance from the clients, which needs to know where both are.",
			Fix: "List failover; or give clients.regions, and a locality of GCP, AWS or Azure for every endpoint.",
		},
		{
			ID: "SP215", Title: "endpoints lie on another continent",
			Why: "An order that is filled in never moves data to another continent by itself: law and latency may forbid it.",
			Fix: "Set allowCrossContinent: true, or list failover.",
		},
		{
			ID: "SP218", Title: "failover[].to does not name an endpoint or a group",
			Why: "A name that matches nothing would leave a tier empty, and the order would be another one than it reads.",
			Fix: "Use the names under endpoints; endpoints in a group are named by the group; each name once.",
		},
		{
			ID: "SP220", Title: "clients without a locality cannot have an order apart from everyone else's",
			Why: "Explicit priorities are picked by the region label of the client's pod. One without the label gets what all " +
				"those get whom nobody named.",
			Fix: "Give from: \"\" and from: \"*\" the same order, or drop one of them.",
		},
		{
			ID: "SP221", Title: "no order uses an endpoint",
			Why: "It costs DNS queries and an entry in every proxy, and helps nobody.",
			Fix: "List it in failover, or drop it.",
		},
		{
			ID: "SP222", Title: "there is nothing to fail over to",
			Why: "With one tier, a dead region means failed requests; retries and timeouts still apply.",
			Fix: "Add an endpoint in another region.",
		},
	}
}

// regionCodes are about how regions are spelt.
func regionCodes() []Code {
	return []Code{
		{
			ID: "SP216", Title: "a region is probably misspelt",
			Why: "Istio compares regions letter by letter: us-east-1 (AWS) is not us-east1 (GCP). A name that no node has " +
				"matches no client, silently.",
			Fix: "Spell it as the label topology.kubernetes.io/region of the nodes does: kubectl get nodes -L " +
				"topology.kubernetes.io/region.",
		},
		{
			ID: "SP217", Title: "this is not a region",
			Why: "A zone or a pattern matches no client and no endpoint.",
			Fix: "Write the region alone: us-east1, not us-east1-b or us-east1/us-east1-b.",
		},
	}
}

// identityCodes are about the names that go over the wire.
func identityCodes() []Code {
	return []Code{
		{
			ID: "SP230", Title: "endpoints with different names need an EnvoyFilter",
			Why: "Istio's own objects send one server name and one Host to all endpoints; the second region would refuse both. " +
				"Only an EnvoyFilter, or an egress gateway with a port per region, gives each its own.",
			Fix: "Allow EnvoyFilters for the client namespaces; or give all endpoints one serverName and hostHeader that all of " +
				"them serve. The egress gateway is not written by this release.",
		},
		{
			ID: "SP231", Title: "names other than the addresses need a newer istiod",
			Why: "Envoy takes an endpoint's name from its address unless it is given one, which an EnvoyFilter can do since " +
				"istiod 1.31.",
			Fix: "Upgrade istiod, or address the endpoints by the names in their certificates.",
		},
		{
			ID: "SP232", Title: "these Host headers cannot be sent",
			Why: "Envoy keeps the application's Host, or rewrites it to one name, or to the endpoint's own: one of these for a " +
				"route. The endpoint's own is also its server name where server names differ.",
			Fix: "Leave hostHeader out, or give all endpoints the same one, or Keep.",
		},
		{
			ID: "SP233", Title: "these certificate names cannot be checked",
			Why: "Envoy checks one list of names for all endpoints, or each endpoint's own server name. Anything between would " +
				"accept a wrong certificate or refuse a right one.",
			Fix: "Give each endpoint the serverName that its certificate holds, and leave subjectAltNames out; or the same list " +
				"to all.",
		},
		{
			ID: "SP234", Title: "only the server name is checked, not the other names listed",
			Why: "Where endpoints have different server names, Envoy asks each certificate for exactly that name. A " +
				"certificate that holds only one of the other names listed is refused.",
			Fix: "Make sure the certificate holds serverName, and drop subjectAltNames.",
		},
		{
			ID: "SP235", Title: "TLS on a TCP port needs one server name",
			Why: "A server name for each endpoint was only tried on HTTP ports. Untried, a TLS setting may check nothing.",
			Fix: "Give all endpoints one serverName, or let the application speak TLS and make the port TLS.",
		},
		{
			ID: "SP236", Title: "the protocol begins in plain text",
			Why: "PostgreSQL, MySQL and others change to TLS after a few words of plain text. A proxy that begins with TLS " +
				"talks past the server: no connection comes about.",
			Fix: "Leave TLS to the application's driver and drop tls: Inherit on the port.",
		},
		{
			ID: "SP237", Title: "names cannot be given where TLS is passed through",
			Why: "The application's own handshake is already under way: its server name and Host reach every endpoint unchanged.",
			Fix: "Drop the names and have every endpoint serve a certificate for the host, or let the proxy originate TLS.",
		},
		{
			ID: "SP238", Title: "names do not act on the pass-through port",
			Why: "They act on the other ports. On this one the endpoint must serve a certificate for the host itself.",
			Fix: "Check the certificates, or move the port to a spec of its own.",
		},
	}
}

// clientCodes are about who the clients are and what they may read.
func clientCodes() []Code {
	return []Code{
		{
			ID: "SP240", Title: "a secret needs clients.selector",
			Why: "Istio hands secrets to sidecars only through a rule that selects them. Without a selector it sends plain text " +
				"to the TLS port.",
			Fix: "Select the client pods by label, or mount certificate files and name their paths.",
		},
		{
			ID: "SP241", Title: "a secret needs clients.serviceAccounts",
			Why: "Istiod hands a secret only to a service account that may read it; without it, plain text is sent.",
			Fix: "List the service accounts of the client pods; the Role and RoleBinding are written for them.",
		},
		{
			ID: "SP242", Title: "not every namespace can be served",
			Why: "EnvoyFilters act in their own namespace or in Istio's root namespace, and secrets in the client's. For all " +
				"namespaces the first must be ours to write to, and the second cannot be had.",
			Fix: "List the client namespaces; or have the platform team set rootNamespace.",
		},
		{
			ID: "SP243", Title: "\"*\" stands beside other namespaces",
			Why: "It already means all of them; one of the two is a mistake.",
			Fix: "Keep \"*\" or the list.",
		},
		{
			ID: "SP253", Title: "a spec too long to be kept with its objects",
			Why: "The ServiceEntry carries what the objects do not say of the spec, up to 32 KiB, so that import can bring the spec " +
				"back. Without it import reads what the objects alone say.",
			Fix: "Keep the spec itself in version control; shorten the expressions under requests[].match.",
		},
		{
			ID: "FX021", Title: "AWS signatures break in the second region",
			Why: "The SDK signs for one region, and the signature covers region and host. After a failover every request is " +
				"answered 400 or 403, which looks healthy: nothing is ejected and nothing retried.",
			Fix: "Send requests unsigned and say signing: {aws: {service: …}}: an egress gateway then signs for each region; explain " +
				"shows what the application changes. If nobody has to sign, say signing: {clientSends: Unsigned}.",
		},
	}
}

// portCodes are about ports and how they are watched.
func portCodes() []Code {
	return []Code{
		{
			ID: "SP239", Title: "TLS inside TLS",
			Why: "The application already encrypts on a port of protocol TLS; the endpoint would get a handshake in a handshake.",
			Fix: "Drop tls: Inherit, or let the application speak plain text on an HTTP or TCP port.",
		},
		{
			ID: "SP245", Title: "TCP needs an EnvoyFilter",
			Why: "Without max_connect_attempts a connection is tried once: of 300 new connections into a black hole 25 were lost, " +
				"with it none.",
			Fix: "Allow EnvoyFilters for the client namespaces, or drop the port.",
		},
		{
			ID: "SP246", Title: "active checks cannot be written",
			Why: "They are written by EnvoyFilter, and they speak HTTP.",
			Fix: "Drop detect.active; a dead endpoint is then found by the first requests and tried again after its ejection.",
		},
		{
			ID: "SP247", Title: "plain HTTP to port 443",
			Why: "Such ports nearly always want TLS: every request would be answered 400, or not at all.",
			Fix: "Set tls: {mode: Simple}.",
		},
		{
			ID: "SP248", Title: "TLS to port 80",
			Why: "Such ports nearly always speak plain HTTP: every handshake would fail, in all regions at once.",
			Fix: "Set targetPort: 443, or tls: None on the port.",
		},
		{
			ID: "SP249", Title: "no such port",
			Why: "An endpoint's own port numbers are looked up by the names of the host's ports; others never act.",
			Fix: "Use the names and protocols that spec.ports knows.",
		},
		{
			ID: "SP266", Title: "a number contradicts another, or Istio would refuse it",
			Why: "Detection with impossible numbers does not detect.",
			Fix: "Correct the number, or leave it to the profile.",
		},
	}
}

// requestCodes are about classes of requests and their timeouts.
func requestCodes() []Code {
	return []Code{
		{
			ID: "SP260", Title: "requests cannot be told apart on these ports",
			Why: "On TCP and TLS ports the proxy sees connections. Nothing is retried there but connecting.",
			Fix: "Drop requests and preset, or use protocol HTTP, HTTP2 or GRPC where the application speaks it in plain text.",
		},
		{
			ID: "SP261", Title: "the classes of requests do not fit together",
			Why: "The first match wins and the last class takes the rest. Otherwise requests fall through and get Istio's own " +
				"defaults: two retries, no timeout.",
			Fix: "Give every class but the last a match; or use a preset instead.",
		},
		{
			ID: "SP262", Title: "one try may take longer than the whole request",
			Why: "The request ends before its first try does, so that a region that hangs is never left.",
			Fix: "perTryTimeout at most timeout divided by the number of tiers.",
		},
		{
			ID: "SP263", Title: "the timeout is over before the last tier is tried",
			Why: "If all tiers before it hang, each takes one perTryTimeout, and if they swallow connections, one connectTimeout (two " +
				"of them where EnvoyFilters are forbidden).",
			Fix: "Raise timeout, or lower perTryTimeout or connectTimeout.",
		},
		{
			ID: "SP264", Title: "a region that hangs is not left",
			Why: "Only a timeout turns silence into a failure. Without one, every request to such a region hangs (750 of 750).",
			Fix: "Give the class timeout and perTryTimeout; keep streams in a class of their own.",
		},
		{
			ID: "SP265", Title: "HTTP and GRPC ports share their classes",
			Why: "Streams must not have the timeouts that requests need, and the classes hold for all ports.",
			Fix: "List requests that tell the two apart by path, or write one spec for each.",
		},
	}
}

// togetherCodes are about specs that are wrong only because of one another.
func togetherCodes() []Code {
	return []Code{
		{
			ID: "SP267", Title: "active checks ask every endpoint for one Host",
			Why: "A server that does not know the Host answers 404 or 421, which counts as alive by default: a region whose " +
				"application is dead is then let back in at every check.",
			Fix: "Set detect.active.host to a name that all endpoints serve, or let everyone have an order with from: \"*\".",
		},
		{
			ID: "SP268", Title: "gRPC ports are probed by the gRPC health protocol",
			Why: "An endpoint that does not serve grpc.health.v1.Health answers Unimplemented, and the proxy takes it for dead.",
			Fix: "Make sure every endpoint serves it; or set detect.active.path to a path that a living endpoint answers within expect.",
		},
		{
			ID: "SP270", Title: "two specs have one name",
			Why: "The objects of the second overwrite those of the first.",
			Fix: "Rename one, or read each file once.",
		},
		{
			ID: "SP271", Title: "two specs claim one host",
			Why: "Of two ServiceEntries for a host that a client sees, Istio takes one and drops the other's endpoints, or " +
				"merges them: neither order holds.",
			Fix: "Put all endpoints into one spec, or keep the client namespaces apart.",
		},
	}
}
