package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
)

// fieldManager is the name under which the suite applies.
const fieldManager = "spillway-conformance"

// applier sends objects by server-side apply.
type applier struct {
	client dynamic.Interface
	mapper meta.RESTMapper
}

func newApplier(cfg *rest.Config) (*applier, error) {
	client, err := dynamic.NewForConfig(cfg)
	if err != nil {
		return nil, fmt.Errorf("making the client: %w", err)
	}
	disco, err := discovery.NewDiscoveryClientForConfig(cfg)
	if err != nil {
		return nil, fmt.Errorf("making the discovery client: %w", err)
	}
	groups, err := restmapper.GetAPIGroupResources(disco)
	if err != nil {
		return nil, fmt.Errorf("asking which kinds there are: %w", err)
	}
	return &applier{client: client, mapper: restmapper.NewDiscoveryRESTMapper(groups)}, nil
}

// Decode reads all objects of a YAML stream.
func Decode(r io.Reader) ([]*unstructured.Unstructured, error) {
	var out []*unstructured.Unstructured
	dec := yaml.NewYAMLOrJSONDecoder(r, 4096)
	for {
		obj := &unstructured.Unstructured{}
		err := dec.Decode(&obj.Object)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("decoding object %d: %w", len(out)+1, err)
		}
		if len(obj.Object) > 0 {
			out = append(out, obj)
		}
	}
}

// DecodeString is Decode for text in a test.
func DecodeString(s string) ([]*unstructured.Unstructured, error) {
	return Decode(strings.NewReader(s))
}

// DryRun sends the objects through the real API server, with unknown fields refused, and keeps none.
func (c *Cluster) DryRun(ctx context.Context, objs []*unstructured.Unstructured) error {
	return c.patchAll(ctx, objs, []string{metav1.DryRunAll})
}

// Apply writes the objects; namespaces that do not exist are made.
func (c *Cluster) Apply(ctx context.Context, objs []*unstructured.Unstructured) error {
	return c.patchAll(ctx, objs, nil)
}

func (c *Cluster) patchAll(ctx context.Context, objs []*unstructured.Unstructured, dryRun []string) error {
	var seen []string
	for _, o := range objs {
		if ns := o.GetNamespace(); ns != "" && !slices.Contains(seen, ns) {
			seen = append(seen, ns)
			if err := c.Namespace(ctx, ns); err != nil {
				return err
			}
		}
	}
	var errs []error
	for _, o := range objs {
		if err := c.applier.patch(ctx, o, dryRun); err != nil {
			errs = append(errs, fmt.Errorf("%s %s/%s: %w", o.GetKind(), o.GetNamespace(), o.GetName(), err))
		}
	}
	return errors.Join(errs...)
}

func (a *applier) patch(ctx context.Context, o *unstructured.Unstructured, dryRun []string) error {
	res, err := a.resource(o)
	if err != nil {
		return err
	}
	data, err := json.Marshal(o.Object)
	if err != nil {
		return fmt.Errorf("encoding: %w", err)
	}
	_, err = res.Patch(ctx, o.GetName(), types.ApplyPatchType, data, metav1.PatchOptions{
		FieldManager: fieldManager, FieldValidation: metav1.FieldValidationStrict, DryRun: dryRun,
	})
	return err
}

func (a *applier) resource(o *unstructured.Unstructured) (dynamic.ResourceInterface, error) {
	gvk := o.GroupVersionKind()
	m, err := a.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	if err != nil {
		return nil, fmt.Errorf("finding the kind: %w", err)
	}
	if m.Scope.Name() == meta.RESTScopeNameNamespace {
		return a.client.Resource(m.Resource).Namespace(o.GetNamespace()), nil
	}
	return a.client.Resource(m.Resource), nil
}

// Create writes objects that are not there yet, and their namespaces; it is quicker than Apply.
func (c *Cluster) Create(ctx context.Context, objs []*unstructured.Unstructured) error {
	seen := map[string]bool{}
	for _, o := range objs {
		if ns := o.GetNamespace(); !seen[ns] {
			seen[ns] = true
			if err := c.Namespace(ctx, ns); err != nil {
				return err
			}
		}
		res, err := c.applier.resource(o)
		if err != nil {
			return err
		}
		if _, err := res.Create(ctx, o, metav1.CreateOptions{FieldManager: fieldManager, FieldValidation: metav1.FieldValidationStrict}); err != nil {
			return fmt.Errorf("%s %s/%s: %w", o.GetKind(), o.GetNamespace(), o.GetName(), err)
		}
	}
	return nil
}

// Namespace makes a namespace unless it exists.
func (c *Cluster) Namespace(ctx context.Context, name string) error {
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	_, err := c.Kube.CoreV1().Namespaces().Create(ctx, ns, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("making namespace %s: %w", name, err)
	}
	return nil
}

// Get reads an object as the API server keeps it.
func (c *Cluster) Get(ctx context.Context, o *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	res, err := c.applier.resource(o)
	if err != nil {
		return nil, err
	}
	out, err := res.Get(ctx, o.GetName(), metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("reading %s %s/%s: %w", o.GetKind(), o.GetNamespace(), o.GetName(), err)
	}
	return out, nil
}

// List reads all objects of the kind of an object, as the API server keeps them.
func (c *Cluster) List(ctx context.Context, like *unstructured.Unstructured) ([]unstructured.Unstructured, error) {
	gvk := like.GroupVersionKind()
	m, err := c.applier.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	if err != nil {
		return nil, fmt.Errorf("finding the kind: %w", err)
	}
	out, err := c.applier.client.Resource(m.Resource).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("reading all of %s: %w", gvk.Kind, err)
	}
	return out.Items, nil
}
