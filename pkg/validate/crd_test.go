package validate_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/validate"
)

// kinds are those with a CRD, each with a spec that has a value for every field, and how many rules there are at least.
func kinds() []breaker {
	return []breaker{
		{kind: "ExternalFailover", example: everything, rules: 100},
		{kind: "ClusterHealth", example: wholeHealth + settings, rules: 100},
		{kind: "ClusterFailover", example: wholeFleet + "health:\n  " + strings.ReplaceAll(strings.TrimSpace(settings), "\n", "\n  "), rules: 120},
	}
}

// wholeHealth and settings together are every field of a ClusterHealth; settings also belong to a fleet.
const wholeHealth = `
cluster: blue
fleet: edge/shop
rotation: Serving
token: blue
mode:
  {name: Observe, until: "2026-11-23T02:00:00Z", reason: a drill, by: me, force: true, drill: [http], rebaseline: [http]}
capacity: {maxRPS: 1}
peers: [{name: green, urls: ["https://green.example.com/health/peer"], host: green.example.com, rotation: Out, token: green}]
`

const settings = `
path: /health
rest: Guard
checkerDown: Stay
round: {interval: 5s, timeout: 2s}
thresholds: {fall: 1, rise: 1, quorum: 1}
discover: {label: spillway.dev/health-check}
guard:
  {maxOut: 1, poll: 2s, confirm: 1, hold: 30s, minIn: 1s, minOut: 1s, maxOutsPerHour: 1, verify: 1s, maxChange: 1h, capacity: Warn}
peerKeys: {secret: {name: keys}, files: {dir: /keys}}
expectProbes: true
checks:
- name: http
  importance: Informational
  weight: 1
  shared: true
  http: {url: "http://a.shop/", method: GET, host: a.shop, headers: {x-a: b}, expect: [200], body: ok}
  grpc: {address: "a.shop:1", service: a.v1, tls: true, host: a.shop}
  tcp: {address: "a.shop:1"}
  service: {name: a, namespace: shop, minReady: 1}
  externalFailover: {name: a, namespace: shop, via: Mesh}
  certificate: {address: "a.shop:1", serverName: a.shop, minDays: 1}
  prometheus: {url: "http://a.shop/", query: up, above: "1", below: "2"}
`

const wholeFleet = `
hosts: [shop.example.com]
clusters:
- name: blue
  region: us-east1
  role: Primary
  gke: {project: shop, location: us-east1, fleetMembership: blue}
  ingress: {address: 192.0.2.1, peerAddress: 192.0.2.2}
  rotation: Serving
  capacity: {maxRPS: 1}
  egress: [198.51.100.0/24]
  maintenance: {days: [Mon], start: "02:00", duration: 6h, timeZone: Asia/Tokyo}
gateway:
  {api: Istio, selector: {istio: ingressgateway}, names: [edge/public], alsoServed: [admin.example.com], probePort: 8090,
   otherPaths: RedirectToHTTPS, authorization: AllowListed}
server: {image: spillway-health, replicas: 2, mesh: Sidecar, monitoring: None}
objective: {rto: 60s, availability: 99.5}
peerAccess: Address
maintenance:
  {soak: 12h, overrun: 2h, duringMaintenance: Strict, image: spillway,
   exclusions: [{name: sale, start: "2027-06-01T00:00:00Z", end: "2027-06-02T00:00:00Z", scope: NoUpgrades, clusters: [blue]}],
   rotations: [{cluster: blue, start: "2027-06-01T00:00:00Z", days: 7}]}
edge: [{type: ALB, options: {a: 1}}]
`

