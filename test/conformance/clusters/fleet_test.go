package clusters

import (
	"bytes"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/spillway-mesh/spillway/pkg/compile"
	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/healthroutes"
	"github.com/spillway-mesh/spillway/test/conformance/cluster"
)

const (
	namespace = "istio-ingress"
	probePath = "/.well-known/cluster-health"
	userHost  = "shop.example.com"
)

// spec is the fleet. Its times are shorter than the defaults, in the same proportions, so that a scenario takes seconds.
const spec = `
apiVersion: spillway.dev/v1alpha1
kind: ClusterFailover
metadata: {name: shop, namespace: istio-ingress}
spec:
  hosts: [shop.example.com]
  clusters:
  - {name: blue, ingress: {address: 192.0.2.10}}
  - {name: green, ingress: {address: 198.51.100.10}}
  gateway: {names: [public]}
  peerAccess: Address
  server: {image: none, mesh: None, monitoring: None}
  health:
    round: {interval: 1s, timeout: 500ms}
    thresholds: {fall: 2, rise: 2}
    guard: {poll: 1s, confirm: 2, hold: 15s, minIn: 1s, minOut: 1s, maxOutsPerHour: 60}
    expectProbes: true
    peerKeys: {secret: {name: keys}}
    checks:
    - {name: checkout, http: {url: "http://checkout.shop:8080/checkout", expect: [200]}}
    - {name: database, shared: true, http: {url: "http://checkout.shop:8080/database", expect: [200]}}
`

// users is what the team has that serves on the gateway: its Gateway, and the route of its application.
const users = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: public, namespace: istio-ingress}
spec:
  selector: {istio: ingressgateway}
  servers:
  - {port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}
  - {port: {number: 443, name: https, protocol: HTTPS}, hosts: [shop.example.com], tls: {mode: SIMPLE, serverCertificate: /tls.crt, privateKey: /tls.key}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop, namespace: istio-ingress}
spec:
  hosts: [shop.example.com]
  gateways: [public]
  http:
  - route: [{destination: {host: checkout.shop.svc.cluster.local, port: {number: 8080}}}]
---
apiVersion: v1
kind: Service
metadata: {name: checkout, namespace: shop}
spec:
  ports: [{name: http, port: 8080}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: checkout-test, namespace: shop, labels: {kubernetes.io/service-name: checkout}}
addressType: IPv4
ports: [{name: http, port: 8080, protocol: TCP}]
endpoints: [{addresses: [%s], conditions: {ready: true}}]
`

// strangers are rules for the whole mesh by which verdicts would be hidden, if what is generated did not know better.
const strangers = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: everyone, namespace: istio-system}
spec:
  host: "*.svc.cluster.local"
  trafficPolicy:
    outlierDetection: {consecutive5xxErrors: 2, interval: 1s, baseEjectionTime: 60s, maxEjectionPercent: 100}
`

// generated are the objects of one cluster, as a folder of generate -d would be applied.
func generated(name string) ([]*unstructured.Unstructured, error) {
	loaded, diags := load.Bytes("fleet.yaml", []byte(spec))
	if diags.HasErrors() {
		return nil, fmt.Errorf("reading the fleet: %v", diags)
	}
	fleets := compile.NewFleets(loaded.Fleets, []target.FleetTarget{healthroutes.New()})
	f, diags := fleets.Plan(0)
	if f == nil {
		return nil, fmt.Errorf("planning the fleet: %v", diags)
	}
	objects, err := fleets.Objects(f)
	if err != nil {
		return nil, err
	}
	var text []byte
	for _, o := range objects {
		if o.Cluster == name {
			text = append(append(text, "---\n"...), render.YAML(nil, o.Tree(), render.Options{})...)
		}
	}
	return cluster.Decode(bytes.NewReader(text))
}
