package mutants

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// mutant is one change that a test must notice.
type mutant struct {
	name, file string
	old, new   string
}

// list is the mutants of one package.
type list struct {
	folder  string // below the project's root
	mutants []mutant
}

// parse reads a list.
func parse(text string) (list, error) {
	var l list
	var m *mutant
	for i, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		number := i + 1
		switch {
		case line == "":
		case l.folder == "":
			folder, ok := strings.CutPrefix(line, "package: ")
			if !ok {
				return l, fmt.Errorf("line %d: want package: FOLDER", number)
			}
			l.folder = folder
		case strings.HasPrefix(line, "# "):
			l.mutants = append(l.mutants, mutant{name: line[2:]})
			m = &l.mutants[len(l.mutants)-1]
		case m == nil:
			return l, fmt.Errorf("line %d: a mutant begins with # and its name", number)
		case strings.HasPrefix(line, "file: "):
			m.file = line[len("file: "):]
		case line[0] == '-':
			m.old += line[1:] + "\n"
		case line[0] == '+':
			m.new += line[1:] + "\n"
		default:
			return l, fmt.Errorf("line %d: want file:, - or +", number)
		}
	}
	if len(l.mutants) == 0 {
		return l, errors.New("no mutants")
	}
	return l, nil
}

// overlay writes the changed file and what tells the compiler to take it.
func (m *mutant) overlay(folder, dir string) (string, error) {
	path := filepath.Join(folder, m.file)
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	if n := strings.Count(string(text), m.old); m.old == "" || n != 1 {
		return "", fmt.Errorf("what goes stands %d times in %s, not once", n, m.file)
	}
	changed := filepath.Join(dir, m.file)
	const mode = 0o600
	if err := os.WriteFile(changed, []byte(strings.Replace(string(text), m.old, m.new, 1)), mode); err != nil {
		return "", err
	}
	name := filepath.Join(dir, "overlay.json")
	return name, os.WriteFile(name, fmt.Appendf(nil, `{"Replace": {%q: %q}}`, path, changed), mode)
}
