package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	adminPort    = 15000 // of the client; each pod of a gateway has one podStep further
	podStep      = 100
	adminAddress = "127.0.0.1:15000"
	entryAddress = "127.0.0.1:15080"
)

// proxy is one Envoy of a run: the client's, or a pod of the egress gateway.
type proxy struct {
	node    Node
	name    string
	ordinal int // 0 is the client
	env     []string
	envoy   string
	xds     string
}

func clientProxy(s *Scenario) *proxy {
	return &proxy{node: s.Node, name: "client", envoy: s.Envoy, xds: s.XDS}
}

func podProxy(s *Scenario, i int) *proxy {
	p := &s.Egress.Pods[i]
	node := p.Node
	node.Gateway = true
	return &proxy{node: node, name: fmt.Sprintf("egress-%d", i+1), ordinal: i + 1, env: p.Env, envoy: s.Envoy, xds: s.XDS}
}

func (p *proxy) admin() string { return fmt.Sprintf("127.0.0.1:%d", adminPort+podStep*p.ordinal) }
func (p *proxy) sds() string   { return fmt.Sprintf("127.0.0.1:%d", sdsPort+podStep*p.ordinal) }

// object is a piece of a JSON document.
type object = map[string]any

// envoy is the sidecar of the run.
type envoy struct {
	cmd   *exec.Cmd
	log   string
	admin string
}

func startEnvoy(p *proxy, dir string) (*envoy, error) {
	dir = filepath.Join(dir, p.name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of %s: %w", p.name, err)
	}
	for name, data := range map[string][]byte{
		"cert.pem": p.node.Identity.Cert, "key.pem": p.node.Identity.Key, "root.pem": p.node.MeshRoot,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return nil, fmt.Errorf("writing the identity: %w", err)
		}
	}
	boot, err := json.MarshalIndent(bootstrap(p, dir), "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encoding the bootstrap: %w", err)
	}
	file := filepath.Join(dir, "bootstrap.json")
	if err := os.WriteFile(file, boot, 0o600); err != nil {
		return nil, fmt.Errorf("writing the bootstrap: %w", err)
	}
	e := &envoy{log: filepath.Join(dir, "envoy.log"), admin: p.admin()}
	log, err := os.Create(e.log)
	if err != nil {
		return nil, fmt.Errorf("opening Envoy's log: %w", err)
	}
	defer func() { _ = log.Close() }()
	e.cmd = exec.Command(p.envoy, "-c", file, "--concurrency", "2", "--disable-hot-restart", "-l", "warning")
	e.cmd.Env = append(os.Environ(), p.env...)
	e.cmd.Stdout, e.cmd.Stderr = log, log
	e.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := e.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting Envoy: %w", err)
	}
	return e, nil
}

func (e *envoy) stop() {
	_ = e.cmd.Process.Kill()
	_ = e.cmd.Wait()
}

// awaitReady waits until Envoy has its clusters and listeners.
func (e *envoy) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		if body, err := admin(ctx, e.admin, "/ready"); err == nil && strings.TrimSpace(string(body)) == "LIVE" {
			return nil
		}
		select {
		case <-ctx.Done():
			log, _ := os.ReadFile(e.log)
			return fmt.Errorf("waiting for Envoy: %w\n%s", ctx.Err(), lastLines(string(log), 30))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// counters sums up the counters of the clusters that lead to the host, by the last part of their names.
func counters(ctx context.Context, host string) (map[string]int, error) {
	body, err := admin(ctx, adminAddress, "/stats?usedonly")
	if err != nil {
		return nil, err
	}
	sum := map[string]int{}
	sc := bufio.NewScanner(bytes.NewReader(body))
	for sc.Scan() {
		name, value, ok := strings.Cut(sc.Text(), ": ")
		if n, err := strconv.Atoi(value); ok && err == nil && strings.Contains(name, "|"+host) {
			sum[name[strings.LastIndex(name, ".")+1:]] += n
		}
	}
	return sum, sc.Err()
}

func admin(ctx context.Context, address, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		return nil, fmt.Errorf("asking Envoy: %w", err)
	}
	client := &http.Client{Timeout: 5 * time.Second}
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("asking Envoy: %w", err)
	}
	body, err := io.ReadAll(resp.Body)
	err = errors.Join(err, resp.Body.Close())
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("asking Envoy for %s: %s", path, resp.Status)
	}
	return body, err
}

