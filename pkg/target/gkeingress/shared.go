package gkeingress

import (
	"fmt"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/internal/google"
)

// group is the Service whose pods become a network endpoint group of one cluster. The autoneg controller puts it into the
// backend service; its capacity is the cluster's share of users.
func (o *Options) group(f *plan.Fleet, c *plan.FleetCluster) target.Object {
	return o.Backend.Service(f, c.Name, f.ObjectName("edge"), map[string]string{
		"cloud.google.com/neg": fmt.Sprintf(`{"exposed_ports":{"%d":{"name":"%s"}}}`, o.Backend.Port, google.CloudName(f, c.Name)),
		autoneg:                o.autoneg(f, c, google.Share(c)),
		// without it a capacity that is changed here changes nothing
		"controller.autoneg.dev/sync": `{"capacity_scaler":true}`,
	})
}

const autoneg = "controller.autoneg.dev/neg"

// autoneg is the annotation that puts a cluster into the backend service with a share of its capacity.
func (o *Options) autoneg(f *plan.Fleet, c *plan.FleetCluster, share int) string {
	return fmt.Sprintf(`{"backend_services":{"%d":[{"name":"%s","max_rate_per_endpoint":%d,"initial_capacity":%d,"capacity_scaler":%d}]}}`,
		o.Backend.Port, o.name(f), o.Backend.Rate(c), share, share)
}

// token is what the body of a 200 must hold, if that can be said: all clusters share the health check.
func token(f *plan.Fleet) string {
	if len(f.Clusters) > 1 {
		return ""
	}
	return f.Clusters[0].Token
}

// checkField is the name of the health check's part for the protocol, as Config Connector spells it.
func (o *Options) checkField() string {
	return map[string]string{"HTTP": "httpHealthCheck", "HTTPS": "httpsHealthCheck", "HTTP2": "http2HealthCheck"}[o.Backend.Protocol]
}

// connector is the shared load balancer as objects of Config Connector.
func (o *Options) connector(f *plan.Fleet) []target.Object {
	name, p := o.name(f), o.HealthCheck
	object := func(kind string, rank int, spec ...render.Field) target.Object {
		return target.OfFleet(f, target.Object{
			APIVersion: "compute.cnrm.cloud.google.com/v1beta1", Kind: kind, Namespace: f.Namespace, Name: name, Rank: rank,
			Annotations: map[string]string{
				"cnrm.cloud.google.com/project-id":      f.Clusters[0].GKE.Project,
				"cnrm.cloud.google.com/state-into-spec": "absent",
			},
			Body: target.Spec(spec...),
		})
	}
	return []target.Object{
		object("ComputeHealthCheck", google.RankConfig,
			target.KV("location", "global"),
			target.KV("checkIntervalSec", google.Seconds(p.Interval)),
			target.KV("timeoutSec", google.Seconds(p.Timeout)),
			target.KV("healthyThreshold", p.Healthy),
			target.KV("unhealthyThreshold", p.Unhealthy),
			target.KV(o.checkField(), target.Set(render.Map{
				target.KV("portSpecification", "USE_SERVING_PORT"),
				target.Why("the mode of each cluster decides what it answers; the path stays", "requestPath", f.Health.Path),
				target.KV("response", token(f)),
			})),
			target.Why("otherwise nobody can see why a cluster was left", "logConfig", render.Map{target.KV("enable", true)}),
		),
		object("ComputeFirewall", google.RankConfig,
			target.KV("networkRef", render.Map{target.KV("external", o.Network)}),
			target.KV("direction", "INGRESS"),
			target.Why("where probes and users come from; no rule is made for endpoint groups of one's own", "sourceRanges", render.Strings(google.ProbeRanges()...)),
			target.KV("allow", render.List{render.Map{
				target.KV("protocol", "tcp"), target.KV("ports", render.Strings(fmt.Sprint(o.Backend.TargetPort))),
			}}),
		),
		object("ComputeBackendService", google.RankService,
			target.KV("location", "global"),
			target.KV("loadBalancingScheme", "EXTERNAL_MANAGED"),
			target.KV("protocol", o.Backend.Protocol),
			target.KV("timeoutSec", google.Seconds(o.Backend.Timeout)),
			target.Why("backends are not listed: the autoneg controller of each cluster adds its own", "connectionDrainingTimeoutSec",
				google.Seconds(o.Backend.Drain)),
			target.KV("healthChecks", render.List{render.Map{
				target.KV("healthCheckRef", render.Map{target.KV("name", name)}),
			}}),
			target.KV("logConfig", render.Map{target.KV("enable", true), target.KV("sampleRate", 1)}),
		),
	}
}

// terraform is the same in Terraform's language.
func (o *Options) terraform(f *plan.Fleet) string {
	name, p, project := o.name(f), o.HealthCheck, f.Clusters[0].GKE.Project
	check := map[string]string{"HTTP": "http_health_check", "HTTPS": "https_health_check", "HTTP2": "http2_health_check"}[o.Backend.Protocol]
	return string(render.HCL(nil,
		render.Block{Type: "resource", Labels: []string{"google_compute_health_check", name}, Body: render.Map{
			target.KV("name", name),
			target.KV("project", project),
			target.KV("check_interval_sec", google.Seconds(p.Interval)),
			target.KV("timeout_sec", google.Seconds(p.Timeout)),
			target.KV("healthy_threshold", p.Healthy),
			target.KV("unhealthy_threshold", p.Unhealthy),
			target.KV(check, render.Nested(target.Set(render.Map{
				target.KV("port_specification", "USE_SERVING_PORT"),
				target.Why("the mode of each cluster decides what it answers; the path stays", "request_path", f.Health.Path),
				target.KV("response", token(f)),
			}))),
			target.Why("otherwise nobody can see why a cluster was left", "log_config", render.Nested{target.KV("enable", true)}),
		}},
		render.Block{Type: "resource", Labels: []string{"google_compute_firewall", name}, Body: render.Map{
			target.KV("name", name),
			target.KV("project", project),
			target.KV("network", o.Network),
			target.KV("direction", "INGRESS"),
			target.Why("where probes and users come from; no rule is made for endpoint groups of one's own", "source_ranges", render.Strings(google.ProbeRanges()...)),
			target.KV("allow", render.Nested{target.KV("protocol", "tcp"), target.KV("ports", render.Strings(fmt.Sprint(o.Backend.TargetPort)))}),
		}},
		render.Block{Type: "resource", Labels: []string{"google_compute_backend_service", name}, Body: render.Map{
			target.KV("name", name),
			target.KV("project", project),
			target.KV("load_balancing_scheme", "EXTERNAL_MANAGED"),
			target.KV("protocol", o.Backend.Protocol),
			target.KV("timeout_sec", google.Seconds(o.Backend.Timeout)),
			target.KV("connection_draining_timeout_sec", google.Seconds(o.Backend.Drain)),
			target.KV("health_checks", render.Flow{render.Expression("google_compute_health_check." + name + ".id")}),
			target.KV("log_config", render.Nested{target.KV("enable", true), target.KV("sample_rate", 1)}),
			target.Why("the autoneg controller of each cluster adds its own backend", "lifecycle",
				render.Nested{target.KV("ignore_changes", render.Flow{render.Expression("backend")})}),
		}},
	))
}
