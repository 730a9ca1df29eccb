package diag

import "testing"

func TestClosest(t *testing.T) {
	fields := []string{"host", "addresses", "clients", "ports", "endpoints", "failover", "to", "from"}
	for name, want := range map[string]string{
		"endpoint": "endpoints", "Host": "host", "hots": "host", "adresses": "addresses", "failOver": "failover",
		"fialover": "failover", "form": "from", "zzz": "", "timeout": "", "x": "", "host": "", "": "",
	} {
		if got, found := Closest(name, fields); got != want || found != (want != "") {
			t.Errorf("Closest(%q) = %q, %v; want %q", name, got, found, want)
		}
	}
}
