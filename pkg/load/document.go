package load

import (
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/spillway-mesh/spillway/pkg/diag"
)

// Document is the place of one object in a file, and of each of its fields.
type Document struct {
	File   string
	Object string // such as "ExternalFailover shop/orders-db"

	start  place
	plain  bool     // whose maps are not known from its fields: an entry's path has a dot, too
	places []place  // of every field, sorted by hash
	unread []string // paths about which an error was already told
}

var _ diag.Locator = (*Document)(nil)

// place is where a field stands. Its path is kept as a hash: ten thousand specs have half a million fields.
type place struct {
	hash         uint64
	line, column int32
}

// Locate finds the field, or for a field that is not there the nearest one around it.
func (d *Document) Locate(path string) diag.Position {
	if d.plain {
		path = dotted(path)
	}
	for ; path != ""; path = parent(path) {
		hash := hashOf(path)
		i, found := slices.BinarySearchFunc(d.places, hash, func(p place, h uint64) int { return compareHash(p.hash, h) })
		if found {
			return d.position(d.places[i])
		}
	}
	return d.position(d.start)
}

// Report prepares what later stages say about this object: it names the object, fills the positions, and leaves out what
// only follows from an error told while loading, such as a required field whose value could not be read.
func (d *Document) Report(found diag.List) diag.List {
	found = slices.DeleteFunc(slices.Clone(found), func(x diag.Diagnostic) bool {
		return slices.ContainsFunc(d.unread, func(path string) bool { return within(x.Path, path) || within(path, x.Path) })
	})
	return found.About(d.Object).Locate(d)
}

// Partial says whether an error was told while loading, so that the object holds only what could be read. It may be
// validated, so that everything wrong is told at once, but nothing may be made of it.
func (d *Document) Partial() bool { return len(d.unread) > 0 }

func (d *Document) position(p place) diag.Position {
	return diag.Position{File: d.File, Line: int(p.line), Column: int(p.column)}
}

func placeOf(hash uint64, n *yaml.Node, lineOffset int) place {
	return place{hash: hash, line: int32(n.Line + lineOffset), column: int32(n.Column)}
}

// keep takes over the places, ready for searching.
func (d *Document) keep(places []place) {
	d.places = slices.Clone(places)
	slices.SortFunc(d.places, func(a, b place) int { return compareHash(a.hash, b.hash) })
}

func compareHash(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}

// within says whether a path is the other one or inside it.
func within(path, outer string) bool {
	rest, found := strings.CutPrefix(path, outer)
	return found && (rest == "" || outer == "" || rest[0] == '.' || rest[0] == '[')
}

// dotted writes an entry of a map, labels[app], as if it were a field, labels.app.
func dotted(path string) string {
	if !strings.Contains(path, "[") {
		return path
	}
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(path, "[")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		key, after, _ := strings.Cut(rest, "]")
		if _, err := strconv.Atoi(key); err == nil {
			out.WriteString("[" + key + "]")
		} else {
			out.WriteString("." + key)
		}
		path = after
	}
}

// parent cuts the last step off a path; a dot within brackets gives a path that no field has, and the next cut helps.
func parent(path string) string {
	return path[:max(0, strings.LastIndexAny(path, ".["))]
}

// The FNV-1a hash: that of a longer path continues from that of a shorter one.
const (
	hashStart = 14695981039346656037
	hashPrime = 1099511628211
)

func hashOf(path string) uint64 { return hashOn(hashStart, path) }

func hashOn(hash uint64, more string) uint64 {
	for i := range len(more) {
		hash = (hash ^ uint64(more[i])) * hashPrime
	}
	return hash
}
