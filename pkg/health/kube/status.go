package kube

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

const (
	// kind of the object that everything is about.
	kind = "ClusterHealth"
	// controller is the name under which events are reported.
	controller = v1alpha1.Group + "/health"
	// tries bounds how often a write is repeated when others write at the same time: the other replicas, and people.
	tries = 6
	// longestNote is the API's limit on an event's text.
	longestNote = 1024
)

// WriteStatus changes the status of the ClusterHealth, and nothing else of it. The function is given the present status
// and says what it should be, or that it may stay. When somebody else was faster it is asked again with what they wrote:
// so the first writer wins, wherever the function lets stand what it finds.
func (w *Watcher) WriteStatus(
	ctx context.Context, change func(current v1alpha1.ClusterHealthStatus) (next v1alpha1.ClusterHealthStatus, change bool),
) error {
	var err error
	for try := range tries {
		if try > 0 {
			const step = 20 * time.Millisecond
			if err := sleep(ctx, rand.N(time.Duration(try)*step)+step); err != nil { //nolint:gosec // only spreads load
				return err
			}
		}
		if err = w.writeOnce(ctx, change); codeOf(err) != http.StatusConflict {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("writing the status of ClusterHealth %s/%s: %w", w.options.Namespace, w.options.Name, err)
	}
	return nil
}

func (w *Watcher) writeOnce(
	ctx context.Context, change func(v1alpha1.ClusterHealthStatus) (v1alpha1.ClusterHealthStatus, bool),
) error {
	ctx, cancel := context.WithTimeout(ctx, w.pace.answer)
	defer cancel()
	path := ownPath(w.options.Namespace, "clusterhealths") + "/" + w.options.Name
	var now v1alpha1.ClusterHealth
	if err := w.api.do(ctx, request{method: http.MethodGet, path: path}, &now); err != nil {
		return err
	}
	next, changed := change(now.Status)
	if !changed {
		return nil
	}
	// The identity, the version and the status: the API server takes nothing else on this path anyway.
	body := struct {
		metav1.TypeMeta `json:",inline"`

		Metadata metav1.ObjectMeta            `json:"metadata"`
		Status   v1alpha1.ClusterHealthStatus `json:"status"`
	}{
		TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion().String(), Kind: kind},
		Metadata: metav1.ObjectMeta{Namespace: now.Namespace, Name: now.Name, UID: now.UID, ResourceVersion: now.ResourceVersion},
		Status:   next,
	}
	return w.api.do(ctx, request{
		method: http.MethodPut, path: path + "/status", query: url.Values{"fieldManager": {userAgent}}, body: body,
	}, nil)
}

// event is what is sent of an events.k8s.io Event.
type event struct {
	metav1.TypeMeta `json:",inline"`

	Metadata            metav1.ObjectMeta `json:"metadata"`
	EventTime           metav1.MicroTime  `json:"eventTime"`
	ReportingController string            `json:"reportingController"`
	ReportingInstance   string            `json:"reportingInstance"`
	Action              string            `json:"action"`
	Reason              string            `json:"reason"`
	Regarding           reference         `json:"regarding"`
	Note                string            `json:"note"`
	Type                string            `json:"type"`
}

type reference struct {
	APIVersion string    `json:"apiVersion"`
	Kind       string    `json:"kind"`
	Namespace  string    `json:"namespace"`
	Name       string    `json:"name"`
	UID        types.UID `json:"uid,omitempty"`
}

// Event writes an Event about the ClusterHealth. The reason is one word, and also what was done.
func (w *Watcher) Event(ctx context.Context, reason, note string, warning bool) error {
	o := w.options
	e := event{
		TypeMeta:            metav1.TypeMeta{APIVersion: "events.k8s.io/v1", Kind: "Event"},
		Metadata:            metav1.ObjectMeta{Namespace: o.Namespace, GenerateName: o.Name + "-"},
		EventTime:           metav1.NewMicroTime(w.clock.Now()),
		ReportingController: controller, ReportingInstance: w.instance, Action: reason, Reason: reason,
		Regarding: reference{APIVersion: v1alpha1.GroupVersion().String(), Kind: kind, Namespace: o.Namespace, Name: o.Name},
		Note:      shorten(note), Type: "Normal",
	}
	if warning {
		e.Type = "Warning"
	}
	if uid := w.uid.Load(); uid != nil {
		e.Regarding.UID = types.UID(*uid)
	}
	ctx, cancel := context.WithTimeout(ctx, w.pace.answer)
	defer cancel()
	path := "/apis/events.k8s.io/v1/namespaces/" + o.Namespace + "/events"
	if err := w.api.do(ctx, request{method: http.MethodPost, path: path, body: e}, nil); err != nil {
		return fmt.Errorf("writing an event about ClusterHealth %s/%s: %w", o.Namespace, o.Name, err)
	}
	return nil
}

// shorten cuts a note at the API's limit, never within a letter.
func shorten(note string) string {
	note = strings.ToValidUTF8(note, "?")
	if len(note) <= longestNote {
		return note
	}
	const dots = "…"
	end := longestNote - len(dots)
	for !utf8.RuneStart(note[end]) {
		end--
	}
	return note[:end] + dots
}

// sleep waits, or says that nobody waits any more.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}
