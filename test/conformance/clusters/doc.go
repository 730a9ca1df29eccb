// Package clusters runs two whole clusters side by side: two API servers and two istiods, Envoys that these feed as ingress
// gateways with what is generated for a fleet, and the health server's processes, each pod in a network namespace of its own
// with a documentation address. Load balancers of the tests' own stand before them, with users. Start reading at TestScenarios;
// what stands where is in site_test.go.
//
// A small kubelet and endpoint controller of the tests' own start pods and list them where they are ready.
package clusters
