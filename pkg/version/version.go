// Package version says which build of Spillway is running, as far as the Go tool recorded it.
//
// It reads what `go build` and `go install` stamp into every binary, so no linker flags are needed and a build from
// a module proxy reports its version just as one from a clone reports its commit. It must import nothing but the
// standard library. Start reading at Get.
package version

import (
	"fmt"
	"runtime/debug"
	"strings"
)

// Unknown stands for whatever the build did not record.
const Unknown = "unknown"

// Info is what is known about the running binary.
type Info struct {
	Version string `json:"version"` // a module version, or "devel" for a build from a clone without a tag
	Commit  string `json:"commit"`  // the full revision, with "-dirty" when the clone had local changes
	Date    string `json:"date"`    // the commit's time in RFC 3339, so that equal sources build equal binaries
	Go      string `json:"go"`      // the Go release that compiled it
}

// Get reads the build information of the running binary.
func Get() Info {
	build, ok := debug.ReadBuildInfo()
	if !ok {
		build = &debug.BuildInfo{}
	}
	return fromBuild(build)
}

// fromBuild is Get without its hidden input.
func fromBuild(build *debug.BuildInfo) Info {
	info := Info{Version: build.Main.Version, Commit: Unknown, Date: Unknown, Go: build.GoVersion}
	dirty := false
	for _, s := range build.Settings {
		switch {
		case s.Value == "":
		case s.Key == "vcs.revision":
			info.Commit = s.Value
		case s.Key == "vcs.time":
			info.Date = s.Value
		case s.Key == "vcs.modified":
			dirty = s.Value == "true"
		}
	}
	if dirty && info.Commit != Unknown {
		info.Commit += "-dirty"
	}
	if info.Version == "" || info.Version == "(devel)" {
		info.Version = "devel"
	}
	if info.Go == "" {
		info.Go = Unknown
	}
	return info
}

// String writes the build on one line, as `spillway version` prints it, leaving out what is unknown.
func (i Info) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "spillway %s", i.Version)
	details := make([]string, 0, 3)
	if i.Commit != Unknown && i.Commit != "" {
		details = append(details, "commit "+i.Commit)
	}
	if i.Date != Unknown && i.Date != "" {
		details = append(details, i.Date)
	}
	if i.Go != Unknown && i.Go != "" {
		details = append(details, i.Go)
	}
	if len(details) > 0 {
		fmt.Fprintf(&b, " (%s)", strings.Join(details, ", "))
	}
	return b.String()
}