// everything has a value for each field of the CRD, though not all of them may stand together.
const everything = `
host: orders.internal
addresses: [240.200.0.1]
clients: {namespaces: [shop], regions: [us-east1], selector: {app: orders}, serviceAccounts: [orders], gateways: true}
ports: [{name: http, number: 80, protocol: HTTP, targetPort: 443, tls: Inherit}]
tls:
  mode: Mutual
  trust: {system: true, configMap: a, secret: b, file: /c}
  clientCertificate: {secret: a, files: {certificate: /a, key: /b}}
endpoints:
- {name: east, address: east.example.com, locality: us-east-1, group: usa, ports: {http: 443}, serverName: east.example.com,
   subjectAltNames: [east.example.com], hostHeader: Keep, weight: 1, signingRegion: us-east-1}
failover: [{from: us-east1, to: [usa], onlyListed: true}]
detect:
  {profile: Fast, gatewayErrors: 1, serverErrors: 1, interval: 1s, ejection: 1s, maxEjection: 1s, connectTimeout: 1s,
   active: {path: /, host: a.example.com, expect: "200", interval: 1s, timeout: 1s, unhealthy: 1, healthy: 1}}
requests:
- {name: reads, match: {methods: [GET], headers: {x-a: b}, path: /a, pathPrefix: /b}, retry: Full, timeout: 1s, perTryTimeout: 1s}
- {name: rest, retry: Never}
preset: s3
signing: {aws: {service: dynamodb}, clientSends: Unsigned}
delivery: Auto
egressGateway:
  {namespace: exit, name: exits, selector: {app: exits}, serviceAccount: exits,
   credentials: {roleARN: "arn:aws:iam::123456789012:role/exits", secret: aws, file: /aws}}
waypoint: {namespace: exit, name: waypoint}
allowCrossContinent: true
`

// schema is the part of OpenAPI that the CRD uses.
type schema struct {
	Properties    map[string]*schema `json:"properties"`
	Items         *schema            `json:"items"`
	Required      []string           `json:"required"`
	Type          string             `json:"type"`
	Pattern       string             `json:"pattern"`
	Enum          []string           `json:"enum"`
	Minimum       *int               `json:"minimum"`
	Maximum       *int               `json:"maximum"`
	MinLength     *int               `json:"minLength"`
	MaxLength     *int               `json:"maxLength"`
	MinItems      *int               `json:"minItems"`
	MaxItems      *int               `json:"maxItems"`
	MaxProperties *int               `json:"maxProperties"`
	ListType      string             `json:"x-kubernetes-list-type"`
}

// TestWhatTheSchemaRefuses breaks each rule of the CRD's schema in turn, and wants an error about that field.
func TestWhatTheSchemaRefuses(t *testing.T) {
	t.Parallel()
	for _, b := range kinds() {
		t.Run(b.kind, func(t *testing.T) {
			t.Parallel()
			b.t = t
			b.run()
		})
	}
}

func (b *breaker) run() {
	t := b.t
	t.Helper()
	data, err := os.ReadFile("../../manifests/crd/spillway.dev_" + strings.ToLower(b.kind) + "s.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var crd struct {
		Spec struct {
			Versions []struct {
				Schema struct {
					OpenAPIV3Schema schema `json:"openAPIV3Schema"`
				} `json:"schema"`
			} `json:"versions"`
		} `json:"spec"`
	}
	if err := yaml.Unmarshal(data, &crd); err != nil || len(crd.Spec.Versions) != 1 {
		t.Fatal(err, len(crd.Spec.Versions))
	}
	if err := yaml.Unmarshal([]byte(b.example), &b.spec); err != nil {
		t.Fatal(err)
	}
	for _, d := range b.errors() {
		// Only fields that exclude each other may be wrong, or the broken rule would not be told from the rest.
		if !excluding(d) {
			t.Errorf("before anything is broken: %s", d)
		}
	}
	spec := crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"]
	b.visit("spec", spec, func() any { return b.spec }, func(v any) { b.spec = v })
	if b.broken < b.rules {
		t.Errorf("only %d rules were broken; the schema is not read right", b.broken)
	}
}

// excluding says that an error is about fields that exclude each other, which the examples give all at once.
func excluding(d diag.Diagnostic) bool { return d.Code == "SP108" || d.Code == "SP506" }

// breaker breaks one rule of a kind at a time.
type breaker struct {
	kind, example string
	rules         int

	t      *testing.T
	spec   any
	broken int
}

