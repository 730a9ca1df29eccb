// Package conformance proves the generated configuration on real parts: Istio's own validators, a real API server, a
// real istiod and a real Envoy. README.md says what is proved and how to read the table; the tests say how.
package conformance
