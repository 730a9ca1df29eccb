package probe

import (
	"context"
	"fmt"
)

// Endpoints counts the endpoints of a Kubernetes Service.
type Endpoints struct {
	Exists     bool // the Service itself
	Ready, All int
}

// Lister knows the endpoints of Services, from a watch: asking it costs nothing.
type Lister interface {
	// Endpoints of a Service; false while the watch has no answer.
	Endpoints(namespace, service string) (Endpoints, bool)
}

// Service compares the ready endpoints of a Service with all of them.
type Service struct {
	Namespace, Name string
	MinReady        int // percent
	Lister          Lister
}

var _ Prober = (*Service)(nil)

// Probe looks once. A Service without endpoints, scaled to nothing or deleted, is gone; whether that is bad depends on
// what was there before.
func (s *Service) Probe(context.Context) Outcome {
	e, known := s.Lister.Endpoints(s.Namespace, s.Name)
	switch {
	case !known:
		return unknown("endpoints not known")
	case !e.Exists:
		return Outcome{Reason: "no such service", Gone: true}
	case e.All == 0:
		return Outcome{Reason: "no endpoints", Gone: true}
	case 100*e.Ready < s.MinReady*e.All:
		return fail(fmt.Sprintf("%d of %d ready", e.Ready, e.All))
	default:
		return pass(fmt.Sprintf("%d of %d ready", e.Ready, e.All))
	}
}
