package plan

import (
	"maps"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

// healthOf fills the defaults into what a fleet says of its health.
func healthOf(s *v1alpha1.HealthSettings) Health {
	if s == nil {
		s = &v1alpha1.HealthSettings{}
	}
	h := Health{
		Path: or(s.Path, v1alpha1.DefaultHealthPath), Rest: string(or(s.Rest, v1alpha1.ModeRelaxed)),
		CheckerDown: string(s.CheckerDown),
		Interval:    v1alpha1.DefaultRoundInterval, Timeout: v1alpha1.DefaultRoundTimeout,
		Fall: v1alpha1.DefaultFall, Rise: v1alpha1.DefaultRise, Quorum: v1alpha1.DefaultQuorum,
		Guard: guardOf(s.Guard),
	}
	if r := s.Round; r != nil {
		h.Interval = orDefault(r.Interval, h.Interval)
		h.Timeout = orDefault(r.Timeout, h.Timeout)
	}
	if t := s.Thresholds; t != nil {
		h.Fall, h.Rise, h.Quorum = orNumber(t.Fall, h.Fall), orNumber(t.Rise, h.Rise), orNumber(t.Quorum, h.Quorum)
	}
	for i := range s.Checks {
		h.Checks = append(h.Checks, checkOf(&s.Checks[i]))
	}
	if s.Discover != nil {
		h.Discover = s.Discover.Label
	}
	if k := s.PeerKeys; k != nil && k.Secret != nil {
		h.KeysSecret = k.Secret.Name
	} else if k != nil && k.Files != nil {
		h.KeysFolder = k.Files.Dir
	}
	return h
}

func guardOf(s *v1alpha1.GuardSettings) FleetGuard {
	if s == nil {
		s = &v1alpha1.GuardSettings{}
	}
	return FleetGuard{
		MaxOut: orNumber(s.MaxOut, v1alpha1.DefaultMaxOut), Poll: orDefault(s.Poll, v1alpha1.DefaultPoll),
		Confirm: orNumber(s.Confirm, v1alpha1.DefaultConfirm), Hold: orDefault(s.Hold, v1alpha1.DefaultHold),
		MinIn: orDefault(s.MinIn, v1alpha1.DefaultMinIn), MinOut: orDefault(s.MinOut, v1alpha1.DefaultMinOut),
		MaxOutsPerHour: orNumber(s.MaxOutsPerHour, v1alpha1.DefaultOutsPerHour),
		Verify:         orDefault(s.Verify, v1alpha1.DefaultVerify), MaxChange: orDefault(s.MaxChange, v1alpha1.DefaultMaxChange),
		Capacity: string(or(s.Capacity, v1alpha1.CapacityRequireForDrain)),
	}
}

func checkOf(s *v1alpha1.HealthCheck) HealthCheck {
	c := HealthCheck{
		Name: s.Name, Importance: string(or(s.Importance, v1alpha1.ImportanceRequired)), Weight: orNumber(s.Weight, 1), Shared: s.Shared,
	}
	if x := s.HTTP; x != nil {
		c.HTTP = &HTTPCheck{URL: x.URL, Method: x.Method, Host: x.Host, Headers: maps.Clone(x.Headers), Body: x.Body}
		for _, code := range x.Expect {
			c.HTTP.Expect = append(c.HTTP.Expect, int(code))
		}
	}
	if x := s.GRPC; x != nil {
		c.GRPC = &GRPCCheck{Address: x.Address, Service: x.Service, TLS: x.TLS, Host: x.Host}
	}
	if x := s.TCP; x != nil {
		c.TCP = &TCPCheck{Address: x.Address}
	}
	if x := s.Service; x != nil {
		c.Service = &ServiceCheck{Name: x.Name, Namespace: x.Namespace, MinReady: orNumber(x.MinReady, 0)}
	}
	if x := s.ExternalFailover; x != nil {
		c.Failover = &FailoverCheck{Name: x.Name, Namespace: x.Namespace, Via: string(x.Via)}
	}
	if x := s.Certificate; x != nil {
		c.Certificate = &CertificateCheck{Address: x.Address, ServerName: x.ServerName, MinDays: orNumber(x.MinDays, 0)}
	}
	if x := s.Prometheus; x != nil {
		c.Prometheus = &PrometheusCheck{URL: x.URL, Query: x.Query, Above: x.Above, Below: x.Below}
	}
	return c
}

func or[T ~string](value, other T) T {
	if value == "" {
		return other
	}
	return value
}

func orNumber(n *int32, other int) int {
	if n == nil {
		return other
	}
	return int(*n)
}
