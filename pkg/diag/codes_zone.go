package diag

// zoneCodes are what a DNS provider refuses of records and health checks, or takes and answers otherwise than was meant.
func zoneCodes() []Code {
	return []Code{
		{
			ID: "HC011", Title: "a health check asks the name whose answers depend on it",
			Why: "The check reaches whatever the record happens to answer: a dead cluster is healthy as long as the other one " +
				"answers, and a healthy one dies with it.",
			Fix: "Check the cluster's own address, or a name that leads to that cluster alone.",
		},
		{
			ID: "HC012", Title: "a record without a health check among others",
			Why: "A record without a check is always healthy. A dead standby is used all the same, and a dead member of a group " +
				"goes on being answered.",
			Fix: "Give every record of the name a health check, the SECONDARY too.",
		},
		{
			ID: "HC013", Title: "answers live longer than a failover takes",
			Why: "Resolvers and clients keep an answer for its TTL at least. With a long one they go to a dead cluster long after " +
				"the records have changed.",
			Fix: "Use 60 seconds or less beside a health check; 30 is the default here.",
		},
		{
			ID: "HC015", Title: "external-dns does not read annotations of this prefix",
			Why: "external-dns 0.22 reads external-dns.kubernetes.io/, versions before it external-dns.alpha.kubernetes.io/. With " +
				"the other prefix it sees no annotation at all and makes no record, without a word.",
			Fix: "Give the version of external-dns that runs, or its --annotation-prefix.",
		},
		{
			ID: "HC016", Title: "an alias that counts as healthy without targets",
			Why: "An alias evaluates the target groups of a load balancer. One without any targets counts as healthy, so that a " +
				"cluster whose gateway is gone is still answered.",
			Fix: "Give the record a health check of its own besides.",
		},
		{
			ID: "HC017", Title: "a calculated check that never changes",
			Why: "More children than there are can never be healthy, and none at all always are.",
			Fix: "Choose a number from 1 to the number of children.",
		},
		{
			ID: "HC041", Title: "failover without exactly one PRIMARY and one SECONDARY",
			Why: "Route 53 refuses a second record of the same role; with one of the two missing there is nothing to fail over to.",
			Fix: "Use failover for exactly two clusters, gather several standbys under a name of their own, or use a multivalue answer.",
		},
		{
			ID: "HC042", Title: "records of one name and type with different policies",
			Why: "Route 53 refuses a record whose policy differs from that of the others of its name and type.",
			Fix: "Delete the others first, or give all the same policy.",
		},
		{
			ID: "HC043", Title: "a set identifier is missing, taken or too long",
			Why: "It tells the records of one name and type apart. Without it Route 53 refuses the record, and external-dns plans " +
				"a change in every round.",
			Fix: "Give each record an identifier of its own, of 128 characters at most.",
		},
		{
			ID: "HC044", Title: "an alias that Route 53 does not take",
			Why: "An alias takes TTL and values from its target, which must be known by its own hosted zone; the health of a " +
				"failover alias is that of its target.",
			Fix: "Follow the message; a load balancer says its hosted zone in its description.",
		},
		{
			ID: "HC045", Title: "a value that the record cannot hold",
			Why: "Route 53 refuses the record, and with it the whole batch of changes that it is part of.",
			Fix: "Follow the message.",
		},
		{
			ID: "HC046", Title: "weights or TTLs that Route 53 does not take",
			Why: "Weights are from 0 to 255, and the weighted records of one name share one TTL.",
			Fix: "Follow the message.",
		},
		{
			ID: "HC047", Title: "a health check that Route 53 does not take, or that checks nothing",
			Why: "The schemas of the objects that describe health checks have no limits; Route 53 refuses later, or does " +
				"something else than was meant.",
			Fix: "Follow the message.",
		},
		{
			ID: "HC048", Title: "too few checker regions",
			Why: "An endpoint is healthy as long as more than 18 % of the checkers reach it. Route 53 takes three regions at " +
				"least, so that the trouble of one does not decide.",
			Fix: "List three or more of the regions that it checks from, or none at all for all of them.",
		},
		{
			ID: "HC049", Title: "an address that no checker can reach",
			Why: "The checkers are on the internet, and Route 53 refuses private addresses.",
			Fix: "Check a public address, or let a CloudWatch alarm decide.",
		},
		{
			ID: "HC050", Title: "a health check that does not exist",
			Why: "Route 53 refuses the record; until then the name keeps its old answers.",
			Fix: "Correct the name, or create the health check first.",
		},
	}
}

