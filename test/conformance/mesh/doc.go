// Package mesh holds what is written for a mesh over several clusters against two control planes: an API server and an istiod for
// each cluster, each with a secret by which it sees the other one's endpoints.
//
// No pod runs: pods, nodes and endpoints are objects only, and what istiod tells a proxy is all that is looked at. Start reading
// at mesh_test.go.
package mesh
