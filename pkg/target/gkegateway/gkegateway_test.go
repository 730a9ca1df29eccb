package gkegateway_test

import (
	"testing"

	"github.com/spillway-mesh/spillway/pkg/target/gkegateway"
	"github.com/spillway-mesh/spillway/pkg/target/targettest"
)

func Test(t *testing.T) {
	targettest.RunFleet(t, gkegateway.New(), targettest.Kinds(gkegateway.New()))
}
