package server

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"slices"
	"strconv"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

// Annotations of a Service that opts in by the label.
const (
	annotationPath       = "spillway.dev/health-path"
	annotationPort       = "spillway.dev/health-port"
	annotationImportance = "spillway.dev/importance"
	annotationShared     = "spillway.dev/shared"
	annotationZero       = "spillway.dev/scale-to-zero" // "allowed": that nothing is there is no failure
)

// Discovered is a Service that opted in by the label.
type Discovered struct {
	Namespace, Name string
	Port            int32 // its first one
	Annotations     map[string]string
}

// discovered are the checks of services that opted in. They are Weighted unless they say otherwise: who opts in must not be
// able to take a cluster out alone. A check of the spec with the same name wins.
func discovered(x *v1alpha1.ClusterHealth, found []Discovered) []v1alpha1.HealthCheck {
	if x.Spec.Discover == nil {
		return nil
	}
	taken := map[string]bool{}
	for i := range x.Spec.Checks {
		taken[x.Spec.Checks[i].Name] = true
	}
	var out []v1alpha1.HealthCheck
	for i := range found {
		d := &found[i]
		name := checkName(d, false)
		if taken[name] && !slices.ContainsFunc(x.Spec.Checks, func(h v1alpha1.HealthCheck) bool { return h.Name == name }) {
			name = checkName(d, true) // a-b in c, and a in b-c
		}
		if taken[name] {
			continue
		}
		taken[name] = true
		out = append(out, d.check(name))
	}
	return out
}

// checkName is NAMESPACE-NAME, with a hash where that is too long or taken.
func checkName(d *Discovered, hashed bool) string {
	const most, digits = 63, 8
	name := d.Namespace + "-" + d.Name
	if len(name) <= most && !hashed {
		return name
	}
	sum := sha256.Sum256([]byte(d.Namespace + "/" + d.Name))
	return name[:min(len(name), most-digits-1)] + "-" + hex.EncodeToString(sum[:digits/2])
}

// check is what a Service's annotations ask for; one that cannot be read leaves a check that nothing can be asked of.
func (d *Discovered) check(name string) v1alpha1.HealthCheck {
	h := v1alpha1.HealthCheck{Name: name, Importance: v1alpha1.ImportanceWeighted, Shared: d.Annotations[annotationShared] == "true"}
	switch i := v1alpha1.Importance(d.Annotations[annotationImportance]); i {
	case v1alpha1.ImportanceRequired, v1alpha1.ImportanceInformational:
		h.Importance = i
	case v1alpha1.ImportanceWeighted, "":
	default:
		return h
	}
	path, port := d.Annotations[annotationPath], d.Port
	if text := d.Annotations[annotationPort]; text != "" {
		n, err := strconv.ParseUint(text, 10, 16)
		if err != nil || n == 0 {
			return h
		}
		port = int32(n) //nolint:gosec // 16 bits
	}
	if path == "" {
		h.Service = &v1alpha1.ServiceCheck{Name: d.Name, Namespace: d.Namespace}
		return h
	}
	if path[0] != '/' || port == 0 {
		return h
	}
	host := net.JoinHostPort(fmt.Sprintf("%s.%s.svc", d.Name, d.Namespace), strconv.Itoa(int(port)))
	h.HTTP = &v1alpha1.HTTPCheck{URL: "http://" + host + path}
	return h
}
