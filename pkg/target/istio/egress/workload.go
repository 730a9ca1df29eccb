package egress

import (
	"maps"

	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
)

// The gateway's size, to begin with: Envoy carries thousands of requests a second on one processor.
const (
	minReplicas, maxReplicas = 2, 10
	busyPercent              = 70
	statusPort               = 15021
	metricsPort              = 15090
	mergedMetricsPort        = 15020 // of the agent, where the injector points Prometheus to
	credentialsFolder        = "/var/run/secrets/spillway/aws"
	roleAnnotation           = "eks.amazonaws.com/role-arn"
)

// workload is the gateway itself. Of one that exists already only the name is written by which clients find its pods.
func (w writer) workload() []target.Object {
	g := w.gateway
	if g.Exists {
		return []target.Object{w.service()}
	}
	objects := []target.Object{w.serviceAccount()}
	if w.TLS.NeedsSecret() {
		objects = append(objects, w.secretReader()...)
	}
	return append(objects, w.deployment(), w.service(),
		w.shared("autoscaling/v2", "HorizontalPodAutoscaler", g.Name, render.Map{kv("spec", render.Map{
			kv("scaleTargetRef", render.Inline{kv("apiVersion", "apps/v1"), kv("kind", "Deployment"), kv("name", g.Name)}),
			why("one pod may always be away", "minReplicas", minReplicas),
			kv("maxReplicas", maxReplicas),
			kv("metrics", render.List{render.Map{
				kv("type", "Resource"),
				kv("resource", render.Map{
					kv("name", "cpu"), kv("target", render.Inline{kv("type", "Utilization"), kv("averageUtilization", busyPercent)}),
				}),
			}}),
		})}),
		w.shared("policy/v1", "PodDisruptionBudget", g.Name, render.Map{kv("spec", render.Map{
			kv("maxUnavailable", 1), kv("selector", matchLabels(g.Selector)),
		})}),
		w.shared("networking.k8s.io/v1", "NetworkPolicy", g.Name, render.Map{kv("spec", render.Map{
			kv("podSelector", matchLabels(g.Selector)),
			kv("policyTypes", render.Strings("Ingress")),
			why("probes and metrics from anywhere; each spec lets its own clients in beside", "ingress", render.List{render.Map{
				kv("ports", render.List{render.Inline{kv("port", mergedMetricsPort)}, render.Inline{kv("port", statusPort)}, render.Inline{kv("port", metricsPort)}}),
			}}),
		})}),
	)
}

func (w writer) serviceAccount() target.Object {
	g := w.gateway
	o := w.shared("v1", "ServiceAccount", g.ServiceAccount, render.Map{
		why("the proxy gets a token for istiod of its own, and needs none for the API server", "automountServiceAccountToken", false),
	})
	if g.RoleARN != "" {
		o.Annotations[roleAnnotation] = g.RoleARN
	}
	return o
}

// secretReader lets istiod hand certificates from secrets to the gateway.
func (w writer) secretReader() []target.Object {
	g := w.gateway
	name := g.Name + "-certificates"
	return []target.Object{
		w.shared("rbac.authorization.k8s.io/v1", "Role", name, render.Map{kv("rules", render.List{render.Item{
			Comment: "istiod gives a gateway certificates only if its service account may list all secrets here",
			Value: render.Map{
				kv("apiGroups", render.Strings("")), kv("resources", render.Strings("secrets")), kv("verbs", render.Strings("list")),
			},
		}})}),
		w.shared("rbac.authorization.k8s.io/v1", "RoleBinding", name, render.Map{
			kv("roleRef", render.Map{kv("apiGroup", "rbac.authorization.k8s.io"), kv("kind", "Role"), kv("name", name)}),
			kv("subjects", render.List{render.Map{
				kv("kind", "ServiceAccount"), kv("name", g.ServiceAccount), kv("namespace", g.Namespace),
			}}),
		}),
	}
}

// service gives clients the addresses of all pods: each pod and port is then an address of its own, left when it fails.
func (w writer) service() target.Object {
	return w.shared("v1", "Service", w.gateway.Name, render.Map{kv("spec", render.Map{
		why("the addresses of the pods themselves, on any port: a new host changes nothing here", "clusterIP", "None"),
		kv("selector", w.gateway.Selector),
		kv("ports", render.List{render.Map{kv("name", "tcp-status"), kv("port", statusPort), kv("protocol", "TCP")}}),
	})})
}

