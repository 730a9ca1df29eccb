package plan_test

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/spillway-mesh/spillway/pkg/plan"
)

func TestNamesFit(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("very-long.", 25) + "end"
	seen := map[string]string{}
	for _, p := range []*plan.Plan{
		{Namespace: "shop", Name: "orders"},
		{Namespace: "billing", Name: "orders"},
		{Namespace: "shop", Name: long},
		{Namespace: strings.Repeat("n", 63), Name: long},
		{Namespace: "shop", Name: long + "x"},
	} {
		label := p.OwnerLabel()
		if bad := validation.IsValidLabelValue(label); bad != nil {
			t.Errorf("label %q: %v", label, bad)
		}
		if other, ok := seen[label]; ok {
			t.Errorf("%s and %s share the label %q", other, p.Owner(), label)
		}
		seen[label] = p.Owner()
		for _, region := range []string{"us-east1", "Europe_West.1", "europe-west-1", "", "*", strings.Repeat("r", 63), "_", "é"} {
			for _, namespace := range []string{p.Namespace, "client"} {
				name := p.ObjectName(namespace, plan.RegionPart(region))
				if bad := validation.IsDNS1123Subdomain(name); bad != nil {
					t.Errorf("name %q: %v", name, bad)
				}
				key := namespace + "/" + name
				if other, ok := seen[key]; ok {
					t.Errorf("%s and %s of %q share the name %q", other, p.Owner(), region, key)
				}
				seen[key] = p.Owner() + " of " + region
			}
		}
	}
	orders := &plan.Plan{Namespace: "shop", Name: "orders"}
	if got := orders.ObjectName("shop"); got != "orders" {
		t.Errorf("at home the name is %q", got)
	}
	beside := &plan.Plan{Namespace: "shop", Name: "orders-us-east1"}
	if got := orders.ObjectName("shop", "us-east1"); got == beside.ObjectName("shop") {
		t.Errorf("%s and %s share the name %q", orders.Owner(), beside.Owner(), got)
	}
}
