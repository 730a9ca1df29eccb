package multiclusteringress

import (
	"fmt"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/target/internal/google"
)

// fileName is the name of a file of this edge, as it lies in the folder.
func fileName(f *plan.Fleet, rest string) string {
	return f.Namespace + "-" + f.Name + "-multiclusteringress" + rest
}

// filePattern finds the objects of this edge among those of a cluster.
const filePattern = `^[0-9]+-(backendconfig|frontendconfig|multiclusterservice|multiclusteringress)-`

// check is a script that holds what is in config clusters against the files that were generated for them. The files are the
// same for all, so clusters that agree with them agree with each other; one that is down needs not be asked.
func (o *Options) check(f *plan.Fleet) string {
	return fmt.Sprintf(`# Says whether config clusters hold exactly the generated objects: sh %[1]s CONTEXT...
# A context of kubectl is named as its cluster. Exit 0: they do. Exit 1: one differs, and the difference is printed; a switch
# would be a change for users then. Exit 2: a cluster does not answer, or the files are not there.
set -u
here=$(dirname "$0")/..
kinds=backendconfigs.cloud.google.com,frontendconfigs.networking.gke.io
kinds=$kinds,multiclusterservices.networking.gke.io,multiclusteringresses.networking.gke.io
[ $# -gt 0 ] || set -- %[4]s
bad=0
for context in "$@"; do
  files=$(ls "$here/clusters/$context" 2>/dev/null | grep -E '%[5]s')
  [ -n "$files" ] || { echo "$context: there are no generated objects in $here/clusters/$context" >&2; exit 2; }
  wanted=
  for file in $files; do
    kubectl --context "$context" diff --server-side --force-conflicts -f "$here/clusters/$context/$file"
    case $? in
    0) ;;
    1) bad=1; echo "$context: $file differs" >&2 ;;
    *) echo "$context: the cluster does not answer as it should" >&2; exit 2 ;;
    esac
    wanted="$wanted $(kubectl --context "$context" create --dry-run=client -f "$here/clusters/$context/$file" -o name)"
  done
  found=$(kubectl --context "$context" --namespace '%[6]s' get "$kinds" -l '%[2]s=%[3]s' -o name) ||
    { echo "$context: the cluster does not answer as it should" >&2; exit 2; }
  for name in $found; do
    case " $wanted " in
    *" $name "*) ;;
    *) bad=1; echo "$context: $name is not among the generated objects" >&2 ;;
    esac
  done
done
exit $bad
`, fileName(f, "-check.sh"), plan.LabelOwner, f.OwnerLabel(), strings.Join(o.configClusters(f), " "), filePattern, f.Namespace)
}

// change is a script that makes another cluster the config cluster.
func (o *Options) change(f *plan.Fleet) string {
	var cases strings.Builder
	for _, name := range o.configClusters(f) {
		c := clusterOf(f, name)
		fmt.Fprintf(&cases, "%s) project=%s membership=%s ;;\n", name, c.GKE.Project, google.MembershipName(c))
	}
	return fmt.Sprintf(`# Makes another cluster the config cluster: sh %[1]s CLUSTER
# The load balancer goes on with what it has until the new one is read. The old config cluster is not asked: it may be down.
set -eu
case ${1:-} in
%[3]s*) echo 'usage: sh %[1]s %[4]s' >&2; exit 2 ;;
esac
sh "$(dirname "$0")/%[2]s" "$1" || { echo "$1 is not made the config cluster" >&2; exit 1; }
gcloud container fleet ingress update --project "$project" --config-membership="$membership" --quiet
gcloud container fleet ingress describe --project "$project"
kubectl --context "$1" --namespace '%[5]s' get multiclusteringresses.networking.gke.io '%[6]s' -o jsonpath='{.status.VIP}{"\n"}'
`, fileName(f, "-switch.sh"), fileName(f, "-check.sh"), cases.String(), strings.Join(o.configClusters(f), "|"), f.Namespace, f.ObjectName("edge"))
}