func (w writer) deployment() target.Object {
	g := w.gateway
	labels := map[string]string{"sidecar.istio.io/inject": "true"}
	maps.Copy(labels, g.Selector)
	return w.shared("apps/v1", "Deployment", g.Name, render.Map{kv("spec", render.Map{
		kv("selector", matchLabels(g.Selector)),
		kv("strategy", render.Map{
			kv("type", "RollingUpdate"), kv("rollingUpdate", render.Inline{kv("maxSurge", 1), kv("maxUnavailable", 0)}),
		}),
		kv("template", render.Map{
			kv("metadata", render.Map{
				kv("labels", labels),
				kv("annotations", map[string]string{
					"inject.istio.io/templates": "gateway",
					"proxy.istio.io/config":     `{"terminationDrainDuration": "20s"}`,
				}),
			}),
			kv("spec", w.pod()),
		}),
	})})
}

func (w writer) pod() render.Map {
	g := w.gateway
	container := render.Map{
		kv("name", "istio-proxy"),
		why("Istio's injector puts the proxy here", "image", "auto"),
		kv("resources", render.Map{
			kv("requests", render.Inline{kv("cpu", "250m"), kv("memory", "256Mi")}),
			kv("limits", render.Inline{kv("memory", "1Gi")}),
		}),
		kv("securityContext", render.Map{
			kv("allowPrivilegeEscalation", false), kv("capabilities", render.Map{kv("drop", render.Strings("ALL"))}),
			kv("readOnlyRootFilesystem", true), kv("runAsNonRoot", true), kv("runAsUser", 1337), kv("runAsGroup", 1337),
		}),
	}
	pod := render.Map{
		kv("serviceAccountName", g.ServiceAccount),
		why("longer than open requests are waited for", "terminationGracePeriodSeconds", 30),
		kv("topologySpreadConstraints", render.List{render.Map{
			kv("maxSkew", 1), kv("topologyKey", "topology.kubernetes.io/zone"), kv("whenUnsatisfiable", "ScheduleAnyway"),
			kv("labelSelector", matchLabels(g.Selector)),
		}}),
	}
	if g.CredentialsSecret != "" {
		container = append(container, kv("volumeMounts", render.List{render.Map{
			kv("name", "aws-credentials"), kv("mountPath", credentialsFolder), kv("readOnly", true),
		}}))
		pod = append(pod, kv("volumes", render.List{render.Map{
			kv("name", "aws-credentials"), kv("secret", render.Inline{kv("secretName", g.CredentialsSecret)}),
		}}))
	}
	return append(pod, kv("containers", render.List{container}))
}

func matchLabels(labels map[string]string) render.Map {
	return render.Map{kv("matchLabels", labels)}
}

// access lets the clients of this spec in to its own ports, and nobody else.
func (w writer) access() []target.Object {
	sources, ports := w.sources(), w.listens()
	var objects []target.Object
	if !w.gateway.Exists {
		open := make(render.List, 0, len(ports))
		for _, n := range ports {
			open = append(open, render.Inline{kv("port", n)})
		}
		var rule render.Map
		if sources != nil {
			rule = append(rule, kv("from", render.List{render.Map{kv("namespaceSelector", render.Map{
				kv("matchExpressions", render.List{render.Map{
					kv("key", "kubernetes.io/metadata.name"), kv("operator", "In"), kv("values", render.Strings(sources...)),
				}}),
			})}}))
		}
		objects = append(objects, w.spec("networking.k8s.io/v1", "NetworkPolicy", w.name(), render.Map{
			kv("podSelector", matchLabels(w.gateway.Selector)),
			kv("policyTypes", render.Strings("Ingress")),
			kv("ingress", render.List{append(rule, kv("ports", open))}),
		}))
	}
	if sources == nil {
		return objects
	}
	numbers := make([]string, 0, len(ports))
	for _, n := range ports {
		numbers = append(numbers, number(n))
	}
	return append(objects, w.spec(securityV1, "AuthorizationPolicy", w.name(), render.Map{
		kv("selector", matchLabels(w.gateway.Selector)),
		why("denies on these ports for this host only: what others do with the gateway is theirs", "action", "DENY"),
		kv("rules", render.List{render.Map{
			kv("from", render.List{render.Map{kv("source", render.Map{kv("notNamespaces", render.Strings(sources...))})}}),
			kv("to", render.List{render.Map{kv("operation", render.Map{kv("ports", render.Strings(numbers...))})}}),
			why("hosts that share a port are told apart by the name in TLS, here as there", "when",
				render.List{render.Map{kv("key", "connection.sni"), kv("values", render.Strings(w.Host))}}),
		}}),
	}))
}
