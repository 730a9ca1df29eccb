package test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// schema is the part of a CRD's OpenAPI schema that bounds the size of an object.
type schema struct {
	Type                 string            `json:"type"`
	Properties           map[string]schema `json:"properties"`
	Items                *schema           `json:"items"`
	AdditionalProperties *schema           `json:"additionalProperties"`
	MaxItems             *int              `json:"maxItems"`
	MaxProperties        *int              `json:"maxProperties"`
	Description          string            `json:"description"`
}

// crd is the part of a CustomResourceDefinition that the checks read.
type crd struct {
	Spec struct {
		Group    string `json:"group"`
		Versions []struct {
			Name   string `json:"name"`
			Schema struct {
				OpenAPIV3Schema schema `json:"openAPIV3Schema"`
			} `json:"schema"`
		} `json:"versions"`
	} `json:"spec"`
}

// unbounded lists the lists and maps without a limit below a field. The API server estimates what a CEL rule may cost
// from these limits, and refuses the whole CRD when it comes out too dear.
func unbounded(s schema, at string) []string {
	var found []string
	switch {
	case s.Type == "array" && s.MaxItems == nil:
		found = append(found, at+": a list without maxItems")
	case s.AdditionalProperties != nil && s.MaxProperties == nil:
		found = append(found, at+": a map without maxProperties")
	}
	if s.Items != nil {
		found = append(found, unbounded(*s.Items, at+"[]")...)
	}
	if s.AdditionalProperties != nil {
		found = append(found, unbounded(*s.AdditionalProperties, at+"[*]")...)
	}
	for name, p := range s.Properties {
		found = append(found, unbounded(p, at+"."+name)...)
	}
	slices.Sort(found)
	return found
}

// undescribed lists the fields that `kubectl explain` would show without a word.
func undescribed(s schema, at string) []string {
	var found []string
	for name, p := range s.Properties {
		if p.Description == "" {
			found = append(found, at+"."+name+": no description")
		}
		found = append(found, undescribed(p, at+"."+name)...)
	}
	if s.Items != nil {
		found = append(found, undescribed(*s.Items, at+"[]")...)
	}
	slices.Sort(found)
	return found
}

func TestCRDs(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../manifests/crd/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no CRD found: %v", err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var c crd
		if err := yaml.Unmarshal(raw, &c); err != nil {
			t.Fatal(err)
		}
		if c.Spec.Group != "spillway.dev" || len(c.Spec.Versions) != 1 || c.Spec.Versions[0].Name != "v1alpha1" {
			t.Errorf("%s: group %q, versions %+v", file, c.Spec.Group, c.Spec.Versions)
			continue
		}
		spec, ok := c.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"]
		if !ok || len(spec.Properties) == 0 {
			t.Errorf("%s: no spec", file)
		}
		for _, v := range append(unbounded(spec, "spec"), undescribed(spec, "spec")...) {
			t.Errorf("%s: %s", file, v)
		}
	}
}

func TestCRDRulesCatchViolations(t *testing.T) {
	t.Parallel()
	var s schema
	err := yaml.Unmarshal([]byte(`
type: object
properties:
  free: {type: array, items: {type: object, properties: {deep: {type: array, description: d, maxItems: 3, items: {type: string}}}}}
  map: {type: object, description: d, additionalProperties: {type: array, maxItems: 2}}
  tight: {type: object, description: d, maxProperties: 4, additionalProperties: {type: string}}
`), &s)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"spec.free: a list without maxItems", "spec.map: a map without maxProperties"}
	if diff := cmp.Diff(want, unbounded(s, "spec")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"spec.free: no description"}, undescribed(s, "spec")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
