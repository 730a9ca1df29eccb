package clouddns_test

import (
	"testing"

	"github.com/spillway-mesh/spillway/pkg/target/clouddns"
	"github.com/spillway-mesh/spillway/pkg/target/targettest"
)

func Test(t *testing.T) { targettest.RunFleet(t, clouddns.New(), targettest.Kinds(clouddns.New())) }
