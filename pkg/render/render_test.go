package render

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	yamlv3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"
)

func TestYAML(t *testing.T) {
	tree := Map{
		{Key: "kind", Value: "Thing"},
		{Key: "spec", Value: Map{
			{Key: "hosts", Value: Strings("a.internal")},
			{Key: "gone", Value: nil, Comment: "never seen"},
			{Key: "percent", Value: 100, Comment: "the default of 10\nejects nothing"},
			{Key: "tcp", Value: Inline{{Key: "time", Value: 30 * time.Second}, {Key: "probes", Value: 3}, {Key: "gone"}}},
			{Key: "list", Value: List{
				Item{Comment: "first", Value: Map{{Key: "a", Value: 1}, {Key: "b", Value: List{"x", "y"}}}},
				Map{{Key: "c", Value: true, Comment: "hoisted"}, {Key: "d", Value: Map{{Key: "e", Value: 1.5}}}},
				List{"n", 1},
				Inline{{Key: "from", Value: "n"}, {Key: "to", Value: "a:b"}},
			}},
			{Key: "labels", Value: map[string]string{"z": "1", "a": "on"}},
			{Key: "text", Value: "one\n two\n"},
			{Key: "none", Value: Map{}},
			{Key: "nil", Value: List{}},
			{Key: "@type", Value: "x"},
		}},
	}
	want := `kind: Thing
spec:
  hosts: [a.internal]
  # the default of 10
  # ejects nothing
  percent: 100
  tcp: {time: 30s, probes: 3}
  list:
  # first
  - a: 1
    b:
    - x
    - "y"
  # hoisted
  - c: true
    d:
      e: 1.5
  -
    - "n"
    - 1
  - {from: "n", to: "a:b"}
  labels:
    a: "on"
    z: "1"
  text: |
    one
     two
  none: {}
  nil: []
  "@type": x
`
	if diff := cmp.Diff(want, string(YAML(nil, tree, Options{}))); diff != "" {
		t.Errorf("YAML (-want +got):\n%s", diff)
	}
	var lines []string
	for line := range strings.Lines(want) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			lines = append(lines, line)
		}
	}
	if diff := cmp.Diff(strings.Join(lines, ""), string(YAML(nil, tree, Options{NoComments: true}))); diff != "" {
		t.Errorf("without comments (-want +got):\n%s", diff)
	}
}

func TestYAMLAppendsAndWritesEmpty(t *testing.T) {
	got := string(YAML([]byte("# head\n"), Map{{Key: "a"}}, Options{}))
	if want := "# head\n{}\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Strings that some reader of YAML 1.1 or 1.2 takes for something else must be quoted, whatever our own readers do.
func TestQuoted(t *testing.T) {
	for _, s := range []string{
		"", " ", "y", "N", "yes", "NO", "on", "Off", "true", "FALSE", "null", "Null", "~", ".inf", "-.INF", "+.inf", ".NaN",
		"1", "-1", "+1", "0x1F", "0o17", "017", "0b101", "1_000", "1.5", "1.", ".5", "1e3", "1E+3", "12e03", "190:20:30", "1:30.5", "2026-11-24",
		"2026-11-24T00:00:00Z", "2026-11-24 00:00:00", "1.29", "1,000", "<<", "=", "-", "- a", "?", "? a", ":", "a:", "a: b", "a #b", "#a",
		"&a", "*a", "!a", "|", ">", "%a", "@a", "`a", "'a", "\"a", "[a", "{a", "]", "}", ",a", "a ", " a", "a\tb", "a\r\nb", "---", "...", "... a",
		"\ufeff", "\u0085", "\u2028", "\x00", "\x7f", "é", "日本", "😀", "10e",
	} {
		for _, c := range []context{blockContext, flowContext} {
			got := string(appendScalar(nil, s, c))
			if got[0] != '"' && got[0] != '\'' {
				t.Errorf("%q is written plain: %s", s, got)
			}
		}
	}
}

func TestPlain(t *testing.T) {
	for _, s := range []string{
		"a", "a.internal", "10s", "500ms", "240.200.0.1", "GET|HEAD|OPTIONS", "5xx,reset", "envoy.transport_sockets.tls", "configmap://ca", "us-east1",
		`.*\.(Get|List).*`, `^1\.(29|3[0-9])\..*`, "two words", "/etc/ca.pem", "type.googleapis.com/envoy.A", "no-1", "none", "yes.internal", "1x2y",
	} {
		if got := string(appendScalar(nil, s, blockContext)); got != s {
			t.Errorf("%q is written %s", s, got)
		}
	}
}

// check writes s as value in block, flow and list context and as a key, and reads it back with both readers and as JSON.
func check(t *testing.T, s string) {
	t.Helper()
	s = strings.ToValidUTF8(s, "\ufffd")
	key := s
	if len(key) > 100 { // escaped, at most 1000: YAML allows 1024
		key = strings.ToValidUTF8(key[:100], "")
	}
	tree := Map{
		{Key: "block", Value: s, Comment: s},
		{Key: "flow", Value: Flow{s, s}},
		{Key: "inline", Value: Inline{{Key: "k", Value: s}, {Key: "l", Value: s}}},
		{Key: "list", Value: List{s, Map{{Key: "k", Value: s}}, Item{Value: s, Comment: s}}},
		{Key: "keys", Value: Map{{Key: key, Value: Inline{{Key: key, Value: 1}}}}},
	}
	want := map[string]any{
		"block": s, "flow": []any{s, s}, "inline": map[string]any{"k": s, "l": s},
		"list": []any{s, map[string]any{"k": s}, s}, "keys": map[string]any{key: map[string]any{key: 1.0}},
	}
	readBack(t, tree, want)
}

func readBack(t *testing.T, tree Map, want any) {
	t.Helper()
	text := YAML(nil, tree, Options{})
	var got any
	if err := yaml.UnmarshalStrict(text, &got); err != nil {
		t.Fatalf("sigs.k8s.io/yaml: %v\n%s", err, text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("sigs.k8s.io/yaml (-want +got):\n%s\n%s", diff, text)
	}
	var v3 any
	if err := yamlv3.Unmarshal(text, &v3); err != nil {
		t.Fatalf("yaml.v3: %v\n%s", err, text)
	}
	if diff := cmp.Diff(want, floats(v3)); diff != "" {
		t.Fatalf("yaml.v3 (-want +got):\n%s\n%s", diff, text)
	}
	text = JSON(nil, tree)
	got = nil
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatalf("json: %v\n%s", err, text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("json (-want +got):\n%s\n%s", diff, text)
	}
}

// floats turns the integers that yaml.v3 reads into the floats that JSON knows.
func floats(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = floats(v[k])
		}
		return v
	case []any:
		for i := range v {
			v[i] = floats(v[i])
		}
		return v
	case int:
		return float64(v)
	default:
		return v
	}
}

