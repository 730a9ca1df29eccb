package live

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// pageSize is how many objects one answer may hold.
const pageSize = 250

// Kind is a kind of objects as it is asked for. Version is found out where it is empty.
type Kind struct {
	Group, Version, Kind, Resource string
	Namespaced                     bool
}

// String is the kind as kubectl takes it, such as serviceentries.networking.istio.io.
func (k Kind) String() string { return strings.TrimSuffix(k.Resource+"."+k.Group, ".") }

func (k Kind) path(namespace string) string {
	path := "/apis/" + k.Group + "/" + k.Version
	if k.Group == "" {
		path = "/api/" + k.Version
	}
	if namespace != "" {
		path += "/namespaces/" + namespace
	}
	return path + "/" + k.Resource
}

// Kinds are those of a group that the API server serves, in its preferred version. A group that it does not serve has none.
func (c *Cluster) Kinds(ctx context.Context, group string) ([]Kind, error) {
	version, path := "v1", "/api/v1"
	if group != "" {
		var g struct {
			PreferredVersion struct {
				Version string `json:"version"`
			} `json:"preferredVersion"`
		}
		err := c.do(ctx, question{method: http.MethodGet, path: "/apis/" + group}, &g)
		if NotFound(err) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("asking for the versions of %s: %w", group, err)
		}
		version = g.PreferredVersion.Version
		path = "/apis/" + group + "/" + version
	}
	var list struct {
		Resources []struct {
			Name       string   `json:"name"`
			Kind       string   `json:"kind"`
			Namespaced bool     `json:"namespaced"`
			Verbs      []string `json:"verbs"`
		} `json:"resources"`
	}
	if err := c.do(ctx, question{method: http.MethodGet, path: path}, &list); err != nil {
		return nil, fmt.Errorf("asking for the kinds of %s/%s: %w", group, version, err)
	}
	var out []Kind
	for _, r := range list.Resources {
		if slices.Contains(r.Verbs, "list") && !strings.Contains(r.Name, "/") {
			out = append(out, Kind{Group: group, Version: version, Kind: r.Kind, Resource: r.Name, Namespaced: r.Namespaced})
		}
	}
	return out, nil
}

// List reads all objects of a kind, of one namespace or ("") of all, page by page.
func (c *Cluster) List(ctx context.Context, k Kind, namespace string) ([]map[string]any, error) {
	var out []map[string]any
	query := url.Values{"limit": {strconv.Itoa(pageSize)}}
	for {
		var page struct {
			Metadata struct {
				Continue string `json:"continue"`
			} `json:"metadata"`
			Items []map[string]any `json:"items"`
		}
		if err := c.do(ctx, question{method: http.MethodGet, path: k.path(namespace), query: query}, &page); err != nil {
			return nil, fmt.Errorf("listing %s: %w", k, err)
		}
		for _, o := range page.Items {
			o = maps.Clone(o)
			o["apiVersion"], o["kind"] = strings.TrimPrefix(k.Group+"/"+k.Version, "/"), k.Kind // items of a list lack them
			out = append(out, o)
		}
		if page.Metadata.Continue == "" {
			return out, nil
		}
		query.Set("continue", page.Metadata.Continue)
	}
}

// Get reads one object.
func (c *Cluster) Get(ctx context.Context, k Kind, namespace, name string) (map[string]any, error) {
	var out map[string]any
	if err := c.do(ctx, question{method: http.MethodGet, path: k.path(namespace) + "/" + name}, &out); err != nil {
		return nil, fmt.Errorf("reading %s %s/%s: %w", k, namespace, name, err)
	}
	return out, nil
}

// Forbidden says that the user's rights do not reach so far.
func Forbidden(err error) bool {
	e, ok := errors.AsType[*StatusError](err)
	return ok && (e.Code == http.StatusForbidden || e.Code == http.StatusUnauthorized)
}
