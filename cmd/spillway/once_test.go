package main

import (
	"testing"

	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
)

// TestOnce: what several specs share is printed once, and never as one of them alone would have it.
func TestOnce(t *testing.T) {
	t.Parallel()
	account := func(role string) target.Object {
		return target.Object{
			APIVersion: "v1", Kind: "ServiceAccount", Namespace: "shop", Name: "gateway", Shared: "shop/gateway",
			Annotations: map[string]string{"role": role}, Body: render.Map{},
		}
	}
	o := once{}
	for i, c := range []struct {
		object      target.Object
		print, fail bool
	}{
		{account("a"), true, false},
		{account("a"), false, false},
		{account("b"), false, true},
		{target.Object{Kind: "Service", Name: "own", Body: render.Map{}}, true, false},
	} {
		printed, err := o.print(c.object)
		if printed != c.print || (err != nil) != c.fail {
			t.Errorf("%d: printed %t, %v", i, printed, err)
		}
	}
}
