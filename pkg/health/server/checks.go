package server

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/health/probe"
)

// Defaults of the checks.
const (
	defaultMinReady = 50 // percent
	defaultMinDays  = 14
	day             = 24 * time.Hour
	// externalEvery is how often an ExternalFailover is asked at most: every replica of every cluster does.
	externalEvery = 10 * time.Second
)

// checker builds the checks that a runner asks, and keeps the probers of those that did not change: they hold connections,
// and know whether they are being asked.
type checker struct {
	around Surroundings
	now    func() time.Duration
	wall   func() time.Time
	built  map[string]built
}

type built struct {
	spec   v1alpha1.HealthCheck
	prober probe.Prober
	drill  *probe.Drill // while there is one
}

// checks are those of the spec, and those that were found. None is ever left out: one that cannot be asked is unknown.
func (c *checker) checks(x *v1alpha1.ClusterHealth, found []Discovered) []probe.Check {
	next := map[string]built{}
	all := slices.Concat(x.Spec.Checks, discovered(x, found))
	out := make([]probe.Check, 0, len(all))
	for _, h := range all {
		b, old := c.built[h.Name]
		if !old || !reflect.DeepEqual(b.spec, h) {
			b = built{spec: h, prober: c.prober(&h, x.Namespace)}
		}
		b.drill = c.drill(&b, x.Spec.Mode)
		next[h.Name] = b
		one := probe.Check{Check: checkOf(&h), Prober: b.prober}
		one.AllowScaleToZero = mayBeZero(&h, x.Namespace, found)
		if b.drill != nil {
			one.Prober = b.drill
		}
		out = append(out, one)
	}
	c.built = next
	return out
}

// drill has a check read as failing for as long as the mode that names it lasts; nil where none does.
func (c *checker) drill(b *built, m *v1alpha1.ModeSetting) *probe.Drill {
	if m == nil || m.Name != v1alpha1.ModeObserve || !slices.Contains(m.Drill, b.spec.Name) {
		return nil
	}
	if d := b.drill; d != nil && d.Of == b.prober && d.Ends.Equal(m.Until.Time) {
		return d
	}
	return &probe.Drill{Of: b.prober, Ends: m.Until.Time, Deadline: c.now() + m.Until.Sub(c.wall()), Wall: c.wall, Now: c.now}
}

// mayBeZero says that the Service that a check looks at says of itself that it may be scaled to nothing. Only those that opt
// in by the label are known.
func mayBeZero(h *v1alpha1.HealthCheck, namespace string, found []Discovered) bool {
	if h.Service == nil {
		return false
	}
	if h.Service.Namespace != "" {
		namespace = h.Service.Namespace
	}
	return slices.ContainsFunc(found, func(d Discovered) bool {
		return d.Namespace == namespace && d.Name == h.Service.Name && d.Annotations[annotationZero] == "allowed"
	})
}

// constant answers always the same.
type constant probe.Outcome

func (c constant) Probe(context.Context) probe.Outcome { return probe.Outcome(c) }

// cannotAsk is the prober of a check that cannot be asked: it says why, and never that anything has failed.
func cannotAsk(reason string) probe.Prober { return constant{Reason: reason} }

// prober makes the prober of one check.
func (c *checker) prober(h *v1alpha1.HealthCheck, namespace string) probe.Prober {
	p, err := c.make(h, namespace)
	if err != nil {
		return cannotAsk(err.Error())
	}
	return p
}

func (c *checker) make(h *v1alpha1.HealthCheck, namespace string) (probe.Prober, error) {
	switch {
	case h.HTTP != nil:
		return probe.NewHTTP(httpSpec(h.HTTP))
	case h.GRPC != nil:
		g := h.GRPC
		return probe.NewGRPC(probe.GRPCSpec{Address: g.Address, Service: g.Service, TLS: g.TLS, Host: g.Host})
	case h.TCP != nil:
		return &probe.TCP{Address: h.TCP.Address}, nil
	case h.Service != nil:
		return c.service(h.Service, namespace), nil
	case h.ExternalFailover != nil:
		return c.external(h.ExternalFailover, namespace), nil
	case h.Certificate != nil:
		days := defaultMinDays
		count(&days, h.Certificate.MinDays)
		return &probe.Certificate{
			Address: h.Certificate.Address, ServerName: h.Certificate.ServerName, MinValid: time.Duration(days) * day, Now: c.wall,
		}, nil
	case h.Prometheus != nil:
		return prometheusOf(h.Prometheus)
	default:
		return cannotAsk("nothing to ask"), nil
	}
}

func httpSpec(h *v1alpha1.HTTPCheck) probe.HTTPSpec {
	s := probe.HTTPSpec{URL: h.URL, Method: h.Method, Host: h.Host, Headers: h.Headers, Body: h.Body}
	for _, code := range h.Expect {
		s.Expect = append(s.Expect, int(code))
	}
	return s
}

func (c *checker) service(s *v1alpha1.ServiceCheck, namespace string) probe.Prober {
	if c.around.Lister == nil {
		return cannotAsk("services are known inside a cluster only")
	}
	p := &probe.Service{Namespace: s.Namespace, Name: s.Name, MinReady: defaultMinReady, Lister: c.around.Lister}
	if p.Namespace == "" {
		p.Namespace = namespace
	}
	count(&p.MinReady, s.MinReady)
	return p
}

func prometheusOf(s *v1alpha1.PrometheusCheck) (probe.Prober, error) {
	p := &probe.Prometheus{URL: s.URL, Query: s.Query, Client: probe.NewClient()}
	for _, b := range []struct {
		text string
		to   **float64
	}{{s.Above, &p.Above}, {s.Below, &p.Below}} {
		if b.text == "" {
			continue
		}
		v, err := strconv.ParseFloat(b.text, 64)
		if err != nil {
			return nil, fmt.Errorf("the bound %q is no number", b.text)
		}
		*b.to = &v
	}
	return p, nil
}
