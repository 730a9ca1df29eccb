package test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// forbidden are words that have no place in the project's own text: paths of one machine, names of trackers, hosts of
// registries, notes to oneself. They are written with a gap so that this file does not match itself.
func forbidden() []*regexp.Regexp {
	var all []*regexp.Regexp
	for _, words := range []string{
		`(^|[^\w.])/wor_k/`, `/tm_p/brief`, `\bliv_e-facts\b`, `\bisti_o-facts\b`, `\bshar_ed/`,
		`(?i)\bses_sions?\b`, `(?i)\biss_ue #?\d`, `(?i)\b(first|second|third|the) se_ed\b`,
		`\bproxy\.go_lang\.org\b`, `\bsum\.go_lang\.org\b`, `\bpy_pi\.org\b`, `\bfiles\.python_hosted\.org\b`,
		`\bregistry\.npm_js\.org\b`, `\bTO_DO[:(]`, `\bFIX_ME\b`,
	} {
		all = append(all, regexp.MustCompile(strings.ReplaceAll(words, "_", "")))
	}
	return all
}

// textFiles are the files of the tree that people read, by slash path: no dot-folder, no binary, no checksum list.
func textFiles(t *testing.T, root string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if path != root && (name == ".git" || name == ".cache" || name == "bin") {
				return filepath.SkipDir
			}
			return nil
		}
		if !entry.Type().IsRegular() || slices.Contains([]string{".git", "go.sum", "LICENSE"}, name) {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil || len(text) > 4<<20 || bytes.IndexByte(text, 0) >= 0 {
			return err
		}
		rel, err := filepath.Rel(root, path)
		files[filepath.ToSlash(rel)] = text
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// badWords lists "path:line: word" for every forbidden word.
func badWords(files map[string][]byte, words []*regexp.Regexp) []string {
	var found []string
	for path, text := range files {
		for number, line := range bytes.Split(text, []byte("\n")) {
			for _, word := range words {
				if hit := word.Find(line); hit != nil {
					found = append(found, at(path, number+1, "%q has no place in this project", hit))
				}
			}
		}
	}
	slices.Sort(found)
	return found
}

func TestWords(t *testing.T) {
	t.Parallel()
	files := textFiles(t, "..")
	if len(files) < 50 || files["README.md"] == nil || files["samples/README.md"] == nil {
		t.Fatalf("only %d files read: the walk misses the tree", len(files))
	}
	for _, problem := range badWords(files, forbidden()) {
		t.Error(problem)
	}
}

// TestWordsFinds is the negative control of TestWords.
func TestWordsFinds(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"see /wor" + "k/main", "as in is" + "sue 3", "this ses" + "sion", "https://py" + "pi.org/simple", "// TO" + "DO: later",
		"proxy.go" + "lang.org", "the first se" + "ed",
	} {
		if got := badWords(map[string][]byte{"a.md": []byte("fine\n" + text + "\n")}, forbidden()); len(got) != 1 || !strings.HasPrefix(got[0], "a.md:2: ") {
			t.Errorf("%q: got %q, want one finding in line 2", text, got)
		}
	}
	if got := badWords(map[string][]byte{"a.md": []byte("network/ and obsession, random seeds, an issue")}, forbidden()); len(got) != 0 {
		t.Errorf("found %q in harmless text", got)
	}
}