// bootstrap is Istio's bootstrap in short: the node, istiod, the agent's SDS, and in place of iptables a listener that
// takes the original destination from the PROXY protocol. What no listener of istiod's takes is answered with 599.
func bootstrap(p *proxy, dir string) object {
	role := "sidecar"
	if p.node.Gateway {
		role = "router"
	}
	id := fmt.Sprintf("%s~127.0.0.1~%s.%s~%s.svc.cluster.local", role, p.name, p.node.Namespace, p.node.Namespace)
	labels := map[string]string{"app": p.name}
	if p.node.Region != "" {
		labels["topology.kubernetes.io/region"] = p.node.Region
	}
	maps.Copy(labels, p.node.Labels)
	return object{
		"node": object{
			"id": id, "cluster": p.name + "." + p.node.Namespace, "locality": object{"region": p.node.Region},
			"metadata": object{
				"NAMESPACE": p.node.Namespace, "CLUSTER_ID": "Kubernetes", "ISTIO_VERSION": "1.31.0", "NAME": p.name,
				"SERVICE_ACCOUNT": p.node.ServiceAccount, "INSTANCE_IPS": "127.0.0.1", "MESH_ID": "cluster.local", "LABELS": labels,
			},
		},
		"admin": object{"address": tcpAddress(p.admin())},
		"dynamic_resources": object{
			"lds_config": object{"ads": object{}, "resource_api_version": "V3"},
			"cds_config": object{"ads": object{}, "resource_api_version": "V3"},
			"ads_config": object{
				"api_type": "GRPC", "transport_api_version": "V3", "set_node_on_first_message_only": true,
				"grpc_services": []object{{"envoy_grpc": object{"cluster_name": "xds-grpc"}}},
			},
		},
		"static_resources": object{
			"clusters":  []object{xdsCluster(p, dir), sdsCluster(p)},
			"listeners": entries(p),
		},
		"bootstrap_extensions": []object{{
			"name": "envoy.bootstrap.internal_listener",
			"typed_config": object{
				"@type": "type.googleapis.com/envoy.extensions.bootstrap.internal_listener.v3.InternalListener",
			},
		}},
		"layered_runtime": object{"layers": []object{{
			"name":         "static",
			"static_layer": object{"envoy.reloadable_features.coalesce_lb_rebuilds_on_batch_update": false},
		}}},
	}
}

func xdsCluster(p *proxy, dir string) object {
	return object{
		"name": "xds-grpc", "type": "STATIC", "connect_timeout": "1s",
		"typed_extension_protocol_options": speaksHTTP2(),
		"load_assignment":                  assignment("xds-grpc", object{"pipe": object{"path": p.xds}}),
		"transport_socket": object{
			"name": "envoy.transport_sockets.tls",
			"typed_config": object{
				"@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
				"sni":   "istiod.istio-system.svc",
				"common_tls_context": object{
					"alpn_protocols": []string{"h2"},
					"tls_certificates": []object{{
						"certificate_chain": object{"filename": filepath.Join(dir, "cert.pem")},
						"private_key":       object{"filename": filepath.Join(dir, "key.pem")},
					}},
					"validation_context": object{
						"trusted_ca": object{"filename": filepath.Join(dir, "root.pem")},
						"match_typed_subject_alt_names": []object{{
							"san_type": "DNS", "matcher": object{"exact": "istiod.istio-system.svc"},
						}},
					},
				},
			},
		},
	}
}

func sdsCluster(p *proxy) object {
	return object{
		"name": "sds-grpc", "type": "STATIC", "connect_timeout": "1s",
		"typed_extension_protocol_options": speaksHTTP2(),
		"load_assignment":                  assignment("sds-grpc", tcpAddress(p.sds())),
	}
}

func speaksHTTP2() object {
	return object{"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": object{
		"@type":                "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
		"explicit_http_config": object{"http2_protocol_options": object{}},
	}}
}

func assignment(cluster string, address object) object {
	return object{"cluster_name": cluster, "endpoints": []object{{
		"lb_endpoints": []object{{"endpoint": object{"address": address}}},
	}}}
}

// entries are the listeners that stand for what redirects an application's connections; a gateway has none.
func entries(p *proxy) []object {
	if p.ordinal > 0 {
		return []object{}
	}
	return []object{entryListener()}
}

func entryListener() object {
	return object{
		"name": "entry", "address": tcpAddress(entryAddress), "use_original_dst": true,
		"listener_filters": []object{{
			"name":         "envoy.filters.listener.proxy_protocol",
			"typed_config": object{"@type": "type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol"},
		}},
		"filter_chains": []object{{"filters": []object{{
			"name": "envoy.filters.network.http_connection_manager",
			"typed_config": object{
				"@type":       "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
				"stat_prefix": "entry",
				"http_filters": []object{{
					"name":         "envoy.filters.http.router",
					"typed_config": object{"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"},
				}},
				"route_config": object{"virtual_hosts": []object{{
					"name": "none", "domains": []string{"*"},
					"routes": []object{{
						"match":           object{"prefix": "/"},
						"direct_response": object{"status": 599, "body": object{"inline_string": "no listener for this destination"}},
					}},
				}}},
			},
		}}}},
	}
}

func tcpAddress(hostport string) object {
	host, port, _ := net.SplitHostPort(hostport)
	n, _ := strconv.Atoi(port)
	return object{"socket_address": object{"address": host, "port_value": n}}
}
