package rules

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "HC015", Name: "annotation-prefix", Severity: diag.Error,
		Inputs:  analyze.Kinds{"Deployment"},
		Summary: "external-dns does not read annotations of this prefix",
		Why:     "Version 0.22 of external-dns reads external-dns.kubernetes.io/ where older ones read external-dns.alpha.kubernetes.io/. Annotations of the other one are passed over without a word: no record is written, or old ones are removed.",
		Fix:     "write the prefix of your version, or give external-dns --annotation-prefix",
		Check:   checkAnnotationPrefix,
	})
}

const oldPrefix, newPrefix = "external-dns.alpha.kubernetes.io/", "external-dns.kubernetes.io/"

func checkAnnotationPrefix(p *analyze.Pass) {
	deployments := p.Snapshot.OfKind("apps", "Deployment")
	read := make([]string, 0, len(deployments))
	for _, d := range deployments {
		read = append(read, prefixesOf(d)...)
	}
	if len(read) == 0 {
		return // it runs elsewhere
	}
	for _, o := range p.Snapshot.Objects {
		for _, prefix := range []string{oldPrefix, newPrefix} {
			used := slices.Sorted(keysWith(o.Annotations, prefix))
			if len(used) > 0 && !slices.Contains(read, prefix) {
				p.Report(o, "metadata.annotations", "%s is not read: external-dns here reads %s", used[0], analyze.List(read))
			}
		}
	}
}

func keysWith(table map[string]string, prefix string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for key := range table {
			if strings.HasPrefix(key, prefix) && !yield(key) {
				return
			}
		}
	}
}

// prefixesOf are the prefixes that the external-dns of a Deployment reads.
func prefixesOf(d *manifest.Object) []string {
	image := regexp.MustCompile(`(?:^|/)external-dns:v?0\.(\d+)`)
	var out []string
	for _, c := range d.Tree.At("spec", "template", "spec", "containers").Items() {
		m := image.FindStringSubmatch(c.At("image").Text())
		if m == nil {
			continue
		}
		prefix := oldPrefix
		if minor, err := strconv.Atoi(m[1]); err == nil && minor >= 22 {
			prefix = newPrefix
		}
		for _, arg := range slices.Concat(c.At("command").Texts(), c.At("args").Texts()) {
			if own, cut := strings.CutPrefix(arg, "--annotation-prefix="); cut {
				prefix = own
			}
		}
		out = append(out, prefix)
	}
	return out
}
