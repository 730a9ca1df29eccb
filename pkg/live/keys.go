package live

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// switchedAt is when the key that signs became that one.
const switchedAt = "spillway.dev/keys-switched"

// Keys are the keys of one cluster. Their values are never printed, by anything.
type Keys struct {
	Data     map[string][]byte
	Switched time.Time // zero: not known
	version  string
}

func (c *Cluster) secret(name string) string {
	return "/api/v1/namespaces/" + c.Namespace + "/secrets/" + name
}

// Keys reads the Secret.
func (c *Cluster) Keys(ctx context.Context, name string) (*Keys, error) {
	var s struct {
		Metadata struct {
			ResourceVersion string            `json:"resourceVersion"`
			Annotations     map[string]string `json:"annotations"`
		} `json:"metadata"`
		Data map[string][]byte `json:"data"`
	}
	if err := c.do(ctx, question{method: http.MethodGet, path: c.secret(name)}, &s); err != nil {
		return nil, fmt.Errorf("reading Secret %s/%s: %w", c.Namespace, name, err)
	}
	k := &Keys{Data: s.Data, version: s.Metadata.ResourceVersion}
	if at, err := time.Parse(time.RFC3339, s.Metadata.Annotations[switchedAt]); err == nil {
		k.Switched = at
	}
	return k, nil
}

// PatchKeys changes entries of the Secret, nil ones are removed; switched notes when the signing key changed, if it did. It is
// refused if anybody has changed the Secret since it was read.
func (c *Cluster) PatchKeys(ctx context.Context, name string, read *Keys, data map[string][]byte, switched time.Time) error {
	meta := map[string]any{"resourceVersion": read.version}
	if !switched.IsZero() {
		meta["annotations"] = map[string]string{switchedAt: switched.UTC().Format(time.RFC3339)}
	}
	values := map[string]any{}
	for id, key := range data {
		values[id] = nil
		if key != nil {
			values[id] = key
		}
	}
	body, err := json.Marshal(map[string]any{"metadata": meta, "data": values})
	if err != nil {
		return fmt.Errorf("encoding the change of a Secret: %w", err)
	}
	err = c.do(ctx, question{
		method: http.MethodPatch, path: c.secret(name), contentType: "application/merge-patch+json",
		query: url.Values{"fieldManager": {"spillway-keys"}}, body: body,
	}, nil)
	if err != nil {
		return fmt.Errorf("changing Secret %s/%s: %w", c.Namespace, name, err)
	}
	return nil
}
