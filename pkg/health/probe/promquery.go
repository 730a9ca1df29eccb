package probe

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Prometheus compares the one value of an instant query with bounds.
type Prometheus struct {
	URL, Query   string
	Above, Below *float64 // nil: no bound
	Client       *http.Client
}

var _ Prober = (*Prometheus)(nil)

// Probe asks once. A server that does not answer says nothing of what the query is about: that is Unknown.
func (p *Prometheus) Probe(ctx context.Context) Outcome {
	at := strings.TrimSuffix(p.URL, "/") + "/api/v1/query?" + url.Values{"query": {p.Query}}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, http.NoBody)
	if err != nil {
		return unknown("the URL is not valid")
	}
	resp, err := p.Client.Do(req)
	if err != nil {
		return unknown("Prometheus does not answer")
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, mostBody))
	if err != nil || resp.StatusCode != http.StatusOK {
		return unknown(fmt.Sprintf("Prometheus answers %d", resp.StatusCode))
	}
	value, err := single(text)
	if err != nil {
		return unknown(err.Error())
	}
	return p.compare(value)
}

func (p *Prometheus) compare(value float64) Outcome {
	switch {
	case math.IsNaN(value):
		return unknown("the value is not a number")
	case p.Above != nil && value <= *p.Above:
		return fail(fmt.Sprintf("%g is not above %g", value, *p.Above))
	case p.Below != nil && value >= *p.Below:
		return fail(fmt.Sprintf("%g is not below %g", value, *p.Below))
	default:
		return pass(fmt.Sprintf("%g", value))
	}
}

// single reads the one value of an answer: a scalar, or a vector of one.
func single(text []byte) (float64, error) {
	var answer struct {
		Data struct {
			ResultType string          `json:"resultType"`
			Result     json.RawMessage `json:"result"`
		} `json:"data"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return 0, fmt.Errorf("the answer is not Prometheus'")
	}
	var pair [2]any
	var series []struct {
		Value [2]any `json:"value"`
	}
	switch {
	case answer.Data.ResultType == "scalar" && json.Unmarshal(answer.Data.Result, &pair) == nil:
	case answer.Data.ResultType == "vector" && json.Unmarshal(answer.Data.Result, &series) == nil && len(series) == 1:
		pair = series[0].Value
	default:
		return 0, fmt.Errorf("the result is not one value")
	}
	digits, _ := pair[1].(string)
	value, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return 0, fmt.Errorf("the value is not a number")
	}
	return value, nil
}

// NewClient makes a client for one such check, so that a server that hangs takes no connection from another.
func NewClient() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{MaxConnsPerHost: 1, IdleConnTimeout: idle, MaxResponseHeaderBytes: mostBody},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Close lets go of idle connections.
func (p *Prometheus) Close() { p.Client.CloseIdleConnections() }
