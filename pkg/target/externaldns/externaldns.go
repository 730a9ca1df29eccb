// Package externaldns writes the edge ExternalDNS: the annotations by which external-dns makes the records of a fleet in Route
// 53 from what stands before each cluster anyway, a Service, an Ingress or a gateway.
//
// Whoever owns those objects keeps them: what is written is a script with the annotations, for each cluster. It imports target,
// plan, diag and render. Start reading at Target.Files.
package externaldns

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/internal/aws"
)

var (
	_ target.EdgeTarget = Target{}
	_ target.FileTarget = Target{}
)

// Options are the options of the edge ExternalDNS.
type Options struct {
	// Source is the object that external-dns reads in each cluster.
	Source Source `json:"source"`
	// Version of external-dns, which decides the prefix of its annotations.
	Version string `json:"version"`
	// AnnotationPrefix is that of its flag, where it is not the version's own.
	AnnotationPrefix string `json:"annotationPrefix"`
	// Policy is how records are chosen; Auto follows the roles and the addresses of the clusters.
	Policy string `json:"policy" enum:"Auto,Failover,MultiValue,Weighted"`
	// TTL of the answers; external-dns itself takes 300 seconds.
	TTL time.Duration `json:"ttl" min:"1s" max:"24h"`
	// Weights of the clusters, by name, with the policy Weighted.
	Weights map[string]int `json:"weights"`
	// HealthCheckIDs are checks of Route 53 that exist, by cluster: external-dns makes none.
	HealthCheckIDs map[string]string `json:"healthCheckIDs"`
}

// Source names an object. Gateway is Istio's.
type Source struct {
	Kind      string `json:"kind" enum:"Service,Ingress,Gateway,HTTPRoute"`
	Name      string `json:"name"`
	Namespace string `json:"namespace"` // default: the fleet's
}

// Target writes annotations for external-dns.
type Target struct{}

// New is the target externaldns.
func New() Target { return Target{} }

// Info says what the target is.
func (Target) Info() target.Info {
	return target.Info{
		Name: "externaldns", Edge: "ExternalDNS", Stability: "Alpha",
		Summary: "annotations for external-dns on a Service, an Ingress or a gateway of each cluster",
		Kinds:   target.Kinds(target.SemanticsRun("external-dns v0.22.0: source/annotations, plan, TXT registry, AWS provider"), "Annotations"),
	}
}

// Options points to the defaults.
func (Target) Options() any {
	return &Options{
		Source: Source{Kind: "Service", Name: "istio-ingressgateway"}, Version: "0.22", Policy: aws.Auto, TTL: 30 * time.Second,
	}
}

// Timing leaves open how often the checks ask: they exist already.
func (Target) Timing(any) plan.EdgeTiming {
	return plan.EdgeTiming{Probes: true, Beyond: plan.BeyondTTL}
}

// The prefixes of annotations. The first is the default of external-dns from renamed on.
const (
	prefix    = "external-dns.kubernetes.io/"
	oldPrefix = "external-dns.alpha.kubernetes.io/"
	renamed   = 22
)

// prefixOf follows the version; false if that cannot be read.
func prefixOf(version string) (string, bool) {
	major, rest, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	minor, _, _ := strings.Cut(rest, ".")
	n, err := strconv.Atoi(minor)
	if err != nil || major != "0" {
		return prefix, false
	}
	if n < renamed {
		return oldPrefix, true
	}
	return prefix, true
}

func (o *Options) prefix() string {
	if o.AnnotationPrefix != "" {
		return o.AnnotationPrefix
	}
	p, _ := prefixOf(o.Version)
	return p
}

// CheckFleet says what external-dns or Route 53 would not do.
func (Target) CheckFleet(f *plan.Fleet, at *field.Path) diag.List {
	o, edge := target.Options[Options](f, Target{})
	at = target.OptionsAt(at, edge)
	ds := make(diag.List, 0, 1)
	p, read := prefixOf(o.Version)
	switch {
	case !read:
		ds.Errorf(at.Child("version"), "HC015", "%q is no version of external-dns that is known here", o.Version).WithHint("such as 0.22; it decides the prefix of the annotations")
	case o.AnnotationPrefix != "" && o.AnnotationPrefix != p:
		ds.Warnf(at.Child("annotationPrefix"), "HC015", "external-dns %s reads %s unless its flag --annotation-prefix says otherwise", o.Version, p).
			WithHint("leave it out, or set the flag to %s", o.AnnotationPrefix)
	}
	policy := aws.Policy(f, o.Policy, len(o.Weights) > 0)
	if n := len(clusters(f, policy)); policy == aws.Failover && n > 2 {
		ds.Errorf(at.Child("policy"), "SP366", "failover over %d clusters: Route 53 takes one PRIMARY and one SECONDARY", n).
			WithHint("use the edge Route53, or a policy without an order")
	}
	for _, c := range clusters(f, policy) {
		if o.HealthCheckIDs[c.Name] == "" {
			ds.Warnf(at.Child("healthCheckIDs"), "HC012", "the record of %q has no health check: Route 53 answers with it even when the cluster is dead", c.Name).
				WithHint("make one, by the edge Route53 with form: DNSEndpoint for instance, and give its ID")
		}
	}
	if o.TTL > time.Minute {
		ds.Warnf(at.Child("ttl"), "HC013", "a TTL of %s: clients keep the address of a dead cluster for as long", o.TTL).WithHint("use 60s or less")
	}
	ds = append(ds, aws.CheckKept(f, policy)...)
	return append(ds, unknown(f, at, &o)...)
}

