package kube

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// userAgent is what the API server's audit log shows.
const userAgent = "spillway-health"

// InCluster reaches the API server of the cluster that the process runs in, with the token of its service account.
func InCluster() (*rest.Config, error) {
	c, err := rest.InClusterConfig()
	if err != nil {
		return nil, fmt.Errorf("reading the service account: %w", err)
	}
	return c, nil
}

// FromKubeconfig reaches the API server of the current context of a file.
func FromKubeconfig(path string) (*rest.Config, error) {
	c, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return c, nil
}

// api asks the API server.
type api struct {
	client *http.Client
	base   *url.URL
}

// newAPI takes a copy of the configuration without a timeout, which would end every watch.
func newAPI(config *rest.Config) (*api, error) {
	c := rest.CopyConfig(config)
	c.Timeout = 0
	if c.UserAgent == "" {
		c.UserAgent = userAgent
	}
	base, _, err := rest.DefaultServerUrlFor(c)
	if err != nil {
		return nil, fmt.Errorf("reading the API server's address: %w", err)
	}
	client, err := rest.HTTPClientFor(c)
	if err != nil {
		return nil, fmt.Errorf("making the client: %w", err)
	}
	return &api{client: client, base: base}, nil
}

// close ends idle connections, so that nothing is left of a watcher that has ended.
func (a *api) close() { utilnet.CloseIdleConnectionsFor(a.client.Transport) }

// request is one question to the API server.
type request struct {
	method, path string
	query        url.Values
	body         any
}

// do asks and decodes the answer, if into is not nil.
func (a *api) do(ctx context.Context, r request, into any) error {
	body, err := a.open(ctx, r)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	if into == nil {
		_, err = io.Copy(io.Discard, body)
	} else {
		err = json.NewDecoder(body).Decode(into)
	}
	if err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	return nil
}

// open asks and hands out the body of a good answer.
func (a *api) open(ctx context.Context, r request) (io.ReadCloser, error) {
	var body io.Reader
	if r.body != nil {
		data, err := json.Marshal(r.body)
		if err != nil {
			return nil, fmt.Errorf("encoding the request: %w", err)
		}
		body = bytes.NewReader(data)
	}
	to := a.base.JoinPath(r.path)
	to.RawQuery = r.query.Encode()
	req, err := http.NewRequestWithContext(ctx, r.method, to.String(), body)
	if err != nil {
		return nil, fmt.Errorf("making the request: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := a.client.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= http.StatusOK && resp.StatusCode < http.StatusMultipleChoices {
		return resp.Body, nil
	}
	defer func() { _ = resp.Body.Close() }()
	return nil, statusOf(resp)
}

// statusError is the API server's no.
type statusError struct {
	Code    int    `json:"code"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

func (e *statusError) Error() string { return fmt.Sprintf("API server says %d: %s", e.Code, e.Message) }

// statusOf reads what the API server says of its refusal; something before it may answer in words of its own.
func statusOf(resp *http.Response) error {
	const most = 4 << 10
	text, err := io.ReadAll(io.LimitReader(resp.Body, most))
	if err != nil {
		text = []byte(err.Error())
	}
	e := &statusError{}
	if json.Unmarshal(text, e) != nil || e.Message == "" {
		e.Message = string(bytes.TrimSpace(text))
	}
	e.Code = resp.StatusCode
	return e
}

// codeOf is the status code of the API server's no; 0 if it did not say anything.
func codeOf(err error) int {
	if e, ok := errors.AsType[*statusError](err); ok {
		return e.Code
	}
	return 0
}

// refused says that the API server understood and said no, so that asking again at once is of no use: it lacks a
// permission or the kind. A token that has expired is no refusal, the next one may be there already.
func refused(err error) bool {
	switch code := codeOf(err); code {
	case http.StatusUnauthorized, http.StatusRequestTimeout, http.StatusConflict, http.StatusGone, http.StatusTooManyRequests:
		return false
	default:
		return code >= http.StatusBadRequest && code < http.StatusInternalServerError
	}
}
