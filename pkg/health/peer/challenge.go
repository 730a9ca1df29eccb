package peer

import (
	"crypto/hmac"
	"crypto/sha256"
	"strconv"
	"time"
)

// bucket is how long one challenge is given out. It is accepted one bucket earlier and later too, so a request that was
// recorded is worth nothing after 90 s.
const bucket = 30 * time.Second

// challenge is what a cluster's answers give out and its next requests must bring back. It depends on the cluster, its
// keys and its own wall clock only, so that every replica of the cluster knows the others' challenges.
func challenge(key []byte, cluster string, n int64) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("challenge\n" + cluster + "\n" + strconv.FormatInt(n, 10)))
	return encoding().EncodeToString(h.Sum(nil)[:16])
}

func bucketOf(wall time.Time) int64 { return wall.Unix() / int64(bucket/time.Second) }

// Challenge is the challenge that a cluster gives out at a time of its own clock.
func (r *Keyring) Challenge(cluster string, wall time.Time) string {
	return challenge(r.keys[r.active], cluster, bucketOf(wall))
}

// Challenged says whether got is a challenge that the cluster gave out lately, with any of the accepted keys.
func (r *Keyring) Challenged(got, cluster string, wall time.Time) bool {
	ok := false
	for _, id := range r.IDs() {
		for d := int64(-1); d <= 1; d++ {
			want := challenge(r.keys[id], cluster, bucketOf(wall)+d)
			ok = hmac.Equal([]byte(got), []byte(want)) || ok
		}
	}
	return ok
}
