package load

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/spillway-mesh/spillway/pkg/diag"
)

// mostInFile is how many findings one file may have before the rest of it is left unread.
const mostInFile = 10_000

// file is one file and what was found in it, group by group.
type file struct {
	source  source
	data    []byte // without a byte order mark
	groups  [][]chunk
	readers []reader // one for each group
	refused diag.List
}

// open splits a file into groups of documents, or says why it cannot be read.
func (o Options) open(s source) file {
	f := file{source: s}
	if d, bad := checkText(s.name, s.data, o.limit()); bad {
		f.refused = diag.List{d}
		return f
	}
	f.data = bytes.TrimPrefix(s.data, []byte(utf8BOM))
	f.groups = groups(split(f.data))
	f.readers = make([]reader, len(f.groups))
	return f
}

// readGroups reads the groups of all files; several at once where the input may be large.
func (o Options) readGroups(files []file) {
	workers := 1
	if o.Others != nil {
		workers = runtime.GOMAXPROCS(0)
	}
	type job struct{ file, group int }
	jobs := make(chan job, workers)
	var done sync.WaitGroup
	for range workers {
		done.Go(func() {
			for j := range jobs {
				f := &files[j.file]
				r := reader{options: o, source: f.source}
				r.group(f.data, f.groups[j.group])
				r.places = nil
				f.readers[j.group] = r
			}
		})
	}
	for i := range files {
		for g := range files[i].groups {
			jobs <- job{i, g}
		}
	}
	close(jobs)
	done.Wait()
}

// close adds what was found to the result, and says what is wrong with the file.
func (f *file) close(out *Result) diag.List {
	if len(f.refused) > 0 {
		return f.refused
	}
	out.Sources[f.source.name] = f.source.data
	var diags diag.List
	var skipped []Skipped
	objects := 0
	for i := range f.readers {
		r := &f.readers[i]
		diags = append(diags, r.diags...)
		skipped = append(skipped, r.out.Skipped...)
		objects += r.objects
		out.add(&r.out)
		if len(diags) > mostInFile {
			last := f.groups[i][len(f.groups[i])-1].end
			diags = append(diags, diag.Diagnostic{
				Code: "SP020", Severity: diag.Error, Message: "the rest of the file was not read, since so much is wrong in it",
				Hint:     "correct what is listed first",
				Position: positionOf(f.source.name, f.source.data, len(f.source.data)-len(f.data)+last),
			})
			break
		}
	}
	if d, some := noteSkipped(skipped); some {
		diags = append(diags, d)
	}
	if objects == 0 && len(diags) == 0 {
		diags = append(diags, diag.Diagnostic{
			Code: "SP005", Severity: diag.Warning, Position: diag.Position{File: f.source.name, Line: 1, Column: 1},
			Message: "the file holds no object", Hint: "fill it, or leave it out",
		})
	}
	return diags
}

// add appends what was found elsewhere.
func (r *Result) add(more *Result) {
	r.Failovers = append(r.Failovers, more.Failovers...)
	r.Fleets = append(r.Fleets, more.Fleets...)
	r.Healths = append(r.Healths, more.Healths...)
	r.Platforms = append(r.Platforms, more.Platforms...)
	r.Skipped = append(r.Skipped, more.Skipped...)
	r.Others = append(r.Others, more.Others...)
}

// mostKinds is how many kinds a note names.
const mostKinds = 12

// noteSkipped says in one note per file what was passed over: a bundle may hold thousands of objects.
func noteSkipped(skipped []Skipped) (diag.Diagnostic, bool) {
	if len(skipped) == 0 {
		return diag.Diagnostic{}, false
	}
	counts := map[string]int{}
	for _, s := range skipped {
		counts[cmp.Or(s.Kind, "without a kind")]++
	}
	kinds := make([]string, 0, len(counts))
	for i, kind := range slices.Sorted(maps.Keys(counts)) {
		if i == mostKinds {
			kinds = append(kinds, fmt.Sprintf("%d further kinds", len(counts)-mostKinds))
			break
		}
		kinds = append(kinds, fmt.Sprintf("%d %s", counts[kind], shorten(kind)))
	}
	return diag.Diagnostic{
		Code: "SP017", Severity: diag.Note, Position: skipped[0].Position,
		Message: "passed over, since only kinds of spillway.dev are read here: " + strings.Join(kinds, ", "),
	}, true
}

const utf8BOM = "\xef\xbb\xbf"

// checkText refuses what cannot be YAML in UTF-8, before a parser sees it.
func checkText(name string, data []byte, limit int) (diag.Diagnostic, bool) {
	refuse := func(code string, at int, hint, format string, args ...any) (diag.Diagnostic, bool) {
		return diag.Diagnostic{
			Code: code, Severity: diag.Error, Position: positionOf(name, data, at),
			Message: fmt.Sprintf(format, args...), Hint: hint,
		}, true
	}
	if len(data) > limit {
		return refuse("SP002", 0, "split it, or give the right file", "the file is larger than %d MB", limit>>20)
	}
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return refuse("SP003", 0, "save it as UTF-8", "the file is UTF-16, not UTF-8")
	}
	at := firstStrange(data)
	if at == len(data) {
		return diag.Diagnostic{}, false
	}
	switch r, _ := utf8.DecodeRune(data[at:]); {
	case r == 0:
		return refuse("SP003", at, "save it as UTF-8 text, or give the right file", "the file is not text: it holds a zero byte")
	case r == utf8.RuneError:
		return refuse("SP003", at, "save it as UTF-8", "the file is not UTF-8")
	case r == '\r':
		return refuse("SP003", at, "save it with line feeds", "a line ends with a carriage return alone")
	case isLineEnd(r):
		return refuse("SP003", at, fmt.Sprintf("remove it; within double quotes it can be written as \\u%04x", r),
			"the file holds the character %U, which some programs take for the end of a line", r)
	default:
		return refuse("SP003", at, fmt.Sprintf("remove it; within double quotes it can be written as \\x%02x", r),
			"the file holds the control character %U", r)
	}
}

// firstStrange finds the first character that YAML does not allow, or about whose meaning programs differ.
func firstStrange(data []byte) int {
	for at := 0; at < len(data); {
		b := data[at]
		switch {
		case b >= ' ' && b < 0x7f || b == '\n' || b == '\t':
			at++
			continue
		case b == '\r' && at+1 < len(data) && data[at+1] == '\n':
			at += 2
			continue
		case b < utf8.RuneSelf:
			return at
		}
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size == 1 || r < 0xa0 || isLineEnd(r) {
			return at
		}
		at += size
	}
	return len(data)
}

// isLineEnd says whether YAML 1.1 takes a character for the end of a line, and YAML 1.2 and editors do not.
func isLineEnd(r rune) bool { return r == 0x85 || r == 0x2028 || r == 0x2029 }

// positionOf counts the line and column of an offset.
func positionOf(name string, data []byte, offset int) diag.Position {
	before := bytes.TrimPrefix(data[:offset], []byte(utf8BOM))
	start := bytes.LastIndexByte(before, '\n') + 1
	return diag.Position{
		File:   name,
		Line:   bytes.Count(before, []byte("\n")) + 1,
		Column: utf8.RuneCount(before[start:]) + 1,
	}
}
