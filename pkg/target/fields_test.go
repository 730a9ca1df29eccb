package target_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
)

func TestSetDropsWhatIsEmpty(t *testing.T) {
	t.Parallel()
	got := target.Set(render.Map{
		target.KV("a", ""), target.KV("b", nil), target.KV("c", render.Map{}), target.KV("d", render.List{}), target.KV("e", render.Flow{}),
		target.KV("f", map[string]string{}), target.KV("g", render.Inline{}), target.KV("h", 0), target.Why("w", "i", "x"),
	})
	want := render.Map{{Key: "h", Value: 0}, {Key: "i", Value: "x", Comment: "w"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOfFleetKeepsWhatIsThere(t *testing.T) {
	t.Parallel()
	f := &plan.Fleet{Namespace: "edge", Name: "shop", ID: "edge/shop"}
	got := target.OfFleet(f, target.Object{Annotations: map[string]string{"a": "b"}})
	want := map[string]string{"a": "b", plan.AnnotationOwner: "edge/shop"}
	if diff := cmp.Diff(want, got.Annotations); diff != "" || got.Labels[plan.LabelOwner] != "edge.shop" {
		t.Errorf("%v (-want +got):\n%s", got.Labels, diff)
	}
}
