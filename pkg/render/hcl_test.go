package render

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestHCL(t *testing.T) {
	t.Parallel()
	got := string(HCL(nil,
		Block{Type: "resource", Labels: []string{"google_compute_health_check", "shop"}, Comment: "what it asks", Body: Map{
			{Key: "name", Value: "shop"},
			{Key: "check_interval_sec", Value: 5},
			{Key: "timeout_sec", Value: 3, Comment: "below the interval"},
			{Key: "tags", Value: map[string]string{"b.c": "${x}", "a": "%{y}"}},
			{Key: "regions", Value: Flow{"a", "b"}},
			{Key: "ratio", Value: 0.1},
			{Key: "http_health_check", Value: Nested{{Key: "port", Value: 80}, {Key: "on", Value: true}}},
			{Key: "backend", Value: Blocks{{{Key: "group", Value: Expression("x.y.id")}}, {{Key: "group", Value: "z"}}}},
			{Key: "list", Value: List{"a", Map{{Key: "k", Value: 1}}}},
		}},
		Block{Type: "locals", Body: Map{{Key: "a", Value: Map{}}}},
	))
	const want = `# what it asks
resource "google_compute_health_check" "shop" {
  name               = "shop"
  check_interval_sec = 5
  # below the interval
  timeout_sec = 3
  tags = {
    a     = "%%{y}"
    "b.c" = "$${x}"
  }
  regions = ["a", "b"]
  ratio   = 0.1

  http_health_check {
    port = 80
    on   = true
  }

  backend {
    group = x.y.id
  }

  backend {
    group = "z"
  }

  list = [
    "a",
    {
      k = 1
    },
  ]
}

locals {
  a = {}
}
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
