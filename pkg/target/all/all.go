// Package all is the list of targets, in the order in which they write. A new target is one line here.
//
// It imports every target and is imported by whoever needs them all. Start reading at Targets.
package all

import (
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/istio"
)

// Targets lists every target.
func Targets() []target.Target {
	return []target.Target{
		istio.New(),
	}
}
