package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spillway-mesh/spillway/cmd/spillway/internal/folder"
	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/compile"
	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
)

// owned is what is written for one spec.
type owned struct {
	kind, namespace, name string
	objects               []target.Object
	files                 []target.File
}

// place is the folder of what is for a cluster, or of what is for all of the spec.
func (s owned) place(cluster string) string {
	switch {
	case s.kind != v1alpha1.KindClusterFailover:
		return ""
	case cluster == "":
		return folder.FleetFolder
	default:
		return folder.ClusterFolder(cluster)
	}
}

// specs is the number of all specs: the ExternalFailovers come first, then the ClusterFailovers.
func (i *input) specs() int { return i.batch.Len() + i.fleets.Len() }

// objects writes the n-th spec.
func (i *input) objects(n int) (owned, error) {
	if n < i.batch.Len() {
		p, err := planAgain(i.batch, n)
		if err != nil {
			return owned{}, err
		}
		objects, err := i.batch.Objects(p)
		return owned{kind: v1alpha1.KindExternalFailover, namespace: p.Namespace, name: p.Name, objects: objects}, err
	}
	f, err := i.fleetAgain(n - i.batch.Len())
	if err != nil {
		return owned{}, err
	}
	out := owned{kind: v1alpha1.KindClusterFailover, namespace: f.Namespace, name: f.Name}
	if out.objects, err = i.fleets.Objects(f); err != nil {
		return owned{}, err
	}
	out.files, err = i.fleets.Files(f)
	return out, err
}

// tree is the plan of the n-th spec, to be printed.
func (i *input) tree(n int) (render.Map, error) {
	if n < i.batch.Len() {
		p, err := planAgain(i.batch, n)
		if err != nil {
			return nil, err
		}
		return compile.Tree(p), nil
	}
	f, err := i.fleetAgain(n - i.batch.Len())
	if err != nil {
		return nil, err
	}
	return compile.FleetTree(f), nil
}

// fleetAgain makes the plan of a fleet that was checked before.
func (i *input) fleetAgain(n int) (*plan.Fleet, error) {
	f, diags := i.fleets.Plan(n)
	if f == nil {
		return nil, fmt.Errorf("planning a second time: %v", diags) // cannot be: planning is pure
	}
	return f, nil
}

// checkCluster wants the cluster that is asked for to be in one of the fleets: nothing would be written for a name that is
// misspelt.
func (i *input) checkCluster(name string) error {
	if name == "" {
		return nil
	}
	var known []string
	for _, f := range i.loaded.Fleets {
		for _, c := range f.Object.Spec.Clusters {
			known = append(known, c.Name)
		}
	}
	slices.Sort(known)
	known = slices.Compact(known)
	switch near, found := diag.Closest(name, known); {
	case slices.Contains(known, name):
		return nil
	case len(known) == 0:
		return usagef("--cluster %s: there is no ClusterFailover, so there are no clusters", name)
	case found:
		return usagef("--cluster: there is no cluster %q; did you mean %s?", name, near)
	default:
		return usagef("--cluster: there is no cluster %q; there are: %s", name, strings.Join(known, ", "))
	}
}
