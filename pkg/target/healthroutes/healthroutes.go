// Package healthroutes writes fleets as what the health server of each cluster goes by. For now that is the ClusterHealth
// of each cluster alone; the server and its route through the gateway are set up by hand.
//
// The plan has decided everything; this package only writes it down. It imports target, plan, diag and render. Start reading
// at Target.RenderFleet.
package healthroutes

import (
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
		Summary:   "the health of each cluster of a fleet; not yet the health server and its route",
		Stability: "Alpha",
		Kinds:     target.Kinds(target.SemanticsRun("spillway-health"), "ClusterHealth.spillway.dev"),
	}
}

// CheckFleet says what is still to be done by hand.
func (Target) CheckFleet(f *plan.Fleet, at *field.Path) diag.List {
	var ds diag.List
	ds.Notef(at, "SP310", "the ClusterHealth of each cluster is written, not yet the health server and its route through the gateway").
		WithHint("run the health server in each cluster, and route the probe path to it")
	for i := range f.Clusters {
		if c := &f.Clusters[i]; c.MaxRPS > 0 && f.Health.Guard.Capacity == "RequireForDrain" {
			ds.Warnf(at.Child("clusters").Index(i).Child("capacity"), "SP311", "cluster %q cannot be drained: its load is not read yet", c.Name).
				WithHint("leave capacity out, or set guard.capacity to Warn or Ignore")
		}
	}
	return ds
}

// RenderFleet writes one object for each cluster.
func (Target) RenderFleet(f *plan.Fleet) ([]target.Object, error) {
	objects := make([]target.Object, 0, len(f.Clusters))
	for i := range f.Clusters {
		objects = append(objects, clusterHealth(f, &f.Clusters[i]))
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
