package multiclustergateway_test

import (
	"testing"

	"github.com/spillway-mesh/spillway/pkg/target/multiclustergateway"
	"github.com/spillway-mesh/spillway/pkg/target/targettest"
)

func Test(t *testing.T) {
	targettest.RunFleet(t, multiclustergateway.New(), targettest.Kinds(multiclustergateway.New()))
}
