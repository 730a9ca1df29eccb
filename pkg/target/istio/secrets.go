package istio

import (
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
)

// rbac lets istiod hand the client certificate to the proxies of the listed service accounts, in each client namespace.
// CA certificates need no such right.
func (w writer) rbac() []target.Object {
	if w.TLS.ClientSecret == "" || w.Gateway != nil { // the gateway reads it, not the clients
		return nil
	}
	var out []target.Object
	for _, ns := range w.Clients.Namespaces {
		name := w.ObjectName(ns, "certificates")
		var subjects render.List
		for _, account := range w.Clients.ServiceAccounts {
			subjects = append(subjects, render.Map{
				kv("kind", "ServiceAccount"), kv("name", account), kv("namespace", ns),
			})
		}
		out = append(out,
			w.object("Role", plan.RankRBAC, ns, name, render.Map{kv("rules", render.List{render.Item{
				Comment: "istiod gives a proxy its certificate only if the service account may list all secrets here;\n" +
					"a rule for this one secret does not satisfy it",
				Value: render.Map{
					kv("apiGroups", render.Strings("")), kv("resources", render.Strings("secrets")),
					kv("verbs", render.Strings("list")),
				},
			}})}),
			w.object("RoleBinding", plan.RankRBAC, ns, name, render.Map{
				kv("roleRef", render.Map{
					kv("apiGroup", "rbac.authorization.k8s.io"), kv("kind", "Role"), kv("name", name),
				}),
				kv("subjects", subjects),
			}),
		)
	}
	return out
}

// trustOfAll is the source of the CA certificates for every client, where Istio's own settings cannot name it.
func (w writer) trustOfAll() render.Map {
	if w.TLS.ClientSecret != "" {
		return nil
	}
	return trustFields(w.validationSource())
}

// trustPatches name it for the clients that get a certificate from a secret, and for no others: in the cluster of a pod
// that the selector does not match they would make a second source beside Istio's, which Envoy refuses.
func (w writer) trustPatches() render.List {
	if w.TLS.ClientSecret == "" || w.Gateway != nil {
		return nil
	}
	var out render.List
	for _, context := range w.contexts() {
		for _, p := range w.Ports {
			if p.TLS {
				out = append(out, w.socketPatch(context, p, trustFields(w.validationSource()))...)
			}
		}
	}
	return out
}

func trustFields(source render.Map) render.Map {
	if len(source) == 0 {
		return nil
	}
	return render.Map{kv("common_tls_context", render.Map{
		kv("combined_validation_context", render.Map{kv("validation_context_sds_secret_config", source)}),
	})}
}

// validationSource names the source of the CA certificates where Istio would take another: with a client certificate from
// a secret it looks for the CA in that secret too, and with one from files it knows no Kubernetes objects.
func (w writer) validationSource() render.Map {
	if w.TLS.Mode != plan.TLSMutual {
		return nil
	}
	t := w.TLS
	switch {
	case t.TrustSecret != "" && t.TrustSecret != t.ClientSecret:
		return fromIstiod("kubernetes://"+t.TrustSecret+"-cacert", t.ClientSecret != "")
	case t.TrustConfigMap != "":
		return fromIstiod("configmap://"+w.Namespace+"/"+t.TrustConfigMap+"-cacert", t.ClientSecret != "")
	case t.ClientSecret != "" && t.TrustFile != "":
		return fromAgent("file-root:" + t.TrustFile)
	case t.ClientSecret != "" && t.TrustSecret == "":
		return fromAgent("file-root:system")
	default:
		return nil
	}
}

// fromIstiod is a secret that istiod serves; already says that Istio's own setting names istiod.
func fromIstiod(name string, already bool) render.Map {
	const reason = "the CA certificates; Istio would look for them beside the client certificate"
	if already {
		return render.Map{why(reason, "name", name)}
	}
	return render.Map{
		why(reason, "name", name),
		kv("sds_config", render.Map{kv("ads", render.Map{}), kv("resource_api_version", "V3")}),
	}
}

// fromAgent is a file that the agent beside the proxy serves.
func fromAgent(name string) render.Map {
	return render.Map{
		why("the CA certificates; Istio would look for them in the secret of the client certificate", "name", name),
		kv("sds_config", render.Map{
			kv("api_config_source", render.Map{
				kv("api_type", "GRPC"),
				kv("transport_api_version", "V3"),
				kv("set_node_on_first_message_only", true),
				kv("grpc_services", render.List{render.Map{
					kv("envoy_grpc", render.Inline{kv("cluster_name", "sds-grpc")}),
				}}),
			}),
			kv("resource_api_version", "V3"),
		}),
	}
}
