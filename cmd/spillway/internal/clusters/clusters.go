// Package clusters reads from live clusters what analysis reads from files: every kind that has a part in a failover, by
// the rights of a viewer and without changing anything. What cannot be seen is said. Start reading at Read.
package clusters

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/live"
	"github.com/spillway-mesh/spillway/pkg/load"
)

// wanted are the kinds that analysis knows something about, by group.
func wanted() map[string][]string {
	return map[string][]string{
		"":                          {"Namespace", "Node", "Service"},
		"networking.istio.io":       {"ServiceEntry", "DestinationRule", "VirtualService", "Gateway", "Sidecar", "EnvoyFilter", "WorkloadEntry", "ProxyConfig"},
		"gateway.networking.k8s.io": {"Gateway", "HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "BackendTLSPolicy"},
		"networking.k8s.io":         {"Ingress"},
		"cloud.google.com":          {"BackendConfig"},
		"networking.gke.io":         {"MultiClusterIngress", "MultiClusterService", "HealthCheckPolicy", "GCPBackendPolicy", "FrontendConfig"},
		"externaldns.k8s.io":        {"DNSEndpoint"},
		"spillway.dev":              {"ExternalFailover", "ClusterFailover", "ClusterHealth"},
	}
}

// meshNamespace is where the mesh configuration is looked for.
const meshNamespace = "istio-system"

// Found is what was read of all contexts.
type Found struct {
	// Snapshot has a folder for each context, named as it, with a file for each kind.
	Snapshot *manifest.Snapshot
	// Wrong is what is wrong with the objects, Unseen what could not be seen.
	Wrong, Unseen diag.List

	known map[string]map[kind]bool // by folder: kinds of which all objects are known
}

type kind struct{ group, name string }

// Read reads all contexts at once.
func Read(ctx context.Context, o live.Options) (*Found, error) {
	contexts, err := live.Open(o)
	if err != nil {
		return nil, err //nolint:wrapcheck // says what it was reading
	}
	readers := make([]reader, len(contexts))
	var all sync.WaitGroup
	for i, c := range contexts {
		readers[i] = reader{cluster: c, namespace: o.Namespace, folder: folderOf(c.Context), known: map[kind]bool{}}
		all.Go(func() { readers[i].read(ctx) })
	}
	all.Wait()
	out := &Found{known: map[string]map[kind]bool{}}
	var texts []load.Text
	roots := make([]string, 0, len(readers))
	for _, r := range readers {
		texts, roots, out.Unseen = append(texts, r.texts...), append(roots, r.folder), append(out.Unseen, r.unseen...)
		out.known[r.folder] = r.known
	}
	out.Snapshot, out.Wrong = manifest.Texts(texts, load.Options{})
	out.Snapshot.Apart = roots
	return out, nil
}

// Answered says whether the cluster of a folder let anything be seen.
func (f *Found) Answered(folder string) bool { return len(f.known[folder]) > 0 }

// folderOf is a context's name as one step of a path.
func folderOf(name string) string { return strings.ReplaceAll(name, "/", "_") }

// reader reads one cluster.
type reader struct {
	cluster   *live.Cluster
	namespace string // the only one to look at; "" for all
	folder    string
	texts     []load.Text
	known     map[kind]bool
	unseen    diag.List
}

func (r *reader) read(ctx context.Context) {
	groups := wanted()
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		kinds, err := r.cluster.Kinds(ctx, group)
		if err != nil {
			r.note("%v", err)
			if group == "" && !live.Forbidden(err) {
				return // nobody answers
			}
			continue
		}
		for _, name := range groups[group] {
			i := slices.IndexFunc(kinds, func(k live.Kind) bool { return k.Kind == name })
			r.known[kind{group, name}] = i < 0 || r.kind(ctx, kinds[i])
		}
	}
	r.mesh(ctx)
}

// kind lists one kind, in all namespaces or, where that is forbidden, in the context's own, and says whether that was all.
func (r *reader) kind(ctx context.Context, k live.Kind) (all bool) {
	namespace := r.namespace
	if !k.Namespaced {
		namespace = ""
	}
	objects, err := r.cluster.List(ctx, k, namespace)
	all = err == nil
	if live.Forbidden(err) && k.Namespaced && namespace == "" && r.cluster.Namespace != "" {
		var second error
		if objects, second = r.cluster.List(ctx, k, r.cluster.Namespace); second == nil {
			r.note("%s may be listed in namespace %s only: those of other namespaces are not known", k, r.cluster.Namespace)
			err = nil
		}
	}
	if err != nil {
		r.note("%v", err)
		return false
	}
	r.keep(k.String(), objects)
	return all
}

// mesh reads the mesh configuration; of several revisions the default one.
func (r *reader) mesh(ctx context.Context) {
	k := live.Kind{Version: "v1", Kind: "ConfigMap", Resource: "configmaps", Namespaced: true}
	o, err := r.cluster.Get(ctx, k, meshNamespace, "istio")
	if err != nil {
		if !live.NotFound(err) {
			r.note("the mesh configuration is not known: %v", err)
		}
		return
	}
	o["apiVersion"], o["kind"] = "v1", k.Kind
	r.keep(k.String(), []map[string]any{o})
}

// keep adds a file of objects, without what only the API server cares about.
func (r *reader) keep(name string, objects []map[string]any) {
	if len(objects) == 0 {
		return
	}
	var text strings.Builder
	for _, o := range objects {
		tidy(o)
		data, err := yaml.Marshal(whole(o))
		if err != nil {
			r.note("writing one of %s: %v", name, err)
			continue
		}
		text.WriteString("---\n" + string(data))
	}
	r.texts = append(r.texts, load.Text{Name: path.Join(r.folder, name+".yaml"), Data: []byte(text.String())})
}

// tidy leaves out status and bookkeeping. What kubectl keeps of the last apply holds the whole object once more.
func tidy(o map[string]any) {
	delete(o, "status")
	meta, _ := o["metadata"].(map[string]any)
	for _, field := range []string{"managedFields", "resourceVersion", "uid", "generation", "selfLink"} {
		delete(meta, field)
	}
	if annotations, ok := meta["annotations"].(map[string]any); ok {
		delete(annotations, "kubectl.kubernetes.io/last-applied-configuration")
	}
}

// whole makes whole numbers of those that JSON decodes as floats: YAML would write a large one with an exponent.
func whole(x any) any {
	switch v := x.(type) {
	case map[string]any:
		for k := range v {
			v[k] = whole(v[k])
		}
	case []any:
		for i := range v {
			v[i] = whole(v[i])
		}
	case float64:
		if n := int64(v); float64(n) == v {
			return n
		}
	}
	return x
}

func (r *reader) note(format string, args ...any) {
	r.unseen = append(r.unseen, diag.Diagnostic{
		Code: "SP604", Severity: diag.Warning, Position: diag.Position{File: r.folder},
		Message: fmt.Sprintf("context %s: %s", r.cluster.Context, fmt.Sprintf(format, args...)),
		Hint:    "a viewer's rights are enough: get and list",
	})
}
