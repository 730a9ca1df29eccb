package externaldns_test

import (
	"testing"

	"github.com/spillway-mesh/spillway/pkg/target/externaldns"
	"github.com/spillway-mesh/spillway/pkg/target/targettest"
)

func Test(t *testing.T) {
	targettest.RunFleet(t, externaldns.New(), targettest.Kinds(externaldns.New()))
}
