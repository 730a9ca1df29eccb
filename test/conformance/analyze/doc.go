// Package analyze runs the analyzer against real things: clusters that it reads with the rights of a viewer, and istiod and
// Envoy, on which what critical and error rules say is shown to be so. Start reading at TestLive and TestTrue.
package analyze
