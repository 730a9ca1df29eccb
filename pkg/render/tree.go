// Package render turns object trees into the YAML or JSON that people read: keys in the order a careful engineer
// would write them, a comment above a value that is not obvious, nothing empty.
//
// It imports diag and the YAML library only, knows no kind and reads no clock. Start reading at Map.
package render

// Field is one key of a mapping, with the comment that stands above it (without "#"; may hold several lines).
type Field struct {
	Key     string
	Value   any
	Comment string
}

// Map is an ordered mapping. Values are string, bool, int, int32, int64, float64, Map, List or Item.
type Map []Field

// List is a sequence of values as in Map.
type List []any

// Item is an entry of a List with a comment above it.
type Item struct {
	Value   any
	Comment string
}

// Flow is a List that is written on one line, [a, b]; its values are scalars.
type Flow []any

// Inline is a Map that is written on one line, {a: b}; its values are scalars, Inline or Flow.
type Inline []Field
