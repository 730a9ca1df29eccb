package version

import (
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func setting(key, value string) debug.BuildSetting { return debug.BuildSetting{Key: key, Value: value} }

func TestFromBuild(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		build debug.BuildInfo
		want  Info
		text  string
	}{
		"installed from a proxy": {
			debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Version: "v0.3.1"}},
			Info{Version: "v0.3.1", Commit: Unknown, Date: Unknown, Go: "go1.26.8"},
			"spillway v0.3.1 (go1.26.8)",
		},
		"built from a clone": {
			debug.BuildInfo{
				GoVersion: "go1.26.8", Main: debug.Module{Version: "(devel)"},
				Settings: []debug.BuildSetting{
					setting("vcs.revision", "0a1b2c"), setting("vcs.time", "2026-11-24T00:00:00Z"), setting("vcs.modified", "false"),
				},
			},
			Info{Version: "devel", Commit: "0a1b2c", Date: "2026-11-24T00:00:00Z", Go: "go1.26.8"},
			"spillway devel (commit 0a1b2c, 2026-11-24T00:00:00Z, go1.26.8)",
		},
		"local changes, noted before the revision": {
			debug.BuildInfo{Settings: []debug.BuildSetting{setting("vcs.modified", "true"), setting("vcs.revision", "0a1b2c")}},
			Info{Version: "devel", Commit: "0a1b2c-dirty", Date: Unknown, Go: Unknown},
			"spillway devel (commit 0a1b2c-dirty)",
		},
		"without version control": {
			debug.BuildInfo{Settings: []debug.BuildSetting{setting("vcs.modified", "true"), setting("vcs.revision", "")}},
			Info{Version: "devel", Commit: Unknown, Date: Unknown, Go: Unknown},
			"spillway devel",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := fromBuild(&tc.build)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if got.String() != tc.text {
				t.Errorf("String() = %q, want %q", got.String(), tc.text)
			}
		})
	}
}

func TestGetReadsThisBinary(t *testing.T) {
	t.Parallel()
	if got := Get().Go; got != runtime.Version() {
		t.Errorf("Go = %q, want %q", got, runtime.Version())
	}
}

func TestZeroInfoPrints(t *testing.T) {
	t.Parallel()
	if got := (Info{Version: "devel"}).String(); got != "spillway devel" {
		t.Errorf("String() = %q", got)
	}
}
