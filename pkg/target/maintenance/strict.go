package maintenance

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
)

// strict writes what sets the mode Strict in one cluster, for each of its windows.
type strict struct {
	fleet   *plan.Fleet
	cluster *plan.FleetCluster
}

func (s strict) objects() []target.Object {
	name := s.fleet.MaintenanceName()
	account := s.object("v1", "ServiceAccount", plan.RankRBAC, render.Map{target.KV("automountServiceAccountToken", true)})
	binding := s.object("rbac.authorization.k8s.io/v1", "RoleBinding", plan.RankRBAC, render.Map{
		target.Why("the role of those who set modes, written with the health server", "roleRef", render.Inline{
			target.KV("apiGroup", "rbac.authorization.k8s.io"), target.KV("kind", "Role"), target.KV("name", plan.OperatorRole),
		}),
		target.KV("subjects", render.List{
			render.Inline{target.KV("kind", "ServiceAccount"), target.KV("name", name), target.KV("namespace", s.fleet.Namespace)},
		}),
	})
	return []target.Object{account, binding, s.object("batch/v1", "CronJob", plan.RankMaintenance, render.Map{target.KV("spec", s.cronJob())})}
}

func (s strict) object(version, kind string, rank int, body render.Map) target.Object {
	return target.OfFleet(s.fleet, target.Object{
		APIVersion: version, Kind: kind, Namespace: s.fleet.Namespace, Name: s.fleet.MaintenanceName(), Cluster: s.cluster.Name,
		Rank: rank, Body: body,
	})
}

func (s strict) cronJob() render.Map {
	const attempts = 5
	w := s.cluster.Window
	return render.Map{
		target.Why(short(plan.StrictLead)+" before the window opens: what was broken before the work is not put down to it",
			"schedule", s.schedule()),
		target.Why("as the cloud counts; by clocks that change a run might be left out", "timeZone", "Etc/UTC"),
		target.KV("concurrencyPolicy", "Forbid"),
		target.Why("late is better than never, as long as the window is open", "startingDeadlineSeconds", int(w.Written.Lasts.Seconds())),
		target.KV("successfulJobsHistoryLimit", 1),
		target.KV("failedJobsHistoryLimit", 3),
		target.KV("jobTemplate", render.Map{target.KV("spec", render.Map{
			target.KV("backoffLimit", attempts),
			target.KV("activeDeadlineSeconds", int(w.Written.Lasts.Seconds())),
			target.KV("template", render.Map{
				target.Why("a sidecar would outlive the command, and the Job would never end", "metadata", render.Map{
					target.KV("labels", map[string]string{"sidecar.istio.io/inject": "false"}),
				}),
				target.KV("spec", s.pod()),
			}),
		})}),
	}
}

// schedule is when the mode is set, in the five fields of cron.
func (s strict) schedule() string {
	early := s.cluster.Window.Written.Earlier(plan.StrictLead)
	days := make([]string, len(early.Days))
	for i, d := range early.Days {
		days[i] = strconv.Itoa(int(d))
	}
	minutes := int(early.Start.Minutes())
	return fmt.Sprintf("%d %d * * %s", minutes%60, minutes/60, strings.Join(days, ","))
}

func (s strict) pod() render.Map {
	f := s.fleet
	return render.Map{
		target.KV("serviceAccountName", f.MaintenanceName()),
		target.KV("restartPolicy", "OnFailure"),
		target.KV("securityContext", render.Map{
			target.KV("runAsNonRoot", true), target.KV("runAsUser", 65532), target.KV("runAsGroup", 65532),
			target.KV("seccompProfile", render.Inline{target.KV("type", "RuntimeDefault")}),
		}),
		target.KV("containers", render.List{render.Map{
			target.KV("name", "spillway"),
			target.KV("image", f.Maintenance.Image),
			target.Why("as long as the window, and what work may take longer", "args", render.List{
				"mode", "strict", "--namespace=" + f.Namespace, "--cluster=" + s.cluster.Name,
				"--for=" + short(f.Maintenance.StrictFor(s.cluster.Window)), "--reason=maintenance window",
			}),
			target.KV("securityContext", render.Map{
				target.KV("allowPrivilegeEscalation", false), target.KV("readOnlyRootFilesystem", true),
				target.KV("capabilities", render.Inline{target.KV("drop", render.Strings("ALL"))}),
			}),
			target.KV("resources", render.Map{
				target.KV("requests", render.Inline{target.KV("cpu", "10m"), target.KV("memory", "32Mi")}),
				target.KV("limits", render.Inline{target.KV("memory", "128Mi")}),
			}),
		}}),
	}
}
