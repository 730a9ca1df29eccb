package diag

// importCodes are the findings of lifting objects into specs: SP65x.
func importCodes() []Code {
	return []Code{
		{
			ID: "SP651", Title: "a host that no spec can stand for",
			Why: "A spec is about one exact name outside the cluster with endpoints that have addresses of their own. Lifted all the " +
				"same, the host would mean something else than before.",
			Fix: "Leave the host out of the input and keep its objects.",
		},
		{
			ID: "SP652", Title: "a host with nothing to fail over to was passed over",
			Why: "Behind one endpoint there is no other. Its objects are right as they are, or need an endpoint in another region first.",
			Fix: "Nothing, if one endpoint is meant; else add the endpoint of another region to the ServiceEntry.",
		},
		{
			ID: "SP653", Title: "something was not carried over",
			Why: "Specs have no word for it, or Istio itself ignores it. What is generated from the spec does not do it.",
			Fix: "Keep it in an object of its own if it is needed, or do without.",
		},
		{
			ID: "SP654", Title: "something had to be decided",
			Why: "The objects leave it open, or say it in a way that cannot work, and the spec has to say one thing.",
			Fix: "Read what was decided, and change the spec where it should be otherwise.",
		},
		{
			ID: "SP655", Title: "the annotation of generated objects cannot be read",
			Why: "It holds what the objects do not say of their spec, such as the names of endpoints. Without it the spec is made of " +
				"what the objects alone say.",
			Fix: "Generate the objects anew from their spec, if there is one.",
		},
		{
			ID: "SP656", Title: "generated objects were changed by hand",
			Why: "They no longer do what the spec they remember asks for. What they do goes before what they remember.",
			Fix: "Read the change, and keep it in the spec or take it back there.",
		},
		{
			ID: "SP657", Title: "no host to lift",
			Why: "Only a ServiceEntry with several endpoints can become a failover, and there is none in the input.",
			Fix: "Give the ServiceEntries together with the DestinationRules, VirtualServices and EnvoyFilters of their hosts.",
		},
	}
}
