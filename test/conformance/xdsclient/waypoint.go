package xdsclient

import (
	"fmt"

	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	managerv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
)

// mainListener is where a waypoint takes up the requests that came in through a tunnel.
const mainListener = "main_internal"

// WaypointHost finds the virtual host of a port of a host that a waypoint carries; nil if it carries none.
func (s *Snapshot) WaypointHost(host string, port int) (*routev3.VirtualHost, error) {
	name := fmt.Sprintf("inbound-vip|%d|http|%s", port, host)
	for _, chain := range s.Listeners[mainListener].GetFilterChains() {
		if chain.GetName() != name {
			continue
		}
		for _, f := range chain.GetFilters() {
			m := &managerv3.HttpConnectionManager{}
			if !f.GetTypedConfig().MessageIs(m) {
				continue
			}
			if err := f.GetTypedConfig().UnmarshalTo(m); err != nil {
				return nil, fmt.Errorf("unpacking the connection manager of %s: %w", name, err)
			}
			if hosts := m.GetRouteConfig().GetVirtualHosts(); len(hosts) > 0 {
				return hosts[0], nil
			}
		}
	}
	return nil, nil //nolint:nilnil // a host that is not carried is an answer
}
