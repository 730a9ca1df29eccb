package health

import (
	"crypto/sha256"
	"encoding/hex"
)

// Token is the body of a cluster's 200 where none is given: 8 hexadecimal digits, so that a load balancer can tell whose
// answer it got. What is generated for a fleet and what a cluster's server answers must agree on it.
func Token(fleet, cluster string) string {
	const bytes = 4
	sum := sha256.Sum256([]byte(fleet + "/" + cluster))
	return hex.EncodeToString(sum[:bytes])
}
