package healthroutes

import (
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
)

// Times of the pods' end: the probe path is answered so long after the order to end, the sidecar stays a little longer, and
// the kubelet waits for both.
const (
	linger     = 15
	sidecarEnd = linger + 5
	grace      = sidecarEnd + 10
)

// workload is the server itself.
func (w writer) workload() []target.Object {
	return []target.Object{w.priorityClass(), w.deployment(), w.disruptionBudget(), w.service(), w.networkPolicy()}
}

func (w writer) priorityClass() target.Object {
	const value = 1_000_000
	return w.wide(schedulingV1, "PriorityClass", plan.RankRBAC, render.Map{
		why("of its own: some clouds keep the system's classes to their namespace", "value", value),
		kv("description", "the health server stays when a node runs out of room: without it nobody says whether the cluster should be left"),
	})
}

func (w writer) deployment() target.Object {
	pod := render.Map{
		kv("serviceAccountName", w.name),
		kv("priorityClassName", w.WideHealthName(w.cluster)),
		why("the probe path is answered until load balancers have seen the others", "terminationGracePeriodSeconds", grace),
		kv("securityContext", render.Map{
			kv("runAsNonRoot", true), kv("runAsUser", user), kv("runAsGroup", user), kv("fsGroup", user),
			kv("seccompProfile", render.Inline{kv("type", "RuntimeDefault")}),
		}),
		why("apart where that is possible; never so strictly that an upgrade of the nodes stands still",
			"topologySpreadConstraints", render.List{w.spread("kubernetes.io/hostname"), w.spread("topology.kubernetes.io/zone")}),
		kv("containers", render.List{w.container()}),
		kv("volumes", render.List{render.Map{
			kv("name", "cache"), why("the last configuration, for a start without an API server", "emptyDir", render.Inline{kv("sizeLimit", "16Mi")}),
		}}),
	}
	meta := render.Map{kv("labels", w.podLabels())}
	if a := w.podAnnotations(); a != nil {
		meta = append(meta, kv("annotations", a))
	}
	return w.object(appsV1, "Deployment", plan.RankHealthServer, spec(
		kv("replicas", w.Server.Replicas),
		why("a new replica has been asked for a while before an old one goes", "minReadySeconds", 30),
		kv("revisionHistoryLimit", 3),
		kv("strategy", render.Map{kv("rollingUpdate", render.Inline{kv("maxUnavailable", 0), kv("maxSurge", 1)})}),
		kv("selector", matchLabels(w.selector())),
		kv("template", render.Map{kv("metadata", meta), kv("spec", pod)}),
	))
}

// user is the image's, and nobody's on a node.
const user = 65532

func (w writer) podLabels() map[string]string {
	labels := w.selector()
	switch w.Server.Mesh {
	case "Sidecar":
		labels["sidecar.istio.io/inject"] = "true"
	case "Ambient":
		labels["istio.io/dataplane-mode"] = "ambient"
	default:
		labels["sidecar.istio.io/inject"] = "false"
	}
	return labels
}

func (w writer) podAnnotations() any {
	if w.Server.Mesh != "Sidecar" {
		return nil
	}
	return render.Map{
		why("votes of the other replicas, kubelets and Prometheus come without the mesh, however it is",
			"traffic.sidecar.istio.io/excludeInboundPorts", decimal(internalPort)),
		why("and go so; the gateways' own metrics too", "traffic.sidecar.istio.io/excludeOutboundPorts", decimal(internalPort)+","+decimal(envoyMetrics)),
		why("a check that fails because its sidecar is not there yet says nothing;\n"+
			"and the sidecar stays while the server lingers",
			"proxy.istio.io/config", `{"holdApplicationUntilProxyStarts": true, "terminationDrainDuration": "`+decimal(sidecarEnd)+`s"}`),
	}
}

func (w writer) spread(key string) render.Map {
	return render.Map{
		kv("maxSkew", 1), kv("topologyKey", key), kv("whenUnsatisfiable", "ScheduleAnyway"),
		kv("labelSelector", matchLabels(w.selector())), kv("matchLabelKeys", render.Strings("pod-template-hash")),
	}
}

