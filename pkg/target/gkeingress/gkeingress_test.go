package gkeingress_test

import (
	"testing"

	"github.com/spillway-mesh/spillway/pkg/target/gkeingress"
	"github.com/spillway-mesh/spillway/pkg/target/targettest"
)

func Test(t *testing.T) {
	targettest.RunFleet(t, gkeingress.New(), targettest.Kinds(gkeingress.New()))
}
