// Package live reads and changes clusters for the command line, each by a context of the user's kubeconfig and each failing by
// itself: half a fleet may be down when somebody looks at it.
//
// Of client-go it takes the way to the API server only – contexts, TLS, tokens, plugins – and asks in plain JSON. It imports the
// API, apimachinery and client-go's rest and clientcmd; it decides nothing. Start reading at Open.
package live

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// userAgent is what the API server's audit log shows.
const userAgent = "spillway"

// Options say which clusters are meant.
type Options struct {
	// Kubeconfig is a file; empty: as kubectl finds it.
	Kubeconfig string
	// Contexts of it; none: the current one.
	Contexts []string
	// Namespace; empty: that of each context, else default.
	Namespace string
	// Timeout of each request.
	Timeout time.Duration
}

// Cluster is one context.
type Cluster struct {
	Context   string
	Namespace string

	client  *http.Client
	base    *url.URL
	timeout time.Duration
	broken  error // of the context itself; told by each request
}

// Open finds the contexts. One that cannot be used is there all the same, and says so when it is asked; only a kubeconfig
// that cannot be read, and a context that it does not have, is an error.
func Open(o Options) ([]*Cluster, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = o.Kubeconfig
	raw, err := rules.Load()
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig: %w", err)
	}
	contexts := slices.Clone(o.Contexts)
	if len(contexts) == 0 {
		if raw.CurrentContext == "" {
			return openPod(o)
		}
		contexts = []string{raw.CurrentContext}
	}
	out := make([]*Cluster, 0, len(contexts))
	for _, name := range contexts {
		if raw.Contexts[name] == nil {
			return nil, fmt.Errorf("the kubeconfig has no context %q", name)
		}
		c := &Cluster{Context: name, Namespace: o.Namespace, timeout: o.Timeout}
		config := clientcmd.NewNonInteractiveClientConfig(*raw, name, &clientcmd.ConfigOverrides{}, rules)
		if c.Namespace == "" {
			c.Namespace, _, _ = config.Namespace() // the same trouble is told below
		}
		c.broken = c.connect(config)
		out = append(out, c)
	}
	return out, nil
}

// inPod is what the cluster is called in which the program runs in a pod, where there is no kubeconfig.
const inPod = "in-cluster"

// openPod is the cluster that the program runs in, with the account of its pod: so the Jobs of maintenance windows do.
func openPod(o Options) ([]*Cluster, error) {
	config, err := rest.InClusterConfig()
	if errors.Is(err, rest.ErrNotInCluster) {
		return nil, errors.New("the kubeconfig has no current context: name one with --contexts")
	}
	if err != nil {
		return nil, fmt.Errorf("reading the account of the pod: %w", err)
	}
	c := &Cluster{Context: inPod, Namespace: o.Namespace, timeout: o.Timeout}
	if c.Namespace == "" {
		text, err := os.ReadFile("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
		if err != nil {
			return nil, fmt.Errorf("reading the namespace of the pod: %w", err)
		}
		c.Namespace = strings.TrimSpace(string(text))
	}
	c.broken = c.dial(config)
	return []*Cluster{c}, nil
}

func (c *Cluster) connect(from clientcmd.ClientConfig) error {
	config, err := from.ClientConfig()
	if err != nil {
		return fmt.Errorf("reading context %s: %w", c.Context, err)
	}
	return c.dial(config)
}

func (c *Cluster) dial(config *rest.Config) error {
	config.UserAgent = userAgent
	base, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return fmt.Errorf("reading context %s: %w", c.Context, err)
	}
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return fmt.Errorf("reading context %s: %w", c.Context, err)
	}
	c.base, c.client = base, client
	return nil
}

// StatusError is the API server's no.
type StatusError struct {
	Code    int    `json:"code"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("the API server says %d: %s", e.Code, e.Message)
}

// NotFound says that an object does not exist.
func NotFound(err error) bool {
	e, ok := errors.AsType[*StatusError](err)
	return ok && e.Code == http.StatusNotFound
}

// question is one request to the API server.
type question struct {
	method, path, contentType string
	query                     url.Values
	body                      []byte
}

// do asks, and decodes the answer unless into is nil.
func (c *Cluster) do(ctx context.Context, q question, into any) error {
	if c.broken != nil {
		return c.broken
	}
	if c.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, c.timeout, fmt.Errorf("no answer within %s", c.timeout))
		defer cancel()
	}
	to := c.base.JoinPath(q.path)
	to.RawQuery = q.query.Encode()
	r, err := http.NewRequestWithContext(ctx, q.method, to.String(), bytes.NewReader(q.body))
	if err != nil {
		return fmt.Errorf("making the request: %w", err)
	}
	r.Header.Set("Accept", "application/json")
	if q.contentType != "" {
		r.Header.Set("Content-Type", q.contentType)
	}
	a, err := c.client.Do(r)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		return fmt.Errorf("asking the API server: %w", err)
	}
	defer func() { _ = a.Body.Close() }()
	const most = 32 << 20
	text, err := io.ReadAll(io.LimitReader(a.Body, most))
	if err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	if a.StatusCode < http.StatusOK || a.StatusCode >= http.StatusMultipleChoices {
		return statusOf(a.StatusCode, text)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	return nil
}

// statusOf reads what the API server says of its refusal; something before it may answer in words of its own.
func statusOf(code int, text []byte) error {
	e := &StatusError{}
	if json.Unmarshal(text, e) != nil || e.Message == "" {
		e.Message = string(bytes.TrimSpace(text[:min(len(text), 200)])) //nolint:mnd // enough to know it by
	}
	e.Code = code
	return e
}
