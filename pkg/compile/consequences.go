package compile

import (
	"slices"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/diag"
)

// dependsOn says which parts of a spec the planner reads to judge a part: if one of them is wrong, what it says of the
// part may be a mere consequence. A part that is missing here depends on all.
func dependsOn() map[string][]string {
	return map[string][]string{
		"metadata":  {"metadata"},
		"host":      {"host", "endpoints"},
		"addresses": {"addresses", "host"},
		"clients":   {"clients", "failover"},
		"ports":     {"ports"},
		"tls":       {"tls", "ports", "endpoints", "clients", "host"},
		"endpoints": {"endpoints", "tls", "ports", "host"},
		"failover":  {"failover", "endpoints", "clients"},
		"detect":    {"detect", "requests", "preset", "ports"},
		"requests":  {"requests", "preset", "ports", "detect", "failover", "endpoints"},
		"preset":    {"preset", "requests", "ports", "signing"},
		"signing":   {"signing", "endpoints"},
		"delivery":  {"delivery", "signing", "ports"},
		"waypoint":  {"waypoint"},

		"egressGateway": {"egressGateway"},
	}
}

// untouched keeps the errors among the planner's findings that no earlier error can have caused.
func untouched(found, earlier diag.List) diag.List {
	var wrong []string
	for _, d := range earlier {
		if d.Severity == diag.Error {
			wrong = append(wrong, partOf(d.Path))
		}
	}
	var out diag.List
	for _, d := range found {
		depends, known := dependsOn()[partOf(d.Path)]
		touched := !known || slices.ContainsFunc(wrong, func(part string) bool {
			_, isPart := dependsOn()[part]
			return !isPart || slices.Contains(depends, part)
		})
		if d.Severity == diag.Error && !touched {
			out = append(out, d)
		}
	}
	return out
}

// partOf is the field of the spec that a path begins with, endpoints for spec.endpoints[1].name; metadata; or empty.
func partOf(path string) string {
	rest, inSpec := strings.CutPrefix(path, "spec.")
	if !inSpec && !strings.HasPrefix(path, "metadata") {
		return ""
	}
	if end := strings.IndexAny(rest, ".["); end >= 0 {
		return rest[:end]
	}
	return rest
}
