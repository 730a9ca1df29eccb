package healthroutes

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
)

// Where the server listens. The internal port is no usual one: in a mesh with sidecars it goes past them in both directions,
// and a check of somebody else's port of that number would, too.
const (
	gatewayPort  = 8080
	internalPort = 9190
)

// envoyMetrics is where a gateway's own metrics are, with sidecars and without.
const envoyMetrics = 15090

const (
	coreV1       = "v1"
	appsV1       = "apps/v1"
	policyV1     = "policy/v1"
	rbacV1       = "rbac.authorization.k8s.io/v1"
	networkV1    = "networking.k8s.io/v1"
	schedulingV1 = "scheduling.k8s.io/v1"
	istioV1      = "networking.istio.io/v1"
	istioV1A3    = "networking.istio.io/v1alpha3"
	securityV1   = "security.istio.io/v1"
	gatewayV1    = "gateway.networking.k8s.io/v1"
	monitoringV1 = "monitoring.coreos.com/v1"
)

// writer writes what belongs to one cluster of a fleet.
type writer struct {
	*plan.Fleet

	cluster *plan.FleetCluster
	name    string // of almost everything
}

func newWriter(f *plan.Fleet, c *plan.FleetCluster) writer {
	return writer{Fleet: f, cluster: c, name: f.HealthName(c)}
}

// objects are all of the cluster's.
func (w writer) objects() []target.Object {
	out := []target.Object{clusterHealth(w.Fleet, w.cluster)}
	for _, some := range [][]target.Object{w.rbac(), w.people(), w.workload(), w.route(), w.access(), w.peers(), w.alerts()} {
		out = append(out, some...)
	}
	return out
}

// object is one of the cluster's in the namespace of the fleet, under the usual name.
func (w writer) object(version, kind string, rank int, body render.Map) target.Object {
	return target.Object{
		APIVersion: version, Kind: kind, Namespace: w.Namespace, Name: w.name, Cluster: w.cluster.Name, Rank: rank,
		Labels:      map[string]string{plan.LabelManagedBy: plan.ManagedBy, plan.LabelOwner: w.OwnerLabel()},
		Annotations: map[string]string{plan.AnnotationOwner: w.Owner()},
		Body:        body,
	}
}

// wide is one without a namespace.
func (w writer) wide(version, kind string, rank int, body render.Map) target.Object {
	o := w.object(version, kind, rank, body)
	o.Namespace, o.Name = "", w.WideHealthName(w.cluster)
	return o
}

// part is an object with a suffix to its name.
func part(o target.Object, suffix string) target.Object {
	o.Name += "-" + suffix
	return o
}

func spec(fields ...render.Field) render.Map { return render.Map{kv("spec", set(fields))} }

// selector are the labels by which the server's pods are known.
func (w writer) selector() map[string]string {
	return map[string]string{"app.kubernetes.io/name": "spillway-health", "app.kubernetes.io/instance": w.name}
}

// host is how gateways call the server.
func (w writer) host() string { return w.name + "." + w.Namespace + ".svc.cluster.local" }

// gatewaySelector is the gateway's selector as a flag spells it.
func (w writer) gatewaySelector() string {
	parts := make([]string, 0, len(w.Gateway.Selector))
	for _, k := range slices.Sorted(maps.Keys(w.Gateway.Selector)) {
		parts = append(parts, k+"="+w.Gateway.Selector[k])
	}
	return strings.Join(parts, ",")
}

func decimal(n int) string { return strconv.Itoa(n) }

func matchLabels(labels map[string]string) render.Map { return render.Map{kv("matchLabels", labels)} }
