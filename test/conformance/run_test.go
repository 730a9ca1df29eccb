package conformance

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/spillway-mesh/spillway/test/conformance/bench"
	"github.com/spillway-mesh/spillway/test/conformance/parts"
	"github.com/spillway-mesh/spillway/test/conformance/pki"
)

// client is who dials.
type client struct{ namespace, account, region string }

// node is the client's sidecar, with a certificate of the mesh.
func (s *suite) node(t testing.TB, c client) bench.Node {
	t.Helper()
	id, err := s.cluster.Mesh.Issue(pki.Leaf{
		CommonName: "client", Names: []string{"spiffe://cluster.local/ns/" + c.namespace + "/sa/" + c.account},
	})
	if err != nil {
		t.Fatal(err)
	}
	return bench.Node{
		Namespace: c.namespace, ServiceAccount: c.account, Region: c.region, Identity: *id, MeshRoot: s.cluster.Mesh.Cert,
	}
}

func isName(address string) bool {
	_, err := netip.ParseAddr(address)
	return err != nil
}

// run plays a scenario when a slot is free, adds its row to the table and logs what clients saw.
func (s *suite) run(t *testing.T, sc *bench.Scenario) *bench.Result {
	t.Helper()
	s.slots <- struct{}{}
	r, err := bench.Run(t.Context(), sc)
	<-s.slots
	if err != nil {
		t.Fatal(errors.Join(err, s.cluster.Alive()))
	}
	s.table.add(r)
	t.Logf("served before %v, during %v, after %v; wrong SNI %d, wrong Host %d; %q",
		r.Before, r.During, r.After, r.WrongSNI, r.WrongHost, r.Examples)
	return r
}

// ownCRDs are the CRDs of this project, once they exist.
func ownCRDs(ctx context.Context) []string {
	root, err := parts.ModuleRoot(ctx)
	if err != nil {
		return nil
	}
	files, _ := filepath.Glob(filepath.Join(root, "..", "..", "manifests", "crd", "*.yaml"))
	for _, f := range files {
		if _, err := os.Stat(f); err != nil {
			return nil
		}
	}
	return files
}
