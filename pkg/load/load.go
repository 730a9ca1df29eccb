// Package load turns files into typed objects of spillway.dev, strictly: whatever is not understood is an error with its
// place in the file, and everything wrong is told at once. Objects of other kinds are passed over with a note.
//
// Reading YAML and checking its shape is all it does: which values are allowed is pkg/validate's business, and defaults
// are pkg/plan's. It imports api, diag and a YAML parser. Start reading at Bytes; the walk over one object is in walk.go.
package load

import (
	"io"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

// MaxFileSize is how many bytes one file may hold; MaxOthersSize where objects of other kinds are read too: what a cluster
// prints may be large.
const (
	MaxFileSize   = 10 << 20
	MaxOthersSize = 100 << 20
)

// DefaultNamespace is where an object without a namespace is, unless Options say otherwise.
const DefaultNamespace = "default"

// Options say how to read.
type Options struct {
	Namespace string    // of objects that name none; DefaultNamespace if empty
	Recursive bool      // folders within folders too
	Stdin     io.Reader // what the path - stands for
	AllowNone bool      // input without any object of spillway.dev is no error

	// Others is called for every object of another kind, by several goroutines at once, and may keep nothing of its YAML
	// nodes; what it returns, unless nil, is kept in Result.Others. Without it such objects are passed over.
	Others func(*Other) any
}

// Result is what was found, in the order of the input.
type Result struct {
	Failovers []Failover
	Fleets    []Fleet
	Healths   []Health
	Platforms []Platform
	Skipped   []Skipped
	Others    []any             // what Options.Others made of the objects of other kinds
	Sources   map[string][]byte // the text of each file, for printing the line of a diagnostic
}

// Failover is an ExternalFailover and where it came from.
type Failover struct {
	Object *v1alpha1.ExternalFailover
	Source *Document
}

// Fleet is a ClusterFailover and where it came from.
type Fleet struct {
	Object *v1alpha1.ClusterFailover
	Source *Document
}

// Health is a ClusterHealth and where it came from.
type Health struct {
	Object *v1alpha1.ClusterHealth
	Source *Document
}

// Platform is a platform file and where it came from.
type Platform struct {
	Object *v1alpha1.Platform
	Source *Document
}

// Skipped is a document of another kind.
type Skipped struct {
	APIVersion string
	Kind       string
	Position   diag.Position
}

// Bytes reads the documents of one file, named so in every position.
func Bytes(name string, data []byte) (Result, diag.List) {
	return Options{}.Bytes(name, data)
}

// Bytes reads the documents of one file, named so in every position.
func (o Options) Bytes(name string, data []byte) (Result, diag.List) {
	return o.read([]source{{name: name, data: data}})
}

// Text is a file that is on no disk: its name in positions, and what it holds.
type Text struct {
	Name string
	Data []byte
}

// Texts reads files together that are on no disk.
func (o Options) Texts(files []Text) (Result, diag.List) {
	sources := make([]source, len(files))
	for i, f := range files {
		sources[i] = source{name: f.Name, data: f.Data, found: true}
	}
	return o.read(sources)
}

// read is the whole of loading, without the I/O.
func (o Options) read(sources []source) (Result, diag.List) {
	if o.Namespace == "" {
		o.Namespace = DefaultNamespace
	}
	files := make([]file, len(sources))
	for i, s := range sources {
		files[i] = o.open(s)
	}
	o.readGroups(files)
	out := Result{Sources: make(map[string][]byte, len(sources))}
	diags := make(diag.List, 0, len(files))
	for i := range files {
		diags = append(diags, files[i].close(&out)...)
	}
	diags.Sort()
	return out, diags
}

// limit is how many bytes one file may hold.
func (o Options) limit() int {
	if o.Others != nil {
		return MaxOthersSize
	}
	return MaxFileSize
}

// source is one file that was read; found by looking into a folder, or named by the user.
type source struct {
	name  string
	data  []byte
	found bool
}

// reader reads neighbouring documents of one file, and gathers what it found.
type reader struct {
	options Options
	source  source
	out     Result
	diags   diag.List
	objects int     // documents that hold anything
	places  []place // room for those of one object
}