func FuzzScalar(f *testing.F) {
	for _, s := range []string{
		"", "a", "y", "1.5", "a: b", "a #b", "- a", "x\ny", "x\ny\n", "x\n\n", " x\ny", "x \ny", "\nx", "é\n", "#\n#", "---\n", "\x00", "\ufeff", "\u2028x",
		"'", "\"", "\\", "it's", `a\b'c`, "a\tb", "a\rb", "{a", "a]", "a,b", "...", "0.0.0.0", "1.2.3", "\xff", "%\n---\n", "a:", "::", "x\n\ty\n", "<<", "\u0085", "0?",
	} {
		f.Add(s)
	}
	f.Fuzz(check)
}

// Trees at random, read back with both readers.
func TestTrees(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		tree, want := randomMap(rng, 4)
		readBack(t, tree, want)
	}
}

func randomMap(rng *rand.Rand, depth int) (Map, map[string]any) {
	tree, want := Map{}, map[string]any{}
	for i := range rng.IntN(4) {
		key := fmt.Sprintf("k%d", i)
		v, w := randomValue(rng, depth-1)
		tree = append(tree, Field{Key: key, Value: v, Comment: []string{"", "why", "two\nlines"}[rng.IntN(3)]})
		want[key] = w
	}
	return tree, want
}

func randomValue(rng *rand.Rand, depth int) (any, any) {
	if depth == 0 {
		switch rng.IntN(4) {
		case 0:
			n := rng.IntN(2000) - 1000
			return n, float64(n)
		case 1:
			return true, true
		case 2:
			return 0.25, 0.25
		default:
			s := []string{"a", "", "x\ny\n", "no", "{}", "a: b", "é"}[rng.IntN(7)]
			return s, s
		}
	}
	switch rng.IntN(5) {
	case 0:
		m, w := randomMap(rng, depth)
		return m, w
	case 1:
		m, w := randomMap(rng, depth)
		return Inline(m), w
	case 2:
		return map[string]string{"b": "off", "a": "1"}, map[string]any{"b": "off", "a": "1"}
	default:
		l, w := List{}, []any{}
		for range rng.IntN(3) {
			v, x := randomValue(rng, depth-1)
			if rng.IntN(2) == 0 {
				v = Item{Value: v, Comment: "item"}
			}
			l, w = append(l, v), append(w, x)
		}
		if rng.IntN(3) == 0 {
			return Flow(l), w
		}
		return l, w
	}
}

func TestJSON(t *testing.T) {
	got := string(JSON(nil, Map{{Key: "b", Value: List{1, "x<y"}}, {Key: "gone"}, {Key: "a", Value: Inline{{Key: "t", Value: time.Second}}}}))
	want := "{\n  \"b\": [\n    1,\n    \"x<y\"\n  ],\n  \"a\": {\n    \"t\": \"1s\"\n  }\n}"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func BenchmarkYAML(b *testing.B) {
	tree := Map{{Key: "apiVersion", Value: "networking.istio.io/v1"}, {Key: "spec", Value: Map{
		{Key: "hosts", Value: Strings("orders-db.internal")},
		{Key: "endpoints", Value: List{
			Map{{Key: "address", Value: "dynamodb.us-east-1.amazonaws.com"}, {Key: "locality", Value: "us-east1"}},
			Map{{Key: "address", Value: "dynamodb.us-west-2.amazonaws.com"}, {Key: "locality", Value: "us-west1"}},
		}},
		{Key: "interval", Value: time.Second, Comment: "only how often an ejection may end"},
	}}}
	var buf []byte
	for b.Loop() {
		buf = YAML(buf[:0], tree, Options{})
	}
	b.SetBytes(int64(len(buf)))
}
