package load

import "bytes"

// chunk is where the text of one document begins and ends, and how many lines of the file are above it.
type chunk struct {
	start, end int
	line       int
}

// groupSize is how many bytes are parsed at once. The parser's buffers cost more than a small document; a large group
// would keep too many nodes at a time, and is parsed once more if one of its documents has a syntax error.
const groupSize = 64 << 10

// groups puts neighbouring documents together.
func groups(chunks []chunk) [][]chunk {
	var out [][]chunk
	first := 0
	for i := range chunks {
		if i+1 == len(chunks) || chunks[i+1].end-chunks[first].start > groupSize {
			out = append(out, chunks[first:i+1])
			first = i + 1
		}
	}
	return out
}

// split cuts a file where a line begins with the markers --- or ... . YAML allows such a line nowhere else, not even
// within quotes or block text, so that a syntax error in one document leaves the others readable.
func split(data []byte) []chunk {
	s := splitter{}
	lines := 0
	for at := 0; at < len(data); lines++ {
		end := len(data)
		if i := bytes.IndexByte(data[at:], '\n'); i >= 0 {
			end = at + i + 1
		}
		line := data[at:end]
		switch {
		case isMarker(line, "---"):
			s.cut(at, lines)
			s.filled = holdsContent(line[len("---"):])
		case isMarker(line, "..."):
			s.cut(end, lines+1)
		default:
			s.filled = s.filled || holdsContent(line)
		}
		at = end
	}
	s.cut(len(data), lines)
	return s.chunks
}

// splitter is where split stands. What holds no content is left out: comments, and directives, which say the version of
// YAML.
type splitter struct {
	start  int
	line   int
	filled bool // the document has more than comments and directives
	chunks []chunk
}

// cut ends the document at the offset, which is on the given line, counted from 0.
func (s *splitter) cut(at, line int) {
	if s.filled {
		s.chunks = append(s.chunks, chunk{start: s.start, end: at, line: s.line})
	}
	s.start, s.line, s.filled = at, line, false
}

// isMarker says whether a line is a document marker: alone or followed by space.
func isMarker(line []byte, marker string) bool {
	rest, found := bytes.CutPrefix(line, []byte(marker))
	return found && (len(rest) == 0 || rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\n' || rest[0] == '\r')
}

// holdsContent says whether a line is more than blank, a comment or a directive.
func holdsContent(line []byte) bool {
	if len(line) > 0 && line[0] == '%' {
		return false
	}
	line = bytes.TrimSpace(line)
	return len(line) > 0 && line[0] != '#'
}
