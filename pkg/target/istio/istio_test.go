package istio_test

import (
	"testing"

	"github.com/spillway-mesh/spillway/pkg/target/istio"
	"github.com/spillway-mesh/spillway/pkg/target/targettest"
)

func Test(t *testing.T) { targettest.Run(t, istio.New(), decode) }
