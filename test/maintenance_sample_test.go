package test

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const maintenanceSample = "samples/maintenance/clusterfailover.yaml"

// calendarTree reads all files below a folder, by slash path.
func calendarTree(t *testing.T, root string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(entry.Name(), ".") {
			return err
		}
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path)))
		files[path] = text
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// The sample of maintenance windows is what the command line writes now, and so is its picture.
func TestMaintenanceSampleIsGenerated(t *testing.T) {
	t.Parallel()
	binary, fresh := spillway(t), t.TempDir()
	run := func(args ...string) ([]byte, error) {
		c := exec.CommandContext(t.Context(), binary, args...)
		c.Dir = ".."
		return c.Output()
	}
	if _, err := run("generate", "-f", maintenanceSample, "--target", "maintenance", "-d", fresh); err != nil {
		t.Fatal(err)
	}
	now, committed := calendarTree(t, fresh), calendarTree(t, "../samples/maintenance/generated")
	if len(now) < 8 || len(now) != len(committed) {
		t.Errorf("%d files are generated, %d committed", len(now), len(committed))
	}
	for path, text := range now {
		if !bytes.Equal(text, committed[path]) {
			t.Errorf("samples/maintenance/generated/%s is not up to date: make generate", path)
		}
	}
	picture, err := run("explain", "calendar", "-f", maintenanceSample, "--year", "2027", "-o", "svg")
	if err != nil || !bytes.Equal(picture, read(t, "../samples/maintenance/calendar.svg")) {
		t.Errorf("samples/maintenance/calendar.svg is not up to date: make generate (%v)", err)
	}
}

// The negative control: the same two clusters with windows that meet only in the weeks in which the clocks of one zone have
// changed and those of the other have not. Nothing is written.
func TestMaintenanceSampleIsRefusedForTheWeeksOfTheClockChange(t *testing.T) {
	t.Parallel()
	text := string(read(t, filepath.Join("..", maintenanceSample)))
	const blue, green = `days: [Mon, Tue, Wed], start: "02:00", duration: 6h, timeZone: Asia/Tokyo`, `days: [Thu, Fri, Sat], start: "02:00", duration: 6h, timeZone: Asia/Tokyo`
	for name, tc := range map[string]struct {
		start string
		taken bool
	}{"they meet in three weeks": {"02:00", false}, "an hour later they never do": {"03:00", true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changed := strings.NewReplacer(
				blue, `days: [Mon, Tue, Wed], start: "02:00", duration: 6h, timeZone: Europe/Berlin`,
				green, `days: [Mon, Tue, Wed], start: "`+tc.start+`", duration: 6h, timeZone: America/New_York`,
				"soak: 12h", "soak: 0s", "overrun: 2h", "overrun: 0s",
			).Replace(text)
			spec := filepath.Join(t.TempDir(), "spec.yaml")
			if err := os.WriteFile(spec, []byte(changed), 0o600); err != nil {
				t.Fatal(err)
			}
			var stderr bytes.Buffer
			c := exec.CommandContext(t.Context(), spillway(t), "generate", "-f", spec, "--target", "maintenance")
			c.Stderr = &stderr
			out, err := c.Output()
			if tc.taken != (err == nil) || tc.taken != (len(out) > 0) || tc.taken == strings.Contains(stderr.String(), "error HC021") {
				t.Errorf("%v, %d bytes written\n%s", err, len(out), stderr.String())
			}
		})
	}
}
