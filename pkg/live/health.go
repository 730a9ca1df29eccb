package live

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

// ModeManager is the field manager of spec.mode: what is generated never contains that field.
const ModeManager = "spillway-mode"

func (c *Cluster) healths() string {
	return "/apis/" + v1alpha1.Group + "/" + v1alpha1.Version + "/namespaces/" + c.Namespace + "/clusterhealths"
}

// Healths lists what the namespace holds.
func (c *Cluster) Healths(ctx context.Context) ([]v1alpha1.ClusterHealth, error) {
	var list v1alpha1.ClusterHealthList
	if err := c.do(ctx, question{method: http.MethodGet, path: c.healths()}, &list); err != nil {
		return nil, fmt.Errorf("listing ClusterHealths in %s: %w", c.Namespace, err)
	}
	return list.Items, nil
}

// Health reads one.
func (c *Cluster) Health(ctx context.Context, name string) (*v1alpha1.ClusterHealth, error) {
	var x v1alpha1.ClusterHealth
	if err := c.do(ctx, question{method: http.MethodGet, path: c.healths() + "/" + name}, &x); err != nil {
		return nil, fmt.Errorf("reading ClusterHealth %s/%s: %w", c.Namespace, name, err)
	}
	return &x, nil
}

// operation of a JSON patch.
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value,omitempty"`
}

// SetMode replaces the mode of an object, or removes it with nil. It is refused if anybody has changed the spec since it was
// read: what was weighed then may no longer hold.
func (c *Cluster) SetMode(ctx context.Context, x *v1alpha1.ClusterHealth, mode *v1alpha1.ModeSetting) error {
	patch := []operation{{"test", "/metadata/uid", x.UID}, {"test", "/metadata/generation", x.Generation}}
	switch {
	case mode != nil:
		patch = append(patch, operation{"add", "/spec/mode", mode})
	case x.Spec.Mode != nil:
		patch = append(patch, operation{Op: "remove", Path: "/spec/mode"})
	default:
		return nil
	}
	body, err := json.Marshal(patch)
	if err != nil {
		return fmt.Errorf("encoding the mode: %w", err)
	}
	err = c.do(ctx, question{
		method: http.MethodPatch, path: c.healths() + "/" + x.Name, contentType: "application/json-patch+json",
		query: url.Values{"fieldManager": {ModeManager}}, body: body,
	}, nil)
	if err != nil {
		return fmt.Errorf("setting the mode of ClusterHealth %s/%s: %w", c.Namespace, x.Name, err)
	}
	return nil
}

// Event notes what was done to an object.
func (c *Cluster) Event(ctx context.Context, x *v1alpha1.ClusterHealth, reason, note string, now time.Time) error {
	const longest = 1024
	if len(note) > longest {
		note = note[:longest]
	}
	sum := sha256.Sum256([]byte(reason + note + now.Format(time.RFC3339Nano)))
	body, err := json.Marshal(map[string]any{
		"apiVersion": "events.k8s.io/v1", "kind": "Event",
		"metadata":  map[string]any{"namespace": x.Namespace, "name": x.Name + "-" + hex.EncodeToString(sum[:6])},
		"eventTime": metav1.NewMicroTime(now), "reportingController": v1alpha1.Group + "/mode", "reportingInstance": userAgent,
		"action": reason, "reason": reason, "note": note, "type": "Normal",
		"regarding": map[string]any{
			"apiVersion": v1alpha1.GroupVersion().String(), "kind": v1alpha1.KindClusterHealth, "namespace": x.Namespace, "name": x.Name, "uid": x.UID,
		},
	})
	if err != nil {
		return fmt.Errorf("encoding the event: %w", err)
	}
	path := "/apis/events.k8s.io/v1/namespaces/" + x.Namespace + "/events"
	if err := c.do(ctx, question{method: http.MethodPost, path: path, contentType: "application/json", body: body}, nil); err != nil {
		return fmt.Errorf("noting an event about ClusterHealth %s/%s: %w", x.Namespace, x.Name, err)
	}
	return nil
}
