// Package edge has API servers judge what is written for the things before the clusters: with the schemas that modules ship
// where there are any, and with subsets of this project's own, below testdata/crds, where there are none. It runs the scripts
// that are written beside the objects, too.
package edge
