package multiclusteringress

import (
	"fmt"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/target/internal/google"
)

// page tells what the objects are and what to do when the config cluster dies.
func (o *Options) page(f *plan.Fleet) string {
	all := strings.Join(o.configClusters(f), " ")
	return fmt.Sprintf(`# MultiClusterIngress of %[1]s

The config cluster is %[2]s. The same objects are in %[3]s; only those of the config cluster count.

While its API server is away the load balancer goes on as it is, and so do the probes: users notice nothing. Only changes
wait, among them taking a cluster out by its link.

## Every day

Objects that differ are a change for users which waits for the next switch. This exits 1 if there is any:

`+"```sh\nsh fleet/%[4]s %[5]s\n```"+`

## The config cluster is gone

`+"```sh\nsh fleet/%[6]s CLUSTER\n```"+`

It checks that cluster's objects first and does nothing if they differ. Then set the option `+"`configCluster`"+` to it and
generate again, so that the GKEHubFeature says the same. Until then Config Connector, if it runs, would switch back.

When the old one is back, check it before anything else: what was changed meanwhile is not in it.

## Drain a cluster

Set its `+"`rotation`"+` to Out, generate, and apply to every config cluster: its link leaves the list of the
MultiClusterService, and nothing else changes. The last link cannot be taken away.
`, f.Owner(), o.configCluster(f), strings.Join(o.configClusters(f), ", "), fileName(f, "-check.sh"), all, fileName(f, "-switch.sh"))
}

// besidePage tells the steps by which a new cluster is tried and let in, and what each of them touches.
func (o *Options) besidePage(f *plan.Fleet) string {
	c, set, own := clusterOf(f, o.Beside.Cluster), o.live(f), o.beside(f)
	at, dial := own.address, own.address
	if at == "" {
		at, dial = "an address that Google chooses", "ADDRESS"
	}
	var before, after []string
	for i := range f.Clusters {
		link := google.Link(&f.Clusters[i])
		if f.Clusters[i].Rotation != "Out" {
			before = append(before, link)
		}
		if f.Clusters[i].Rotation != "Out" || f.Clusters[i].Name == c.Name {
			after = append(after, link)
		}
	}
	return fmt.Sprintf(`# %[1]s beside the clusters that serve

The objects named %[2]s put a load balancer of its own, at %[3]s, before %[1]s alone. Those named
%[4]s, which users go through, are not touched before the second step.

| step | what to do | what it touches |
| --- | --- | --- |
| 1. try | apply what is generated now | adds the four objects named %[2]s; nothing that exists |
| 2. let in | set rotation of %[1]s to Serving, leave beside out, generate, apply | one field of one object: `+"`spec.clusters`"+` of the MultiClusterService %[4]s gets the link %[5]s |
| 3. clear up | delete the four objects named %[2]s in every config cluster | only them; the address is free afterwards |
| back | after 2: set rotation to Out again, generate, apply | the same field loses the link |

Try it at its address, by the real name:

`+"```sh\ncurl --resolve %[6]s:443:%[7]s https://%[6]s%[8]s\n```"+`

It answers 200 with the token %[9]s. Before step 2 the links are

`+"```text\n%[10]s\n```"+`

and after it

`+"```text\n%[11]s\n```\n",
		c.Name, own.name, at, set.name, google.Link(c), f.Hosts[0], dial, f.Health.Path, c.Token,
		strings.Join(before, "\n"), strings.Join(after, "\n"))
}