func (w writer) container() render.Map {
	args := []string{
		"--health=" + w.Namespace + "/" + w.cluster.Name,
		"--service=" + w.name,
		"--gateway=" + w.gatewaySelector(),
		"--listen=:" + decimal(gatewayPort),
		"--internal-listen=:" + decimal(internalPort),
		"--path=" + w.Health.Path,
		"--cache=/cache",
		"--linger=" + decimal(linger) + "s",
	}
	list := make(render.List, 0, len(args))
	for _, a := range args {
		list = append(list, a)
	}
	return render.Map{
		kv("name", "spillway-health"),
		kv("image", w.Server.Image),
		kv("args", list),
		kv("env", render.List{fromField("POD_NAME", "metadata.name"), fromField("POD_IP", "status.podIP")}),
		kv("ports", render.List{
			render.Inline{kv("name", "http"), kv("containerPort", gatewayPort)},
			render.Inline{kv("name", "internal"), kv("containerPort", internalPort)},
		}),
		kv("startupProbe", probe("/livez", 1, 60)),
		kv("livenessProbe", probe("/livez", 10, 6)),
		why("never depends on checks, peers or the API server: those are for the verdict", "readinessProbe", probe("/readyz", 2, 2)),
		kv("resources", render.Map{
			kv("requests", render.Inline{kv("cpu", "50m"), kv("memory", "64Mi")}), kv("limits", render.Inline{kv("memory", "256Mi")}),
		}),
		kv("securityContext", render.Map{
			kv("allowPrivilegeEscalation", false), kv("readOnlyRootFilesystem", true),
			kv("capabilities", render.Inline{kv("drop", render.Strings("ALL"))}),
		}),
		kv("volumeMounts", render.List{render.Inline{kv("name", "cache"), kv("mountPath", "/cache")}}),
	}
}

func fromField(name, path string) render.Map {
	return render.Map{
		kv("name", name), kv("valueFrom", render.Inline{kv("fieldRef", render.Inline{kv("fieldPath", path)})}),
	}
}

func probe(path string, period, failures int) render.Map {
	return render.Map{
		kv("httpGet", render.Inline{kv("path", path), kv("port", "internal")}), kv("periodSeconds", period), kv("timeoutSeconds", 2),
		kv("failureThreshold", failures),
	}
}

func (w writer) disruptionBudget() target.Object {
	return w.object(policyV1, "PodDisruptionBudget", plan.RankHealthServer, spec(
		kv("maxUnavailable", 1),
		why("a pod that is not ready anyway never stops the drain of its node", "unhealthyPodEvictionPolicy", "AlwaysAllow"),
		kv("selector", matchLabels(w.selector())),
	))
}

func (w writer) service() target.Object {
	return w.object(coreV1, "Service", plan.RankHealthServer, spec(
		why("gateways lead to the first port only; the other is for people, by way of the API server", "ports", render.List{
			render.Inline{kv("name", "http"), kv("port", gatewayPort), kv("targetPort", "http"), kv("appProtocol", "http")},
			render.Inline{kv("name", "internal"), kv("port", internalPort), kv("targetPort", "internal")},
		}),
		kv("selector", w.selector()),
	))
}

// networkPolicy keeps all but gateways away from the answers, and the world away from the internal port.
func (w writer) networkPolicy() target.Object {
	gateway := []int{gatewayPort}
	cluster := []int{internalPort}
	switch w.Server.Mesh {
	case "Sidecar":
		cluster = append(cluster, 15020, 15021, envoyMetrics)
	case "Ambient":
		gateway = append(gateway, 15008)
		cluster = append(cluster, 15008)
	}
	return w.object(networkV1, "NetworkPolicy", plan.RankHealthServer, spec(
		kv("podSelector", matchLabels(w.selector())),
		kv("policyTypes", render.Strings("Ingress")),
		kv("ingress", render.List{
			render.Map{kv("from", render.List{render.Map{kv("podSelector", matchLabels(w.Gateway.Selector))}}), kv("ports", tcp(gateway))},
			render.Item{
				Comment: "votes, metrics, kubelets, and people by way of the API server;\n" +
					"none of it is secret, all of it is signed or read only",
				Value: render.Map{kv("ports", tcp(cluster))},
			},
		}),
	))
}

func tcp(ports []int) render.List {
	out := make(render.List, 0, len(ports))
	for _, p := range ports {
		out = append(out, render.Inline{kv("port", p)})
	}
	return out
}
