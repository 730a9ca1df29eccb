package clusters

import (
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/spillway-mesh/spillway/test/conformance/pki"
)

type object = map[string]any

// gatewayBootstrap is Istio's bootstrap of a gateway in short: the node and istiod. The folder has the name of the pod.
func gatewayBootstrap(own, ip, socket string, identity *pki.Pair, root []byte) (string, error) {
	name := filepath.Base(own)
	if err := os.MkdirAll(own, 0o700); err != nil {
		return "", err
	}
	files := map[string][]byte{"cert.pem": identity.Cert, "key.pem": identity.Key, "root.pem": root}
	boot, err := json.Marshal(object{
		"node": object{
			"id": "router~" + ip + "~" + name + "." + namespace + "~" + namespace + ".svc.cluster.local", "cluster": "gateway." + namespace,
			"metadata": object{
				"NAMESPACE": namespace, "CLUSTER_ID": "Kubernetes", "ISTIO_VERSION": "1.31.0", "NAME": name, "SERVICE_ACCOUNT": "gateway",
				"INSTANCE_IPS": ip, "MESH_ID": "cluster.local", "LABELS": object{"istio": "ingressgateway"},
			},
		},
		"admin": object{"address": socketAddress("127.0.0.1", 15000)},
		"dynamic_resources": object{
			"lds_config": object{"ads": object{}, "resource_api_version": "V3"},
			"cds_config": object{"ads": object{}, "resource_api_version": "V3"},
			"ads_config": object{
				"api_type": "GRPC", "transport_api_version": "V3", "set_node_on_first_message_only": true,
				"grpc_services": []object{{"envoy_grpc": object{"cluster_name": "xds-grpc"}}},
			},
		},
		"static_resources": object{"clusters": []object{
			staticCluster("xds-grpc", object{"pipe": object{"path": socket}}, istiodTLS(own)),
			staticCluster("sds-grpc", object{"pipe": object{"path": own + ".sds"}}, nil),
		}},
	})
	if err != nil {
		return "", err
	}
	files["bootstrap.json"] = boot
	for file, data := range files {
		if err := os.WriteFile(filepath.Join(own, file), data, 0o600); err != nil {
			return "", err
		}
	}
	return filepath.Join(own, "bootstrap.json"), nil
}

func socketAddress(host string, port int) object {
	return object{"socket_address": object{"address": host, "port_value": port}}
}

func staticCluster(name string, address, tls object) object {
	const http = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
	c := object{
		"name": name, "type": "STATIC", "connect_timeout": "1s",
		"typed_extension_protocol_options": object{http: object{
			"@type": "type.googleapis.com/" + http, "explicit_http_config": object{"http2_protocol_options": object{}},
		}},
		"load_assignment": object{"cluster_name": name, "endpoints": []object{{
			"lb_endpoints": []object{{"endpoint": object{"address": address}}},
		}}},
	}
	if tls != nil {
		c["transport_socket"] = tls
	}
	return c
}

func istiodTLS(dir string) object {
	return object{
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
	}
}
