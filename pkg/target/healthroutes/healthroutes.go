// Package healthroutes writes fleets as what runs in each cluster: the ClusterHealth, the health server that goes by it, its
// route through the gateway, and the ways to the other clusters.
//
// The plan has decided everything; this package only writes it down, one file per concern. It imports target, plan, diag and
// render. Start reading at Target.RenderFleet, then writer.objects.
package healthroutes

import (
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
)

var _ target.FleetTarget = Target{}

// Target writes the health of clusters.
type Target struct{}

// New is the target healthroutes.
func New() Target { return Target{} }

// Info says what the target is.
func (Target) Info() target.Info {
	return target.Info{
		Name:      "healthroutes",
		Summary:   "the health server of each cluster of a fleet, and its route through the gateway",
		Stability: "Alpha",
		Kinds: slices.Concat(
			target.Kinds(target.SemanticsRun("spillway-health"), "ClusterHealth.spillway.dev"),
			target.Kinds(target.SemanticsRun("kube-apiserver"), "Deployment.apps", "PodDisruptionBudget.policy", "NetworkPolicy.networking.k8s.io",
				"PriorityClass.scheduling.k8s.io", "Service", "ServiceAccount", "Role.rbac.authorization.k8s.io",
				"RoleBinding.rbac.authorization.k8s.io", "ClusterRole.rbac.authorization.k8s.io", "ClusterRoleBinding.rbac.authorization.k8s.io"),
			target.Kinds(target.CRDValidated("istio.io/istio"), "Gateway.networking.istio.io", "VirtualService.networking.istio.io",
				"DestinationRule.networking.istio.io", "ServiceEntry.networking.istio.io", "EnvoyFilter.networking.istio.io",
				"AuthorizationPolicy.security.istio.io"),
			target.Kinds(target.CRDValidated("sigs.k8s.io/gateway-api"), "HTTPRoute.gateway.networking.k8s.io"),
			target.Kinds(target.SemanticsRun("promtool"), "PrometheusRule.monitoring.coreos.com"),
			target.Kinds(target.OwnSubset(), "PodMonitor.monitoring.coreos.com"),
		),
	}
}

// CheckFleet says what cannot be written, and what is left to others.
func (Target) CheckFleet(f *plan.Fleet, at *field.Path) diag.List {
	var ds diag.List
	if f.Health.KeysFolder != "" {
		ds.Errorf(at.Child("health", "peerKeys", "files"), "SP312", "in a cluster the keys come from a Secret; a folder is for a server outside").
			WithHint("put the keys into a Secret of each cluster, and name it: peerKeys: {secret: {name: spillway-peer-keys}}")
	}
	if !f.Server.ImageGiven {
		ds.Notef(at.Child("server", "image"), "SP313", "the image is %s, from wherever the nodes look first", f.Server.Image).
			WithHint("name the registry and the version that your clusters pull from")
	}
	if f.Gateway.API == istioAPI && len(f.Route.Names) == 0 && len(f.Clusters) > 1 {
		ds.Warnf(at.Child("gateway", "names"), "SP314", "no Gateway with TLS is named: the other clusters ask over TLS, and only plain HTTP is routed").
			WithHint("name the Gateway that serves %s over HTTPS; the route is added to it", f.Hosts[0])
	}
	if f.Server.Mesh != "None" {
		for i := range f.Clusters {
			c := &f.Clusters[i]
			if named := peerName(f, c); named != "" && named != c.PeerAddress && !isAddress(c.PeerAddress) {
				ds.Warnf(at.Child("clusters").Index(i).Child("ingress"), "SP315",
					"a mesh that lets out only what it knows stops requests to %s: they carry the name %s", c.PeerAddress, named).
					WithHint("give an IP address, or use peerAccess: PerClusterHost, so that the cluster is called by its own name")
			}
		}
	}
	return ds
}

// peerName is what the other clusters call a cluster in TLS; empty where there are none.
func peerName(f *plan.Fleet, c *plan.FleetCluster) string {
	for i := range f.Clusters {
		for _, p := range f.Clusters[i].Peers {
			if p.Name == c.Name {
				return p.Host
			}
		}
	}
	return ""
}

// RenderFleet writes what belongs to each cluster.
func (Target) RenderFleet(f *plan.Fleet) ([]target.Object, error) {
	const usual = 24 // of one cluster
	objects := make([]target.Object, 0, usual*len(f.Clusters))
	for i := range f.Clusters {
		objects = append(objects, newWriter(f, &f.Clusters[i]).objects()...)
	}
	return objects, nil
}

