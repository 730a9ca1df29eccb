package nlb_test

import (
	"testing"

	"github.com/spillway-mesh/spillway/pkg/target/nlb"
	"github.com/spillway-mesh/spillway/pkg/target/targettest"
)

func Test(t *testing.T) { targettest.RunFleet(t, nlb.New(), targettest.Kinds(nlb.New())) }
