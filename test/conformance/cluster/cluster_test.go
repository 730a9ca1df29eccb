package cluster_test

import (
	"strings"
	"testing"

	"github.com/spillway-mesh/spillway/test/conformance/cluster"
	"github.com/spillway-mesh/spillway/test/conformance/parts"
)

const serviceEntry = `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: mydb, namespace: start}
spec:
  hosts: [mydb.internal]
  ports: [{number: 80, name: http, protocol: HTTP}]
  resolution: DNS
  endpoints: [{address: a.example.com}]
`

// TestStart shows that the control plane starts, and that the dry run tells a good object from a misspelt one.
func TestStart(t *testing.T) {
	set, err := parts.Ensure(t.Context(), t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	c, err := cluster.Start(t.Context(), cluster.Options{Parts: set})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	good, err := cluster.DecodeString(serviceEntry)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.DryRun(t.Context(), good); err != nil {
		t.Errorf("a good object was refused: %v", err)
	}
	bad, err := cluster.DecodeString(strings.Replace(serviceEntry, "resolution", "resolutoin", 1))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.DryRun(t.Context(), bad); err == nil || !strings.Contains(err.Error(), "resolutoin") {
		t.Errorf("a misspelt field was not refused: %v", err)
	}
	if err := c.Alive(); err != nil {
		t.Error(err)
	}
}