// unknown refuses options for clusters that there are not.
func unknown(f *plan.Fleet, at *field.Path, o *Options) diag.List {
	var ds diag.List
	refuse := func(option string, names []string) {
		for _, name := range names {
			if !slices.ContainsFunc(f.Clusters, func(c plan.FleetCluster) bool { return c.Name == name }) {
				ds.Errorf(at.Child(option).Key(name), "SP360", "the fleet has no cluster %q", name)
			}
		}
	}
	refuse("healthCheckIDs", slices.Sorted(maps.Keys(o.HealthCheckIDs)))
	refuse("weights", slices.Sorted(maps.Keys(o.Weights)))
	return ds
}

// clusters are those that have a record.
func clusters(f *plan.Fleet, policy string) []*plan.FleetCluster {
	var out []*plan.FleetCluster
	for i := range f.Clusters {
		c := &f.Clusters[i]
		if c.Rotation == "Serving" || c.Rotation == "Standby" && policy != aws.MultiValue {
			out = append(out, c)
		}
	}
	return out
}

// RenderFleet writes no objects: those that are annotated belong to others.
func (Target) RenderFleet(*plan.Fleet) ([]target.Object, error) { return nil, nil }

// Files writes a script for each cluster that has a record.
func (Target) Files(f *plan.Fleet) ([]target.File, error) {
	o, _ := target.Options[Options](f, Target{})
	policy := aws.Policy(f, o.Policy, len(o.Weights) > 0)
	chosen := clusters(f, policy)
	files := make([]target.File, 0, len(chosen))
	for _, c := range chosen {
		files = append(files, target.File{Cluster: c.Name, Name: "externaldns.sh", Content: script(f, &o, c, policy)})
	}
	return files, nil
}

// resources are the names by which kubectl knows the kinds.
func resource(kind string) string {
	switch kind {
	case "Gateway":
		return "gateways.networking.istio.io"
	case "HTTPRoute":
		return "httproutes.gateway.networking.k8s.io"
	default:
		return strings.ToLower(kind)
	}
}

// sourceFlag is the flag by which external-dns reads the kind.
func sourceFlag(kind string) string {
	return map[string]string{
		"Service": "service", "Ingress": "ingress", "Gateway": "istio-gateway", "HTTPRoute": "gateway-httproute",
	}[kind]
}

func script(f *plan.Fleet, o *Options, c *plan.FleetCluster, policy string) string {
	namespace := o.Source.Namespace
	if namespace == "" {
		namespace = f.Namespace
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# external-dns of this cluster runs with --source=%s --provider=aws --registry=txt\n", sourceFlag(o.Source.Kind))
	fmt.Fprintf(&b, "# --txt-owner-id=%s --policy=upsert-only", f.ObjectName(c.Name))
	if o.AnnotationPrefix != "" {
		fmt.Fprintf(&b, " --annotation-prefix=%s", o.AnnotationPrefix)
	}
	b.WriteByte('\n')
	fmt.Fprintf(&b, "kubectl annotate --overwrite --namespace %s %s %s", namespace, resource(o.Source.Kind), o.Source.Name)
	all := annotations(f, o, c, policy)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&b, " \\\n  '%s=%s'", key, all[key])
	}
	return b.String() + "\n"
}

// annotations are those of one cluster's object.
func annotations(f *plan.Fleet, o *Options, c *plan.FleetCluster, policy string) map[string]string {
	p := o.prefix()
	out := map[string]string{
		p + "hostname": strings.Join(f.Hosts, ","), p + "ttl": strconv.Itoa(int(o.TTL / time.Second)), p + "set-identifier": f.ObjectName(c.Name),
	}
	switch policy {
	case aws.Failover:
		out[p+"aws-failover"] = "SECONDARY"
		if primary(f) == c.Name {
			out[p+"aws-failover"] = "PRIMARY"
		}
	case aws.MultiValue:
		out[p+"aws-multi-value-answer"] = "" // that it is there is enough; any value would be written anew in every round
	default:
		weight, given := o.Weights[c.Name]
		switch {
		case c.Rotation == "Standby":
			weight = 0
		case !given:
			weight = 100
		}
		out[p+"aws-weight"] = strconv.Itoa(weight)
	}
	if id := o.HealthCheckIDs[c.Name]; id != "" {
		out[p+"aws-health-check-id"] = id
	}
	return out
}

// primary is the cluster with that role, or else the first that serves.
func primary(f *plan.Fleet) string {
	for _, c := range f.Clusters {
		if c.Role == "Primary" && c.Rotation != "Out" {
			return c.Name
		}
	}
	for _, c := range f.Clusters {
		if c.Rotation == "Serving" {
			return c.Name
		}
	}
	return ""
}