// recordCodes are the findings of those who write DNS records for a fleet.
func recordCodes() []Code {
	return []Code{
		{
			ID: "SP360", Title: "an option for a cluster that there is not",
			Why: "The option would count for nothing, and the cluster that was meant would go without.",
			Fix: "Correct the name; options by cluster use the names of spec.clusters.",
		},
		{
			ID: "SP361", Title: "no cluster has a record",
			Why: "The hosts would lead nowhere.",
			Fix: "Set rotation: Serving for one cluster at least.",
		},
		{
			ID: "SP362", Title: "it is open which cluster is the PRIMARY",
			Why: "Failover sends everybody to one cluster and keeps the others for its failure. Chosen by chance, an edit " +
				"elsewhere could move all users.",
			Fix: "Give one cluster the role Primary and the others Secondary, or share the load: MultiValue or Weighted.",
		},
		{
			ID: "SP363", Title: "a standby that gets no record",
			Why: "A multivalue answer holds every healthy address alike; there is no last resort among them.",
			Fix: "Use the policy Weighted, where a standby has the weight 0, or Failover.",
		},
		{
			ID: "SP364", Title: "a calculated check cannot be written in this form",
			Why: "The objects of ACK name the children of a check by their IDs, which are known only after they were made.",
			Fix: "Use Terraform, which fills them in, or give the ID of a check that exists.",
		},
		{
			ID: "SP365", Title: "the health checks have no IDs yet",
			Why: "external-dns writes records and no health checks. Records without them would be answered for dead clusters, " +
				"so none are written before the IDs are known.",
			Fix: "Apply the Terraform file that is written beside, and put its output into healthCheckIDs.",
		},
		{
			ID: "SP366", Title: "failover over several clusters cannot be written in this form",
			Why: "Route 53 takes one PRIMARY and one SECONDARY. Further clusters are gathered under a name of their own, to which " +
				"an alias within the zone leads, and that alias cannot be written here.",
			Fix: "Follow the hint, or use a policy without an order.",
		},
		{
			ID: "SP367", Title: "the answers live longer than ttl says",
			Why: "An alias takes over the TTL of what it leads to: 60 seconds for a load balancer of AWS.",
			Fix: "Count with 60 seconds; with aliasZones the times are worked out so.",
		},
		{
			ID: "SP368", Title: "a record that nobody deletes",
			Why: "An external-dns that never deletes leaves the record of a cluster that was taken out of the fleet; as a PRIMARY it stands in " +
				"the way of another.",
			Fix: "Delete the record by hand, or drain the cluster instead of taking it out.",
		},
		{
			ID: "SP370", Title: "the health check of Cloud DNS cannot match tokens",
			Why: "One check stands for all addresses of a record set, and each cluster has a token of its own. A server that " +
				"answers 200 on the path for whatever reason passes for a healthy cluster.",
			Fix: "Nothing to do if only the health route answers on the path.",
		},
		{
			ID: "SP371", Title: "a backup without a location",
			Why: "Cloud DNS chooses among the backups by where users are, so each belongs to a region.",
			Fix: "Give the region of the cluster, or one near its users under locations.",
		},
		{
			ID: "SP372", Title: "a probe over HTTPS that names no host",
			Why: "Google's probes send no server name in the handshake, and Istio closes what no server of the gateway asked for: the cluster " +
				"would count as dead at all times.",
			Fix: "Probe HTTP, or give the gateway a server for * with a default certificate.",
		},
		{
			ID: "SP380", Title: "a health check that waits longer than it pauses",
			Why: "The load balancer refuses a timeout that is not shorter than the interval.",
			Fix: "Shorten the timeout, or lengthen the interval.",
		},
		{
			ID: "SP381", Title: "a load balancer of each cluster, and nothing that chooses among them",
			Why: "A load balancer of AWS has the pods of one cluster behind it. With all of them unhealthy it sends requests to all " +
				"of them; only what stands before it can leave the cluster.",
			Fix: "List the edge Route53 or ExternalDNS as well.",
		},
		{
			ID: "SP382", Title: "the gateway pods cannot be selected",
			Why: "The Service of the load balancer finds the gateway pods by the labels of the fleet's gateway.",
			Fix: "Use gateway.api: Istio and give gateway.selector.",
		},
		{
			ID: "SP383", Title: "the health check of a load balancer cannot match tokens",
			Why: "It looks at the status alone. A server that answers 200 on the path for whatever reason passes for healthy.",
			Fix: "Nothing to do if only the health route answers on the path.",
		},
	}
}
