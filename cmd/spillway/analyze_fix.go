package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/mend"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

// fix shows what would mend the findings that can be mended mechanically, and writes it if it is asked to.
func (o *analyzeOptions) fix(io IO, a *analysis) error {
	edits := map[string][]analyze.Edit{}
	for _, f := range a.report.Findings {
		if len(f.Edits) > 0 && f.Severity >= severities()[o.severity] {
			file := f.Object.Source.File
			edits[file] = append(edits[file], f.Edits...)
		}
	}
	changed := 0
	for _, file := range slices.Sorted(maps.Keys(edits)) {
		before := a.snapshot.Sources[file]
		after, left := mend.File(before, edits[file])
		for _, e := range left {
			if err := writing(fmt.Fprintf(io.Err, "%s: %s is left to you: it cannot be changed safely\n", file, e.Path)); err != nil {
				return err
			}
		}
		if string(after) == string(before) {
			continue
		}
		changed++
		if err := writing(io.Out.Write(diff.Diff(file, before, file, after))); err != nil {
			return err
		}
		if o.write {
			if err := replaceFile(file, after); err != nil {
				return err
			}
		}
	}
	return o.fixed(io, a, changed)
}

// fixed says what became of it, and ends the command as the rest of the findings do.
func (o *analyzeOptions) fixed(io IO, a *analysis, changed int) error {
	verb := "would change; --fix --write changes"
	if o.write {
		verb = "changed; look through"
	}
	text := fmt.Sprintf("%s: nothing to mend mechanically", a.summary())
	if changed > 0 {
		text = fmt.Sprintf("%s; %s %s them", a.summary(), plural(changed, "file"), verb)
	}
	if err := writing(fmt.Fprintln(io.Err, text)); err != nil {
		return err
	}
	rest := a.diags
	if o.write {
		rest = slices.DeleteFunc(slices.Clone(a.diags), func(d diag.Diagnostic) bool {
			return slices.ContainsFunc(a.report.Findings, func(f *analyze.Finding) bool { return f.Diagnostic == d && len(f.Edits) > 0 })
		})
	}
	return o.input.verdict(rest)
}

// replaceFile puts another text in the place of a file, whole or not at all.
func replaceFile(file string, text []byte) error {
	info, err := os.Stat(file)
	if err != nil {
		return fmt.Errorf("changing %s: %w", file, err)
	}
	temporary, err := os.CreateTemp(filepath.Dir(file), ".spillway-*")
	if err != nil {
		return fmt.Errorf("changing %s: %w", file, err)
	}
	_, err = temporary.Write(text)
	if closing := temporary.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Chmod(temporary.Name(), info.Mode().Perm())
	}
	if err == nil {
		err = os.Rename(temporary.Name(), file)
	}
	if err != nil {
		_ = os.Remove(temporary.Name())
		return fmt.Errorf("changing %s: %w", file, err)
	}
	return nil
}
