package multiclusteringress_test

import (
	"testing"

	"github.com/spillway-mesh/spillway/pkg/target/multiclusteringress"
	"github.com/spillway-mesh/spillway/pkg/target/targettest"
)

func Test(t *testing.T) {
	targettest.RunFleet(t, multiclusteringress.New(), targettest.Kinds(multiclusteringress.New()))
}
