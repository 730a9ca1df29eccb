package route53_test

import (
	"strings"
	"testing"

	"github.com/spillway-mesh/spillway/pkg/target/route53"
	"github.com/spillway-mesh/spillway/pkg/target/targettest"
)

func Test(t *testing.T) {
	targettest.RunFleet(t, route53.New(), targettest.Kinds(route53.New()))
}

// What is refused or warned of, by options and clusters that differ from a good fleet.
func TestFindings(t *testing.T) {
	t.Parallel()
	const blue, green = "{name: blue, role: Primary, ingress: {address: 203.0.113.10}}", "{name: green, role: Secondary, ingress: {address: 203.0.113.20}}"
	for name, tc := range map[string]struct {
		clusters, options, want string
	}{
		"nothing is wrong":        {blue + ", " + green, "{}", ""},
		"a cluster that is not":   {blue + ", " + green, "{weights: {gren: 3}}", "error SP360 spec.edge[0].options.weights[gren]"},
		"a third without an ID":   {blue + ", " + green + ", {name: red, role: Secondary, ingress: {address: 203.0.113.30}}", "{}", "error SP366 spec.edge[0].options.hostedZoneID"},
		"a third, external-dns":   {blue + ", " + green + ", {name: red, role: Secondary, ingress: {address: 203.0.113.30}}", "{form: DNSEndpoint, healthCheckIDs: {blue: a, green: b, red: c}}", "error SP366 spec.edge[0].options.form"},
		"nobody serves":           {"{name: blue, rotation: Out, ingress: {address: 203.0.113.10}}, {name: green, rotation: Standby, ingress: {address: 203.0.113.20}}", "{}", "error SP361 spec.edge[0].options"},
		"a standby in multivalue": {"{name: blue, ingress: {address: 203.0.113.10}}, {name: green, rotation: Standby, ingress: {address: 203.0.113.20}}", "{}", "warning SP363 spec.clusters[1].rotation"},
		"alike":                   {"{name: blue, ingress: {address: 203.0.113.10}}, {name: green, ingress: {address: 203.0.113.20}}", "{policy: Failover}", "error SP362 spec.edge[0].options.policy"},
		"serving before standby":  {"{name: blue, rotation: Standby, ingress: {address: 203.0.113.10}}, {name: green, ingress: {address: 203.0.113.20}}", "{policy: Failover}", ""},
		"a lone PRIMARY":          {blue + ", {name: green, role: Secondary, rotation: Out, ingress: {address: 203.0.113.20}}", "{}", "warning HC041 spec.edge[0].options.records[shop.example.com A shop-blue]"},
		"calculated by ACK":       {blue + ", " + green, "{alsoHealthy: {blue: x}}", "error SP364 spec.edge[0].options.alsoHealthy[blue]"},
		"calculated, ID known":    {blue + ", " + green, "{alsoHealthy: {blue: x}, healthCheckIDs: {blue: y}}", ""},
		"no IDs yet":              {blue + ", " + green, "{form: DNSEndpoint}", "warning SP365 spec.edge[0].options.healthCheckIDs"},
		"a slow TTL":              {blue + ", " + green, "{ttl: 5m}", "warning HC013 spec.edge[0].options.records[shop.example.com A shop-blue]"},
		"two regions":             {blue + ", " + green, "{healthCheck: {regions: [us-east-1, eu-west-1]}}", "error HC048 spec.edge[0].options.checks[blue]"},
		"every 20 seconds":        {blue + ", " + green, "{healthCheck: {interval: 20s}}", "error HC047 spec.edge[0].options.checks[blue]"},
		"another zone":            {blue + ", " + green, "{zone: example.org}", "error HC045 spec.edge[0].options.records[shop.example.com A shop-blue]"},
		"names in multivalue":     {"{name: blue, ingress: {address: a.example.org}}, {name: green, ingress: {address: b.example.org}}", "{policy: MultiValue}", "error HC045 spec.edge[0].options.records[shop.example.com CNAME shop-blue]"},
		"two kinds of address":    {blue + ", {name: green, role: Secondary, ingress: {address: '2001:db8::20'}}", "{}", "warning HC041 spec.edge[0].options.records[shop.example.com A shop-blue]"},
		"a balancer, no zone":     {"{name: blue, ingress: {address: x.elb.us-east-1.amazonaws.com}}, {name: green, ingress: {address: 203.0.113.20}}", "{}", "error HC044 spec.edge[0].options.records[shop.example.com A shop-blue]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := "apiVersion: spillway.dev/v1alpha1\nkind: ClusterFailover\nmetadata: {name: shop, namespace: edge}\nspec:\n" +
				"  hosts: [shop.example.com]\n  clusters: [" + tc.clusters + "]\n  health: {peerKeys: {secret: {name: keys}}}\n" +
				"  edge: [{type: Route53, options: " + tc.options + "}]\n"
			said := targettest.GenerateFleet(t, targettest.Input{Spec: []byte(spec)}, route53.New()).Said
			first, _, _ := strings.Cut(said, ": ")
			if first != tc.want {
				t.Errorf("want %q, got\n%s", tc.want, said)
			}
		})
	}
}
