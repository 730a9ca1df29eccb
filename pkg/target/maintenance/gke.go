package maintenance

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
)

// localsWhy says how the locals are used.
const localsWhy = `Of each google_container_cluster, once, by hand:

  maintenance_policy {
    recurring_window {
      start_time = local.LOCAL["NAME"].start_time
      end_time   = local.LOCAL["NAME"].end_time
      recurrence = local.LOCAL["NAME"].recurrence
    }
    dynamic "maintenance_exclusion" {
      for_each = local.LOCAL["NAME"].exclusions
      content {
        exclusion_name = maintenance_exclusion.key
        start_time     = maintenance_exclusion.value.start_time
        end_time       = maintenance_exclusion.value.end_time
        exclusion_options {
          scope = maintenance_exclusion.value.scope
        }
      }
    }
  }

Times are in UTC. GKE reads of the first window how long each is, and of the recurrence on which days it opens.`

// terraform writes locals: the block maintenance_policy stands in a google_container_cluster, which is the user's own.
func terraform(f *plan.Fleet, policies []policy) string {
	name := strings.ReplaceAll("maintenance_"+f.Namespace+"_"+f.Name, ".", "_")
	clusters := make(render.Map, 0, len(policies))
	for _, p := range policies {
		body := render.Map{}
		if p.start != "" {
			body = append(body, target.KV("start_time", p.start), target.KV("end_time", p.end), target.KV("recurrence", p.recurrence))
		}
		exclusions := make(render.Map, 0, len(p.exclusions))
		for _, e := range p.exclusions {
			exclusions = append(exclusions, target.KV(e.name, render.Map{
				target.KV("start_time", e.start), target.KV("end_time", e.end), target.KV("scope", e.scope),
			}))
		}
		clusters = append(clusters, target.KV(p.cluster.Name, append(body, target.KV("exclusions", exclusions))))
	}
	return string(render.HCL(nil, render.Block{
		Type: "locals", Comment: strings.ReplaceAll(localsWhy, "LOCAL", name), Body: render.Map{target.KV(name, clusters)},
	}))
}

// gcloud writes commands. An exclusion is removed before it is added: there is no command that replaces one.
func gcloud(f *plan.Fleet, policies []policy) string {
	var b strings.Builder
	b.WriteString("set -eu\n")
	for _, p := range policies {
		update := fmt.Sprintf("gcloud container clusters update %s --project=%s --location=%s",
			p.cluster.Name, p.cluster.GKE.Project, p.cluster.GKE.Location)
		fmt.Fprintf(&b, "\n# %s\n", p.cluster.Name)
		if p.start != "" {
			fmt.Fprintf(&b, "%s \\\n  --maintenance-window-start=%s --maintenance-window-end=%s \\\n  --maintenance-window-recurrence='%s'\n",
				update, p.start, p.end, p.recurrence)
		}
		for _, e := range p.exclusions {
			fmt.Fprintf(&b, "%s --remove-maintenance-exclusion=%s || true\n", update, e.name)
			fmt.Fprintf(&b, "%s \\\n  --add-maintenance-exclusion-name=%s --add-maintenance-exclusion-scope=%s \\\n"+
				"  --add-maintenance-exclusion-start=%s --add-maintenance-exclusion-end=%s\n",
				update, e.name, strings.ToLower(e.scope), e.start, e.end)
		}
	}
	b.WriteString(sequence(f))
	return b.String()
}

// sequence puts the fleets of GKE in the order of the clusters, where each cluster has one of its own.
func sequence(f *plan.Fleet) string {
	seen := map[string]bool{}
	var projects []string
	for _, c := range f.Clusters {
		if c.GKE == nil {
			continue
		}
		if seen[c.GKE.Project] {
			return ""
		}
		seen[c.GKE.Project] = true
		projects = append(projects, c.GKE.Project)
	}
	if len(projects) < 2 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n# One fleet after the other; all clusters must be in the same release channel.\n")
	for i := 1; i < len(projects); i++ {
		fmt.Fprintf(&b, "gcloud container fleet clusterupgrade update --project=%s --upstream-fleet=%s --default-upgrade-soaking=%ds\n",
			projects[i], projects[i-1], int(f.Maintenance.Soak.Seconds()))
	}
	return b.String()
}

// patches writes commands that change the ContainerCluster objects of Config Connector. To apply an object would make a
// cluster where there is none of the name; a patch fails.
func patches(policies []policy) string {
	var b strings.Builder
	b.WriteString("# The namespace of the ContainerCluster objects is the first argument.\nset -eu\n")
	for _, p := range policies {
		fmt.Fprintf(&b, "\n# %s\nkubectl --namespace \"$1\" patch containercluster %s --type merge --patch '%s'\n",
			p.cluster.Name, p.cluster.Name, patchOf(p))
	}
	return b.String()
}

// containerCluster is the part of Config Connector's kind that is written.
type containerCluster struct {
	Spec struct {
		MaintenancePolicy struct {
			RecurringWindow      *recurringWindow       `json:"recurringWindow,omitempty"`
			MaintenanceExclusion []maintenanceExclusion `json:"maintenanceExclusion"`
		} `json:"maintenancePolicy"`
	} `json:"spec"`
}

type recurringWindow struct {
	StartTime  string `json:"startTime"`
	EndTime    string `json:"endTime"`
	Recurrence string `json:"recurrence"`
}

type maintenanceExclusion struct {
	ExclusionName    string           `json:"exclusionName"`
	StartTime        string           `json:"startTime"`
	EndTime          string           `json:"endTime"`
	ExclusionOptions exclusionOptions `json:"exclusionOptions"`
}

type exclusionOptions struct {
	Scope string `json:"scope"`
}

func patchOf(p policy) string {
	var c containerCluster
	if p.start != "" {
		c.Spec.MaintenancePolicy.RecurringWindow = &recurringWindow{p.start, p.end, p.recurrence}
	}
	c.Spec.MaintenancePolicy.MaintenanceExclusion = []maintenanceExclusion{}
	for _, e := range p.exclusions {
		c.Spec.MaintenancePolicy.MaintenanceExclusion = append(c.Spec.MaintenancePolicy.MaintenanceExclusion,
			maintenanceExclusion{e.name, e.start, e.end, exclusionOptions{e.scope}})
	}
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		panic("a struct of strings is not JSON: " + err.Error())
	}
	return string(text)
}