// clusterHealth has the name of its cluster. Its mode is left out, always: that is the operator's own field.
func clusterHealth(f *plan.Fleet, c *plan.FleetCluster) target.Object {
	h := &f.Health
	spec := render.Map{
		kv("cluster", c.Name),
		why("the same in all clusters, and part of every message between them", "fleet", f.ID),
		kv("rotation", c.Rotation),
		why("the body of a 200: load balancers match it, so that no other server passes for this one", "token", c.Token),
		why("what load balancers and DNS probe; it never changes, whatever the mode", "path", h.Path),
		why("the mode without an operator's word", "rest", h.Rest),
		why("what the gateway answers on the path when no health server is there", "checkerDown", h.CheckerDown),
		kv("round", render.Inline{kv("interval", duration(h.Interval)), kv("timeout", duration(h.Timeout))}),
		kv("thresholds", render.Inline{kv("fall", h.Fall), kv("rise", h.Rise), kv("quorum", h.Quorum)}),
		kv("checks", checks(h.Checks)),
		kv("discover", discover(h.Discover)),
		kv("guard", guard(f)),
		kv("capacity", capacity(c)),
	}
	if h.ExpectProbes {
		spec = append(spec, why("a cluster that nobody probes promises nothing: its users could not come", "expectProbes", true))
	}
	if len(c.Peers) > 0 {
		spec = append(spec, why("the other clusters, asked before this one leaves", "peers", peers(c.Peers)))
	}
	spec = append(spec, kv("peerKeys", keys(h)))
	return target.Object{
		APIVersion: "spillway.dev/v1alpha1", Kind: "ClusterHealth", Namespace: f.Namespace, Name: c.Name,
		Cluster: c.Name, Rank: plan.RankClusterHealth,
		Labels:      map[string]string{plan.LabelManagedBy: plan.ManagedBy, plan.LabelOwner: f.OwnerLabel()},
		Annotations: map[string]string{plan.AnnotationOwner: f.Owner()},
		Body:        render.Map{kv("spec", set(spec))},
	}
}

func guard(f *plan.Fleet) render.Map {
	g := f.Health.Guard
	minOut := kv("minOut", duration(g.MinOut))
	for _, e := range f.Edges {
		if e.Strict == g.MinOut {
			minOut.Comment = "as long as " + e.Type + " takes to see it: coming back sooner would have been in vain"
			break
		}
	}
	return render.Map{
		why("clusters that may be out at once", "maxOut", g.MaxOut),
		kv("poll", duration(g.Poll)),
		kv("confirm", g.Confirm),
		why("the life of a promise to stay", "hold", duration(g.Hold)),
		kv("minIn", duration(g.MinIn)),
		minOut,
		kv("maxOutsPerHour", g.MaxOutsPerHour),
		kv("verify", duration(g.Verify)),
		kv("maxChange", duration(g.MaxChange)),
		kv("capacity", g.Capacity),
	}
}

func capacity(c *plan.FleetCluster) any {
	if c.MaxRPS == 0 {
		return nil
	}
	return render.Inline{kv("maxRPS", c.MaxRPS)}
}

func discover(label string) any {
	if label == "" {
		return nil
	}
	return render.Inline{kv("label", label)}
}

func peers(all []plan.FleetPeer) render.List {
	out := make(render.List, 0, len(all))
	for _, p := range all {
		out = append(out, render.Map{
			kv("name", p.Name), kv("urls", render.Strings(p.URLs...)), kv("host", p.Host), kv("rotation", p.Rotation), kv("token", p.Token),
		})
	}
	return out
}

func keys(h *plan.Health) any {
	switch {
	case h.KeysSecret != "":
		return render.Map{kv("secret", render.Inline{kv("name", h.KeysSecret)})}
	case h.KeysFolder != "":
		return render.Map{kv("files", render.Inline{kv("dir", h.KeysFolder)})}
	default:
		return nil
	}
}

// duration is how people write one: 12h, not 12h0m0s.
func duration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func kv(key string, value any) render.Field { return render.Field{Key: key, Value: value} }

func why(comment, key string, value any) render.Field {
	return render.Field{Key: key, Value: value, Comment: comment}
}
