package diag

import "slices"

// validateCodes are the findings of checking the fields of one object: SP1xx.
func validateCodes() []Code {
	return slices.Concat(valueCodes(), nameCodes(), meaningCodes())
}

// valueCodes are about a single value, as a schema would have it.
func valueCodes() []Code {
	return []Code{
		{
			ID: "SP101", Title: "a required value is missing",
			Why: "The spec means nothing without it, and there is no default that would be right for all.",
			Fix: "Add the field, or the entry of the list.",
		},
		{
			ID: "SP104", Title: "a number is out of range",
			Why: "Istio or Envoy would refuse the number, or do something else than it says.",
			Fix: "Write a number within the range given.",
		},
		{
			ID: "SP105", Title: "a value or a list is too long",
			Why: "The API server refuses it; the bounds keep objects small and names derivable.",
			Fix: "Shorten it, or split the spec.",
		},
		{
			ID: "SP106", Title: "a value is not one of those allowed",
			Why: "The field chooses between named behaviours, and upper and lower case count.",
			Fix: "Write one of the values the hint lists.",
		},
		{
			ID: "SP107", Title: "a value is there twice",
			Why: "Names and regions tell entries apart; with two alike one of them would never act.",
			Fix: "Rename or remove one of the two.",
		},
		{
			ID: "SP108", Title: "fields exclude each other, or exactly one of them is needed",
			Why: "Only one of the fields can hold, and guessing which would be wrong half of the time.",
			Fix: "Keep exactly one of the fields named.",
		},
		{
			ID: "SP114", Title: "a duration is out of range",
			Why: "Istio takes durations in whole milliseconds from 1ms on and refuses others; more than a day is a mistyped unit.",
			Fix: "Write a duration from 1ms to 24h, in whole milliseconds.",
		},
		{
			ID: "SP123", Title: "a label is not valid",
			Why: "Kubernetes refuses the label, and a selector with it would select nothing.",
			Fix: "Write the label as the pods or nodes have it.",
		},
		{
			ID: "SP126", Title: "a range of status codes is not valid",
			Why: "The probe would accept no answer, and every endpoint would count as dead.",
			Fix: "Write one code or a range from the lower to the higher one, such as 200-499.",
		},
		{
			ID: "SP127", Title: "an Istio version is not a minor version",
			Why: "What is generated depends on the minor version; \"1.31\" needs quotes, since YAML reads 1.30 as the number 1.3.",
			Fix: "Write the minor version in quotes, such as \"1.31\".",
		},
	}
}

// nameCodes are about names and addresses.
func nameCodes() []Code {
	return []Code{
		{
			ID: "SP102", Title: "a name is not valid",
			Why: "Names of objects, labels and subsets are made from it, and Kubernetes would refuse them.",
			Fix: "Use lower-case letters, digits and hyphens; begin and end with a letter or digit.",
		},
		{
			ID: "SP103", Title: "the host cannot be failed over",
			Why: "The host is one exact name outside the cluster. Wildcards cannot be dialled, names of the cluster belong to its services, and Istio completes a name without a dot with the namespace.",
			Fix: "Use the exact name the application dials; a name under .internal is right.",
		},
		{
			ID: "SP109", Title: "a name refers to nothing",
			Why: "A tier, or a port of an endpoint, that does not exist would be missing when it is needed.",
			Fix: "Use the name of an endpoint, group or port of this spec.",
		},
		{
			ID: "SP110", Title: "a name is that of an endpoint and of a group",
			Why: "failover[].to could mean either of them.",
			Fix: "Give the group another name.",
		},
		{
			ID: "SP111", Title: "an address or a server's name is not valid",
			Why: "The proxy could not look it up, send it, or find it in a certificate.",
			Fix: "Write a DNS name in lower case or an IP address, without scheme, port and path.",
		},
		{
			ID: "SP112", Title: "a virtual address or its range is not valid",
			Why: "Proxies catch the traffic of the host by its virtual IPv4 address; another address would catch nothing, or the traffic of others.",
			Fix: "Write IPv4 addresses nothing else uses, such as 240.200.10.1.",
		},
		{
			ID: "SP113", Title: "a port belongs to the sidecar",
			Why: "The sidecar listens on the port itself, so that a request to it never leaves the pod.",
			Fix: "Let the application dial another number; targetPort may still be any.",
		},
		{
			ID: "SP124", Title: "the client namespaces are not valid",
			Why: "Namespaces are listed by name; \"*\" means all of them, so that nothing can stand beside it.",
			Fix: "List the namespaces, or write [\"*\"].",
		},
		{
			ID: "SP125", Title: "the name of a region is not valid",
			Why: "Clients are told apart by the label topology.kubernetes.io/region of their nodes; a name that cannot be a label matches no client.",
			Fix: "Write the region as the nodes have it, without zone.",
		},
	}
}

// meaningCodes are about values that contradict each other or cannot do what they are for.
func meaningCodes() []Code {
	return []Code{
		{
			ID: "SP115", Title: "two durations contradict each other",
			Why: "One bounds the other, so that the shorter one would never let the longer one happen.",
			Fix: "Raise the bound, or lower what it bounds.",
		},
		{
			ID: "SP116", Title: "the classes of requests leave a gap or hide one another",
			Why: "The first class that matches wins. Without a last class that matches all, requests would find no route; a class that matches all hides those behind it.",
			Fix: "Give every class but the last one a match.",
		},
		{
			ID: "SP117", Title: "a regular expression is not valid",
			Why: "Envoy would refuse the route, and with it every route of the listener.",
			Fix: "Write an RE2 expression for the whole value; RE2 knows no look-around and no back-references.",
		},
		{
			ID: "SP118", Title: "a header cannot be matched",
			Why: "Envoy compares names in lower case; the host and the request line have fields of their own.",
			Fix: "Write the header's name in lower case, or use methods, path or pathPrefix.",
		},
		{
			ID: "SP119", Title: "an HTTP method is not valid",
			Why: "Methods are compared exactly; get is not GET, and the class would never match.",
			Fix: "Write the method in upper case.",
		},
		{
			ID: "SP120", Title: "the path of a URL is not valid",
			Why: "A path begins with / and has no space; a query is no part of what routes compare.",
			Fix: "Write the path alone, beginning with /.",
		},
		{
			ID: "SP121", Title: "the TLS settings contradict each other",
			Why: "The proxy would send something else than the spec says, in the worst case plain text.",
			Fix: "Choose the mode that fits the certificate and trust given, or remove them.",
		},
		{
			ID: "SP122", Title: "the path of a file is not valid",
			Why: "The proxy looks for the file in its own container, where relative paths have no meaning.",
			Fix: "Write an absolute path in its shortest form.",
		},
		{
			ID: "SP128", Title: "a weight has no effect",
			Why: "Weights share traffic among the endpoints of one group; an endpoint alone in its tier gets all of it.",
			Fix: "Remove the weight, or add the group.",
		},
		{
			ID: "SP129", Title: "two endpoints have the same address",
			Why: "A failover from one to the other ends at the server that is dead.",
			Fix: "Give the endpoints different addresses, or remove one of them.",
		},
	}
}
