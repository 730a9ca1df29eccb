package waypoint

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	bootstrapv3 "github.com/envoyproxy/go-control-plane/envoy/config/bootstrap/v3"
	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	routerv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	managerv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/test/conformance/parts"
	"github.com/spillway-mesh/spillway/test/conformance/xdsclient"
)

// validate has a real Envoy read all clusters of a waypoint, and the routes of the host behind a listener of the test's own:
// the waypoint's listeners hold filters that only Istio's build has. It says what Envoy says against them.
func validate(t *testing.T, p *plan.Plan, got *xdsclient.Snapshot) (string, error) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	host, err := got.WaypointHost(p.Host, p.Ports[0].Number)
	must(err)
	router, err := anypb.New(&routerv3.Router{})
	must(err)
	manager, err := anypb.New(&managerv3.HttpConnectionManager{
		StatPrefix: "waypoint",
		RouteSpecifier: &managerv3.HttpConnectionManager_RouteConfig{RouteConfig: &routev3.RouteConfiguration{
			Name: "routes", VirtualHosts: []*routev3.VirtualHost{host},
		}},
		HttpFilters: []*managerv3.HttpFilter{{Name: "router", ConfigType: &managerv3.HttpFilter_TypedConfig{TypedConfig: router}}},
	})
	must(err)
	boot := &bootstrapv3.Bootstrap{
		Node: &corev3.Node{Id: "waypoint", Cluster: "waypoint"},
		StaticResources: &bootstrapv3.Bootstrap_StaticResources{
			Listeners: []*listenerv3.Listener{{
				Name: "entry",
				Address: &corev3.Address{Address: &corev3.Address_SocketAddress{SocketAddress: &corev3.SocketAddress{
					Address: "127.0.0.1", PortSpecifier: &corev3.SocketAddress_PortValue{PortValue: 0},
				}}},
				FilterChains: []*listenerv3.FilterChain{{Filters: []*listenerv3.Filter{{
					Name: "manager", ConfigType: &listenerv3.Filter_TypedConfig{TypedConfig: manager},
				}}}},
			}},
			Clusters: []*clusterv3.Cluster{{Name: "sds-grpc"}},
		},
	}
	for _, c := range got.Clusters {
		boot.StaticResources.Clusters = append(boot.StaticResources.Clusters, c)
	}
	data, err := proto.Marshal(boot)
	must(err)
	file := filepath.Join(t.TempDir(), "bootstrap.pb")
	must(os.WriteFile(file, data, 0o600))
	envoy, err := parts.Envoy(t.Context(), t.Logf)
	must(err)
	out, err := exec.CommandContext(t.Context(), envoy, "--mode", "validate", "-c", file, "--base-id", strconv.Itoa(os.Getpid())).CombinedOutput()
	return string(out), err
}

// accepted asks a real Envoy, and shows that it would refuse a route to nowhere.
func accepted(t *testing.T, p *plan.Plan, got *xdsclient.Snapshot) {
	t.Helper()
	if out, err := validate(t, p, got); err != nil {
		t.Errorf("Envoy refuses what istiod sends: %v\n%s", err, out)
	}
	less := &xdsclient.Snapshot{Clusters: map[string]*clusterv3.Cluster{}, Listeners: got.Listeners}
	if out, err := validate(t, p, less); err == nil {
		t.Errorf("Envoy takes routes to clusters that are not there: the control is blind\n%s", out)
	}
}
