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

const crdFile = "../../manifests/crd/spillway.dev_externalfailovers.yaml"

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
	data, err := os.ReadFile(crdFile)
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
	b := breaker{t: t}
	if err := yaml.Unmarshal([]byte(everything), &b.spec); err != nil {
		t.Fatal(err)
	}
	for _, d := range b.errors() {
		// Only fields that exclude each other may be wrong, or the broken rule would not be told from the rest.
		if d.Code != "SP108" {
			t.Errorf("before anything is broken: %s", d)
		}
	}
	spec := crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"]
	b.visit("spec", spec, func() any { return b.spec }, func(v any) { b.spec = v })
	if b.broken < 100 {
		t.Errorf("only %d rules were broken; the schema is not read right", b.broken)
	}
}

// breaker breaks one rule at a time.
type breaker struct {
	t      *testing.T
	spec   any
	broken int
}

func (b *breaker) errors() diag.List {
	b.t.Helper()
	text, err := yaml.Marshal(map[string]any{
		"apiVersion": "spillway.dev/v1alpha1", "kind": "ExternalFailover", "metadata": map[string]any{"name": "a"}, "spec": b.spec,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	result, diags := load.Bytes("in", text)
	for _, f := range result.Failovers {
		diags = append(diags, validate.ExternalFailover(f.Object)...)
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
	if !slices.ContainsFunc(b.errors(), func(d diag.Diagnostic) bool { return d.Code != "SP108" && strings.HasPrefix(d.Path, path) }) {
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
