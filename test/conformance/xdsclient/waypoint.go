package xdsclient

import (
	"fmt"

	configv3 "github.com/envoyproxy/go-control-plane/envoy/config/rbac/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	rbacv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/rbac/v3"
	managerv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
)

// mainListener is where a waypoint takes up the requests that came in through a tunnel.
const mainListener = "main_internal"

// WaypointHost finds the virtual host of a port of a host that a waypoint carries; nil if it carries none.
func (s *Snapshot) WaypointHost(host string, port int) (*routev3.VirtualHost, error) {
	m, err := s.waypointManager(host, port)
	if hosts := m.GetRouteConfig().GetVirtualHosts(); len(hosts) > 0 {
		return hosts[0], nil
	}
	return nil, err
}

// WaypointDenies is the rules by which a waypoint refuses requests to a port of a host, as text; empty if it has none.
func (s *Snapshot) WaypointDenies(host string, port int) (string, error) {
	m, err := s.waypointManager(host, port)
	if err != nil {
		return "", err
	}
	for _, f := range m.GetHttpFilters() {
		rules := &rbacv3.RBAC{}
		if !f.GetTypedConfig().MessageIs(rules) {
			continue
		}
		if err := f.GetTypedConfig().UnmarshalTo(rules); err != nil {
			return "", fmt.Errorf("unpacking the policies of %s: %w", host, err)
		}
		if rules.GetRules().GetAction() == configv3.RBAC_DENY {
			return rules.GetRules().String(), nil
		}
	}
	return "", nil
}

// waypointManager is the connection manager of a port of a host; empty if the waypoint does not carry it.
func (s *Snapshot) waypointManager(host string, port int) (*managerv3.HttpConnectionManager, error) {
	name := fmt.Sprintf("inbound-vip|%d|http|%s", port, host)
	m := &managerv3.HttpConnectionManager{}
	for _, chain := range s.Listeners[mainListener].GetFilterChains() {
		if chain.GetName() != name {
			continue
		}
		for _, f := range chain.GetFilters() {
			if !f.GetTypedConfig().MessageIs(m) {
				continue
			}
			if err := f.GetTypedConfig().UnmarshalTo(m); err != nil {
				return nil, fmt.Errorf("unpacking the connection manager of %s: %w", name, err)
			}
			return m, nil
		}
	}
	return m, nil
}
