// Package generated turns specs into what the suite needs: the objects that this project generates, what it promises,
// and, read from the spec alone and apart from the product's code, the world and the load that a live run needs.
// Start reading at Compile; scenarios are in scenario.go.
package generated

import (
	"bytes"
	"fmt"
	"os"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/compile"
	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target/all"
	"github.com/spillway-mesh/spillway/test/conformance/cluster"
)

// Case is one spec and what was made of it.
type Case struct {
	Name    string
	Spec    *v1alpha1.ExternalFailover
	Plan    *plan.Plan
	Objects []*unstructured.Unstructured
	// Text is the YAML of the objects.
	Text []byte
}

// Read reads the spec in a file, and the platform that may stand behind it; without one the default holds.
func Read(file string) (*v1alpha1.ExternalFailover, plan.Platform, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, plan.Platform{}, fmt.Errorf("reading a spec: %w", err)
	}
	first, second, _ := bytes.Cut(data, []byte("\n---\n"))
	spec := &v1alpha1.ExternalFailover{}
	if err := yaml.UnmarshalStrict(first, spec); err != nil {
		return nil, plan.Platform{}, fmt.Errorf("reading %s: %w", file, err)
	}
	if len(second) == 0 {
		return spec, plan.DefaultPlatform(), nil
	}
	object := &v1alpha1.Platform{}
	if err := yaml.UnmarshalStrict(second, object); err != nil {
		return nil, plan.Platform{}, fmt.Errorf("reading the platform in %s: %w", file, err)
	}
	platform, diags := plan.ResolvePlatform(object, plan.Overrides{})
	if diags.HasErrors() {
		return nil, plan.Platform{}, fmt.Errorf("reading the platform in %s: %v", file, diags)
	}
	return spec, platform, nil
}

// Rename moves a spec and its clients into namespaces of the case's own, so that cases can stand side by side.
func Rename(spec *v1alpha1.ExternalFailover, prefix string) {
	own := spec.Namespace
	move := func(ns string) string {
		if ns == own {
			return prefix
		}
		return prefix + "-" + ns
	}
	spec.Namespace = prefix
	if g := spec.Spec.EgressGateway; g != nil && g.Namespace != "" {
		g.Namespace = move(g.Namespace)
	}
	if c := spec.Spec.Clients; c != nil {
		for i, ns := range c.Namespaces {
			c.Namespaces[i] = move(ns)
		}
	}
}

// Compile generates the objects of a spec. The case is nil if the spec is refused; then the list says why.
func Compile(name string, spec *v1alpha1.ExternalFailover, platform plan.Platform) (*Case, diag.List, error) {
	c := &Case{Name: name, Spec: spec}
	batch := compile.NewBatch([]load.Failover{{Object: spec}}, platform, all.Targets())
	var diags diag.List
	if c.Plan, diags = batch.Plan(0); c.Plan == nil {
		return nil, diags, nil
	}
	objects, err := batch.Objects(c.Plan)
	if err != nil {
		return nil, diags, err
	}
	for _, o := range objects {
		c.Text = append(c.Text, "---\n"...)
		c.Text = render.YAML(c.Text, o.Tree(), render.Options{})
	}
	if c.Objects, err = cluster.Decode(bytes.NewReader(c.Text)); err != nil {
		return nil, diags, fmt.Errorf("reading what was generated for %s: %w", name, err)
	}
	return c, diags, nil
}
