package term

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func env(pairs map[string]string) func(string) string {
	return func(key string) string { return pairs[key] }
}

func TestStyleFollowsTerminalAndEnvironment(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		terminal bool
		env      map[string]string
		want     bool
	}{
		"terminal":          {true, nil, true},
		"pipe":              {false, nil, false},
		"NO_COLOR":          {true, map[string]string{"NO_COLOR": "1"}, false},
		"NO_COLOR is empty": {true, map[string]string{"NO_COLOR": ""}, true},
		"dumb terminal":     {true, map[string]string{"TERM": "dumb"}, false},
		"usual terminal":    {true, map[string]string{"TERM": "xterm-256color"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			style := styleFor(tc.terminal, env(tc.env))
			if style.Colour() != tc.want {
				t.Fatalf("Colour() = %v, want %v", style.Colour(), tc.want)
			}
			if got := style.Red("lost") != "lost"; got != tc.want {
				t.Errorf("Red coloured: %v, want %v", got, tc.want)
			}
		})
	}
}

func TestNothingButATerminalIsATerminal(t *testing.T) {
	t.Parallel()
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	for name, w := range map[string]io.Writer{"buffer": &bytes.Buffer{}, "file": f, "nil": nil} {
		if IsTerminal(w) {
			t.Errorf("%s: taken for a terminal", name)
		}
		if got := Width(w, 72); got != 72 {
			t.Errorf("%s: Width = %d, want the fallback", name, got)
		}
		if For(w, env(nil)).Colour() {
			t.Errorf("%s: gets colour", name)
		}
	}
}

func TestEveryColourEnds(t *testing.T) {
	t.Parallel()
	s := Style{colour: true}
	paints := map[string]func(string) string{
		"Bold": s.Bold, "Dim": s.Dim, "Red": s.Red, "Green": s.Green, "Yellow": s.Yellow, "Cyan": s.Cyan,
	}
	seen := map[string]string{}
	for name, paint := range paints {
		got := paint("x")
		if !strings.HasPrefix(got, "\x1b[") || !strings.HasSuffix(got, "x\x1b[0m") {
			t.Errorf("%s: %q does not start and end its colour", name, got)
		}
		if other := seen[got]; other != "" {
			t.Errorf("%s and %s look the same", name, other)
		}
		seen[got] = name
		if paint("") != "" {
			t.Errorf("%s: an empty cell is no longer empty", name)
		}
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	table := NewTable("REGION", "TIERS", "WHY")
	table.Row("us-east1", "east, west", "")
	table.Row("*", "", "São Paulo\nand others")
	table.Row("x")
	if table.Len() != 3 {
		t.Errorf("Len() = %d", table.Len())
	}
	want := "" +
		"REGION     TIERS        WHY\n" +
		"us-east1   east, west\n" +
		"*                       São Paulo and others\n" +
		"x\n"
	var plain, coloured bytes.Buffer
	if err := table.Write(&plain, Style{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, plain.String()); diff != "" {
		t.Errorf("plain (-want +got):\n%s", diff)
	}
	if err := table.Write(&coloured, Style{colour: true}); err != nil {
		t.Fatal(err)
	}
	stripped := strings.NewReplacer("\x1b[1m", "", "\x1b[0m", "").Replace(coloured.String())
	if diff := cmp.Diff(want, stripped); diff != "" {
		t.Errorf("colour moved the columns (-want +got):\n%s", diff)
	}
	if stripped == coloured.String() {
		t.Error("the header is not bold")
	}
}

func TestTableCountsVisibleCharacters(t *testing.T) {
	t.Parallel()
	s := Style{colour: true}
	table := NewTable()
	table.Row(s.Red("lost"), "1")
	table.Row("ok", "22")
	var out bytes.Buffer
	if err := table.Write(&out, s); err != nil {
		t.Fatal(err)
	}
	want := s.Red("lost") + "   1\nok     22\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestTableReportsAWriteError(t *testing.T) {
	t.Parallel()
	table := NewTable("A")
	if err := table.Write(brokenPipe{}, Style{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("err = %v, want the writer's", err)
	}
}
