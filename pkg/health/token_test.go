package health

import "testing"

// The token is in load balancers' configuration: it never changes.
func TestTokenStays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ fleet, cluster, want string }{
		{"istio-ingress/shop", "blue", "b13010ac"},
		{"istio-ingress/shop", "green", "053b41b9"},
	} {
		if got := Token(c.fleet, c.cluster); got != c.want {
			t.Errorf("Token(%q, %q) = %q, want %q", c.fleet, c.cluster, got, c.want)
		}
	}
}
