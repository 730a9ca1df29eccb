package alb_test

import (
	"testing"

	"github.com/spillway-mesh/spillway/pkg/target/alb"
	"github.com/spillway-mesh/spillway/pkg/target/targettest"
)

func Test(t *testing.T) { targettest.RunFleet(t, alb.New(), targettest.Kinds(alb.New())) }
