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

// Read reads the spec in a file.
func Read(file string) (*v1alpha1.ExternalFailover, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading a spec: %w", err)
	}
	spec := &v1alpha1.ExternalFailover{}
	if err := yaml.UnmarshalStrict(data, spec); err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	return spec, nil
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
