package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway-mesh/spillway/pkg/diag"
)

func TestFoldKeepsErrors(t *testing.T) {
	t.Parallel()
	var diags diag.List
	for range 50 {
		diags.Warnf(nil, "SP203", "the same for everyone")
		diags.Errorf(nil, "SP109", "no such endpoint")
	}
	diags.Notef(nil, "SP017", "passed over")
	kept, left := fold(diags)
	if got := count(kept); got != "50 errors, 10 warnings, 1 note" {
		t.Errorf("kept %s", got)
	}
	if !strings.HasPrefix(left, "40 more findings ") {
		t.Errorf("left: %q", left)
	}
	again, left := fold(kept)
	if diff := cmp.Diff(kept, again); diff != "" || left != "" {
		t.Errorf("few findings are folded: %q\n%s", left, diff)
	}
}
