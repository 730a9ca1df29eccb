package load

import "github.com/spillway-mesh/spillway/pkg/diag"

// Refuse is what a file that cannot be read comes to.
func Refuse(path string, err error) (diag.List, error) {
	g := gatherer{}
	err = g.refuse(path, err)
	return g.diags, err
}
