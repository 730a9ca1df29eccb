package mesh

import (
	"strconv"

	networking "istio.io/api/networking/v1alpha3"

	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
)

// Block is one part of a policy, and where it stands. The zero Block is a part that nothing sets.
type Block[T any] struct {
	Value  T
	Object *manifest.DestinationRule // nil if it is not set, or set for the whole mesh
	Path   string                    // in Object, such as spec.trafficPolicy.tls
}

// Policy is what a DestinationRule says about one port and subset, after the portLevelSettings took the place of the rest.
type Policy struct {
	LoadBalancer     Block[*networking.LoadBalancerSettings]
	ConnectionPool   Block[*networking.ConnectionPoolSettings]
	OutlierDetection Block[*networking.OutlierDetection]
	TLS              Block[*networking.ClientTLSSettings]

	// PortLevel is the entry of portLevelSettings that took the place of the rest; nothing if there is none.
	PortLevel Block[*networking.TrafficPolicy_PortTrafficPolicy]
	// Hidden is what stood there before PortLevel took its place.
	Hidden *Policy
}

// settings is what a trafficPolicy and an entry of portLevelSettings have in common.
type settings interface {
	GetLoadBalancer() *networking.LoadBalancerSettings
	GetConnectionPool() *networking.ConnectionPoolSettings
	GetOutlierDetection() *networking.OutlierDetection
	GetTls() *networking.ClientTLSSettings
}

// overlay lays settings on top: fields that are set win, and in portLevelSettings those that are not set win too.
func (p *Policy) overlay(s settings, dr *manifest.DestinationRule, path string, whole bool) {
	if v := s.GetLoadBalancer(); v != nil || whole {
		p.LoadBalancer = blockOf(v, v != nil, dr, path+".loadBalancer")
	}
	if v := s.GetConnectionPool(); v != nil || whole {
		p.ConnectionPool = blockOf(v, v != nil, dr, path+".connectionPool")
	}
	if v := s.GetOutlierDetection(); v != nil || whole {
		p.OutlierDetection = blockOf(v, v != nil, dr, path+".outlierDetection")
	}
	if v := s.GetTls(); v != nil || whole {
		p.TLS = blockOf(v, v != nil, dr, path+".tls")
	}
}

func blockOf[T any](v T, set bool, dr *manifest.DestinationRule, path string) Block[T] {
	if !set {
		return Block[T]{}
	}
	return Block[T]{Value: v, Object: dr, Path: path}
}

func (p *Policy) apply(tp *networking.TrafficPolicy, dr *manifest.DestinationRule, path string, port int) {
	if tp == nil {
		return
	}
	p.overlay(tp, dr, path, false)
	for i, pl := range tp.GetPortLevelSettings() {
		if int(pl.GetPort().GetNumber()) != port {
			continue
		}
		hidden := *p
		at := indexed(path+".portLevelSettings", i)
		p.overlay(pl, dr, at, true)
		p.PortLevel = Block[*networking.TrafficPolicy_PortTrafficPolicy]{Value: pl, Object: dr, Path: at}
		p.Hidden = &hidden
	}
}

// PolicyOf is the policy of a rule for a port and a subset ("" for the host itself).
func PolicyOf(r *Rule, port int, subset string) Policy {
	var p Policy
	if r == nil {
		return p
	}
	if r.Policy != nil {
		p.apply(r.Policy.Spec.GetTrafficPolicy(), r.Policy, "spec.trafficPolicy", port)
	}
	if s, found := r.Subset(subset); found {
		p.apply(s.GetTrafficPolicy(), s.From, s.Path+".trafficPolicy", port)
	}
	return p
}

// withMesh adds what the mesh sets for every host.
func (p *Policy) withMesh(m *Model) {
	d := m.Mesh.GetDefaultTrafficPolicy()
	if p.ConnectionPool.Value == nil {
		p.ConnectionPool.Value = d.GetConnectionPool()
	}
	if p.OutlierDetection.Value == nil {
		p.OutlierDetection.Value = d.GetOutlierDetection()
	}
}

func indexed(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// At is where the block stands: the object and the path in it; nil if nothing of the files sets it.
func (b Block[T]) At() (*manifest.Object, string) {
	if b.Object == nil {
		return nil, ""
	}
	return b.Object.Object, b.Path
}
