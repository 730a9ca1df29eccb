package conformance

import (
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/spillway-mesh/spillway/test/conformance/cluster"
)

// fleetCase is the loader's own example of a fleet and of the health of a cluster, with every part.
const fleetCase = "../../pkg/load/testdata/good_fleet.txtar"

// TestOwnKinds has the real API server judge our own kinds by their CRDs: the example with every part is taken, and each of
// the changes to it is refused.
func TestOwnKinds(t *testing.T) {
	t.Parallel()
	s := use(t)
	archive, err := txtar.ParseFile(fleetCase)
	if err != nil {
		t.Fatal(err)
	}
	good := string(archive.Files[0].Data)
	try := func(t *testing.T, text string) error {
		t.Helper()
		objects, err := cluster.DecodeString(text)
		if err != nil || len(objects) != 2 {
			t.Fatalf("%d objects, %v", len(objects), err)
		}
		return s.cluster.DryRun(t.Context(), objects)
	}
	if err := try(t, good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"a resting mode that is none":      {"rest: Relaxed\n  round", "rest: Strict\n  round"},
		"a mode without a reason":          {`, reason: "GKE 1.34 upgrade"`, ""},
		"a mode without an end":            {`until: "2026-11-23T02:00:00Z", `, ""},
		"a drill in Strict":                {"by: ops@example.com", "drill: [checkout]"},
		"a check of two kinds":             {"search, tcp", `search, certificate: {address: "a:1"}, tcp`},
		"a check of no kind":               {`search, tcp: {address: "search.shop:9200"}`, "search"},
		"a certificate that is required":   {`{address: "shop.example.com:443"}, importance: Informational`, `{address: "shop.example.com:443"}`},
		"keys from two places":             {"peerKeys: {secret: {name: spillway-peer-keys}}\n    checks", "peerKeys: {secret: {name: a}, files: {dir: /b}}\n    checks"},
		"a path that does not begin right": {"path: /.well-known/cluster-health\n  mode", "path: health\n  mode"},
		"an edge that nobody knows":        {"type: GKEIngress", "type: Pigeon"},
		"a percentage in quotes":           {"availability: 99.5", `availability: "99.5"`},
		"a misspelt field":                 {"peerAccess:", "peersAccess:"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bad := strings.Replace(good, change[0], change[1], 1)
			if bad == good {
				t.Fatal("the change does not apply")
			}
			if try(t, bad) == nil {
				t.Error("the API server takes it")
			}
		})
	}
}