func (b *breaker) errors() diag.List {
	b.t.Helper()
	text, err := yaml.Marshal(map[string]any{
		"apiVersion": "spillway.dev/v1alpha1", "kind": b.kind, "metadata": map[string]any{"name": "a"}, "spec": b.spec,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	result, diags := load.Bytes("in", text)
	for _, f := range result.Failovers {
		diags = append(diags, validate.ExternalFailover(f.Object)...)
	}
	for _, h := range result.Healths {
		diags = append(diags, validate.ClusterHealth(h.Object)...)
	}
	for _, f := range result.Fleets {
		diags = append(diags, validate.ClusterFailover(f.Object)...)
	}
	return slices.DeleteFunc(diags, func(d diag.Diagnostic) bool { return d.Severity != diag.Error })
}

// try puts a value in place of another, wants an error there, and puts the old one back.
func (b *breaker) try(path, rule string, get func() any, set func(any), value any) {
	b.t.Helper()
	old := get()
	set(value)
	defer set(old)
	b.broken++
	if !slices.ContainsFunc(b.errors(), func(d diag.Diagnostic) bool { return !excluding(d) && strings.HasPrefix(d.Path, path) }) {
		b.t.Errorf("%s: %s is not checked: %.80v gives %v", path, rule, value, b.errors())
	}
}

func (b *breaker) visit(path string, s *schema, get func() any, set func(any)) {
	b.t.Helper()
	switch s.Type {
	case "string":
		b.text(path, s, get, set)
	case "integer":
		b.number(path, s, get, set)
	case "array":
		b.list(path, s, get, set)
	case "object":
		b.object(path, s, get, set)
	}
}

func (b *breaker) text(path string, s *schema, get func() any, set func(any)) {
	b.t.Helper()
	if len(s.Enum) > 0 {
		b.try(path, "enum", get, set, "elsewhere")
	}
	if s.Pattern != "" {
		b.try(path, "pattern", get, set, "_ no")
	}
	if s.MaxLength != nil {
		b.try(path, "maxLength", get, set, "/"+strings.Repeat("a", *s.MaxLength))
	}
	if s.MinLength != nil && !slices.Contains(optionalNames(), path) {
		b.try(path, "minLength", get, set, "")
	}
}

// optionalNames may be left out, and an empty value is how Go leaves them out.
func optionalNames() []string {
	return []string{"spec.tls.trust.configMap", "spec.tls.trust.secret", "spec.tls.trust.file", "spec.tls.clientCertificate.secret"}
}

func (b *breaker) number(path string, s *schema, get func() any, set func(any)) {
	b.t.Helper()
	if s.Minimum != nil {
		b.try(path, "minimum", get, set, *s.Minimum-1)
	}
	if s.Maximum != nil {
		b.try(path, "maximum", get, set, *s.Maximum+1)
	}
}

func (b *breaker) list(path string, s *schema, get func() any, set func(any)) {
	b.t.Helper()
	list, ok := get().([]any)
	if !ok || len(list) == 0 {
		b.t.Fatalf("%s: there is no example", path)
	}
	if s.MinItems != nil {
		b.try(path, "minItems", get, set, []any{})
	}
	if s.MaxItems != nil {
		b.try(path, "maxItems", get, set, slices.Repeat(list[:1], *s.MaxItems+1))
	}
	if s.ListType == "set" || s.ListType == "map" {
		b.try(path, "listType="+s.ListType, get, set, slices.Concat(list[:1], list))
	}
	b.visit(path+"[0]", s.Items, func() any { return list[0] }, func(v any) { list[0] = v })
}

func (b *breaker) object(path string, s *schema, get func() any, set func(any)) {
	b.t.Helper()
	object, ok := get().(map[string]any)
	if !ok {
		b.t.Fatalf("%s: there is no example", path)
	}
	for _, name := range s.Required {
		without := maps.Clone(object)
		delete(without, name)
		b.try(path+"."+name, "required", get, set, without)
	}
	if s.MaxProperties != nil {
		more := maps.Clone(object)
		for i := range *s.MaxProperties {
			for _, v := range object {
				more[fmt.Sprintf("more-%d", i)] = v
			}
		}
		b.try(path, "maxProperties", get, set, more)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if object[name] == nil {
			b.t.Errorf("%s.%s: there is no example", path, name)
			continue
		}
		b.visit(path+"."+name, s.Properties[name], func() any { return object[name] }, func(v any) { object[name] = v })
	}
}
