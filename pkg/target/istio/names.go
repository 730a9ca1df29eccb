package istio

import (
	"crypto/sha256"
	"encoding/hex"
)

const (
	managedByLabel = "app.kubernetes.io/managed-by"
	managedBy      = "spillway"
	ownerKey       = "spillway.dev/owner"
	orderLabel     = "spillway.dev/order"

	maxLabel = 63
)

// ownerLabel names the owner in a label value: in full where that fits, else with a hash; the annotation has it in full.
func ownerLabel(namespace, name string) string { return short(namespace + "." + name) }

func short(s string) string {
	if len(s) <= maxLabel {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	return s[:maxLabel-9] + "-" + hex.EncodeToString(sum[:4])
}
