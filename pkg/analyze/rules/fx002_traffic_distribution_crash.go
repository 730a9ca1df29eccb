package rules

import (
	"slices"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX002", Name: "traffic-distribution-crash", Severity: diag.Critical,
		Inputs:  analyze.Kinds{"ServiceEntry"},
		Summary: "the annotation traffic-distribution on a DNS host with several localities kills istiod",
		Why: "The annotation, on the ServiceEntry or its namespace, makes istiod order endpoints by labels, and for names " +
			"that are looked up in several localities it reads past the end of a list: the process exits, again and " +
			"again. No DestinationRule is needed for that. Seen on a real istiod.",
		Fix:     "remove the annotation, and order the endpoints with a localityLbSetting",
		Affects: "Istio 1.30 and later",
		Since:   30,
		Check:   checkTrafficDistributionCrash,
	})
}

const trafficDistribution = "networking.istio.io/traffic-distribution"

func checkTrafficDistributionCrash(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		lb := c.Policy.LoadBalancer.Value
		if c.Subset != "" || !c.Host.IsDNS() || len(c.Localities()) < 2 || lb.GetLocalityLbSetting() != nil || lb.GetZoneAwareLbSetting() != nil {
			continue
		}
		entry := c.Host.Entry()
		own, set := entry.Annotations[trafficDistribution]
		if prefers(own) {
			p.Report(entry.Object, "metadata.annotations["+trafficDistribution+"]",
				"istiod exits as soon as a client of %s connects: %s, looked up by DNS, in %d localities", c, own, len(c.Localities())).
				Remove("metadata.annotations[" + trafficDistribution + "]")
			continue
		}
		if value := p.NamespaceAnnotations(c.Host.Namespace)[trafficDistribution]; (!set || own == "") && prefers(value) {
			p.Report(entry.Object, "spec.endpoints",
				"istiod exits as soon as a client of %s connects: its namespace has %s: %s, and it is looked up by DNS in %d localities",
				c, trafficDistribution, value, len(c.Localities()))
		}
	}
}

// prefers says whether a value of the annotation orders endpoints.
func prefers(value string) bool {
	return slices.Contains([]string{"preferclose", "prefersamezone", "prefersamenode"}, strings.ToLower(value))
}
