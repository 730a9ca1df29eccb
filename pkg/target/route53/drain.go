package route53

import (
	"fmt"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/target"
)

var _ target.Drainer = Target{}

// Drain has the cluster's health check say unhealthy whatever the cluster answers: a check that is disabled counts as healthy,
// and inverted as unhealthy. Inverting alone would take a cluster that dies meanwhile for a healthy one.
func (t Target) Drain(f *plan.Fleet, c *plan.FleetCluster, restore bool) []target.Way {
	d := designOf(f)
	if !d.answered(c) {
		return nil
	}
	on, flags := !restore, "--disabled --inverted"
	if restore {
		flags = "--no-disabled --no-inverted"
	}
	given := d.options.HealthCheckIDs[c.Name]
	if given != "" {
		return []target.Way{{
			Tool: target.AWS, Note: "the check is one that exists; what manages it would undo this",
			Text: fmt.Sprintf("aws route53 update-health-check --health-check-id %s %s\n", given, flags),
		}}
	}
	if d.options.Form == formEndpoint {
		return nil // no check decides about the records yet
	}
	ways := []target.Way{{
		Tool: target.AWS, Note: "needs no cluster; `edge restore` undoes it, and Terraform's next apply would",
		Text: fmt.Sprintf("id=$(aws route53 list-health-checks --output text --query \\\n  \"HealthChecks[?%s].Id\")\n"+
			"aws route53 update-health-check --health-check-id \"$id\" %s\n", d.query(c), flags),
	}}
	if d.options.Form == formACK {
		return append(ways, target.Way{
			Tool: target.Kubectl, Note: "in the cluster whose ACK controller owns the check; only `edge restore` undoes it: what is generated does not name the fields",
			Text: fmt.Sprintf("kubectl --namespace %s patch healthchecks.route53.services.k8s.aws %s --type merge \\\n"+
				"  --patch '{\"spec\":{\"healthCheckConfig\":{\"disabled\":%t,\"inverted\":%t}}}'\n", f.Namespace, f.ObjectName(c.Name), on, on),
		})
	}
	return append(ways, target.Way{
		Tool: target.Terraform, Note: "in the resource aws_route53_health_check." + label(f.ObjectName(c.Name)) + ", then apply",
		Text: fmt.Sprintf("disabled           = %t\ninvert_healthcheck = %t\n", on, on),
	})
}

// answered says that the cluster has a record whose health check decides about it.
func (d *design) answered(c *plan.FleetCluster) bool {
	for _, o := range d.ordered() {
		if o.Name == c.Name {
			return true
		}
	}
	return false
}

// query finds the check among all of the account, by what it asks.
func (d *design) query(c *plan.FleetCluster) string {
	check := d.check(c)
	if check.IP != "" {
		return fmt.Sprintf("HealthCheckConfig.IPAddress=='%s' && HealthCheckConfig.SearchString=='%s'", check.IP, check.Search)
	}
	return fmt.Sprintf("HealthCheckConfig.FullyQualifiedDomainName=='%s' && HealthCheckConfig.SearchString=='%s'", check.FQDN, check.Search)
}
