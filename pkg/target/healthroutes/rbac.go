package healthroutes

import (
	"maps"
	"slices"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
)

// rbac lets the server read what it goes by, and nothing else: by name wherever that is possible.
func (w writer) rbac() []target.Object {
	out := []target.Object{w.object(coreV1, "ServiceAccount", plan.RankRBAC, render.Map{kv("automountServiceAccountToken", true)})}
	own := render.List{
		named("spillway.dev", "clusterhealths", w.cluster.Name, "get", "list", "watch"),
		named("spillway.dev", "clusterhealths/status", w.cluster.Name, "update"),
		kinds("", "pods", "list", "watch"),
		kinds("discovery.k8s.io", "endpointslices", "list", "watch"),
		kinds("events.k8s.io", "events", "create"),
	}
	if w.Health.KeysSecret != "" {
		own = append(own, named("", "secrets", w.Health.KeysSecret, "list", "watch"))
	}
	needs := w.namespaces()
	own = append(own, failoversOf(needs[w.Namespace])...)
	delete(needs, w.Namespace)
	out = append(out, w.role(w.Namespace, own)...)
	for _, ns := range slices.Sorted(maps.Keys(needs)) {
		rules := failoversOf(needs[ns])
		if needs[ns].services && w.Health.Discover == "" {
			rules = append(rules, kinds("discovery.k8s.io", "endpointslices", "list", "watch"))
		}
		if len(rules) > 0 {
			out = append(out, w.role(ns, rules)...)
		}
	}
	if w.Health.Discover == "" {
		return out
	}
	return append(out,
		w.wide(rbacV1, "ClusterRole", plan.RankRBAC, render.Map{why("services of any namespace may opt in to being checked", "rules", render.List{
			kinds("", "services", "list", "watch"), kinds("discovery.k8s.io", "endpointslices", "list", "watch"),
		})}),
		w.wide(rbacV1, "ClusterRoleBinding", plan.RankRBAC, w.binding("ClusterRole", w.WideHealthName(w.cluster))),
	)
}

// need is what checks look at in a namespace.
type need struct {
	services  bool
	failovers []string
}

// namespaces are those that checks look into.
func (w writer) namespaces() map[string]need {
	out := map[string]need{}
	for _, c := range w.Health.Checks {
		switch {
		case c.Service != nil:
			ns := w.or(c.Service.Namespace)
			n := out[ns]
			n.services = true
			out[ns] = n
		case c.Failover != nil:
			ns := w.or(c.Failover.Namespace)
			n := out[ns]
			n.failovers = append(n.failovers, c.Failover.Name)
			out[ns] = n
		}
	}
	return out
}

func (w writer) or(namespace string) string {
	if namespace == "" {
		return w.Namespace
	}
	return namespace
}

func failoversOf(n need) render.List {
	names := slices.Compact(slices.Sorted(slices.Values(n.failovers)))
	if len(names) == 0 {
		return nil
	}
	return render.List{rule("spillway.dev", "externalfailovers", names, []string{"list", "watch"})}
}

// role is a Role in a namespace, and what gives it to the server.
func (w writer) role(namespace string, rules render.List) []target.Object {
	role := w.object(rbacV1, "Role", plan.RankRBAC, render.Map{kv("rules", rules)})
	binding := w.object(rbacV1, "RoleBinding", plan.RankRBAC, w.binding("Role", w.name))
	role.Namespace, binding.Namespace = namespace, namespace
	return []target.Object{role, binding}
}

func (w writer) binding(kind, name string) render.Map {
	return render.Map{
		kv("roleRef", render.Inline{kv("apiGroup", "rbac.authorization.k8s.io"), kv("kind", kind), kv("name", name)}),
		kv("subjects", render.List{
			render.Inline{kv("kind", "ServiceAccount"), kv("name", w.name), kv("namespace", w.Namespace)},
		}),
	}
}

// people are the roles for those on call; who they are is not known here, so nothing binds them.
func (w writer) people() []target.Object {
	operator := w.object(rbacV1, "Role", plan.RankRBAC, render.Map{kv("rules", render.List{
		kinds("spillway.dev", "clusterhealths", "get", "list", "watch"),
		render.Item{
			Comment: "spec.mode is set with this; the status belongs to the health server alone",
			Value:   named("spillway.dev", "clusterhealths", w.cluster.Name, "patch"),
		},
		render.Item{
			Comment: "every change is noted with who, why and until when",
			Value:   kinds("events.k8s.io", "events", "create"),
		},
		render.Item{
			Comment: "what the server knows, and why it decided so",
			Value:   named("", "services/proxy", w.name+":"+decimal(internalPort), "get"),
		},
	})})
	operator.Name = "spillway-operator"
	if w.Health.KeysSecret == "" {
		return []target.Object{operator}
	}
	keys := w.object(rbacV1, "Role", plan.RankRBAC, render.Map{kv("rules", render.List{
		named("", "secrets", w.Health.KeysSecret, "get", "patch"),
	})})
	keys.Name = "spillway-keys"
	return []target.Object{operator, keys}
}

func kinds(group, resource string, verbs ...string) render.Map {
	return rule(group, resource, nil, verbs)
}

func named(group, resource, name string, verbs ...string) render.Map {
	return rule(group, resource, []string{name}, verbs)
}

func rule(group, resource string, names, verbs []string) render.Map {
	m := render.Map{kv("apiGroups", render.Strings(group)), kv("resources", render.Strings(resource))}
	if len(names) > 0 {
		m = append(m, kv("resourceNames", render.Strings(names...)))
	}
	return append(m, kv("verbs", render.Strings(verbs...)))
}
