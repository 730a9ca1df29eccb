package rules

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/load"
)

// TestGenerated asks every rule about what is written for fleets: each case of every edge and of the health server.
func TestGenerated(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../target/*/testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	looked := 0
	for _, file := range files {
		if strings.Contains(file, "/istio/") {
			continue // of external hosts, which the samples are for
		}
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, section := range archive.Files {
			if section.Name != "want.yaml" {
				continue
			}
			for _, cluster := range byCluster(string(section.Data)) {
				looked++
				for _, f := range found(t, file, []byte(cluster), mesh.Options{}, All()).Findings {
					if f.Severity > diag.Note {
						t.Errorf("%v\n  hint: %s", f.Diagnostic, f.Hint)
					}
				}
			}
		}
	}
	if looked < 20 {
		t.Errorf("only %d cases were looked at", looked)
	}
}

// byCluster is the objects of each cluster together with those of the fleet.
func byCluster(text string) []string {
	var fleet string
	each := map[string]string{}
	for document := range strings.SplitSeq(text, "\n---\n") {
		if m := regexp.MustCompile(`(?m)^# For the cluster (\S+)\.$`).FindStringSubmatch(document); m != nil {
			each[m[1]] += document + "\n---\n"
		} else if strings.Contains(document, "kind:") {
			fleet += document + "\n---\n"
		}
	}
	if len(each) == 0 && fleet != "" {
		return []string{fleet}
	}
	out := make([]string, 0, len(each))
	for _, cluster := range slices.Sorted(maps.Keys(each)) {
		out = append(out, fleet+each[cluster])
	}
	return out
}

// TestMirrorsInTwoFolders: a difference shows also where the folders of two clusters are looked at apart.
func TestMirrorsInTwoFolders(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := "apiVersion: networking.gke.io/v1\nkind: MultiClusterIngress\n" +
		"metadata: {name: shop, namespace: edge, annotations: {networking.gke.io/static-ip: 203.0.113.100}}\n" +
		"spec: {template: {spec: {backend: {serviceName: SERVICE, servicePort: 80}}}}\n"
	for cluster, service := range map[string]string{"blue": "shop", "green": "shop-old"} {
		if err := os.MkdirAll(filepath.Join(dir, cluster), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, cluster, "mci.yaml"), []byte(strings.ReplaceAll(text, "SERVICE", service)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	report := foundIn(t, dir)
	if len(report.Models) != 2 || len(report.Findings) != 1 || report.Findings[0].Code != "HC024" {
		t.Errorf("in %d sets: %v", len(report.Models), report.Diagnostics())
	}
}

// foundIn is what all rules find in a folder and those below.
func foundIn(t *testing.T, dir string) *analyze.Report {
	t.Helper()
	s, diags, err := manifest.Read([]string{dir}, load.Options{Recursive: true})
	if err != nil || len(diags) > 0 {
		t.Fatal(err, diags)
	}
	return analyze.Run(s, mesh.Options{}, All())
}
