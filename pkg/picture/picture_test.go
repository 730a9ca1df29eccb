package picture

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway-mesh/spillway/pkg/plan"
)

var update = flag.Bool("update", false, "rewrite testdata")

// shop has what pictures are made of: groups, residency, a region that is promised nothing.
func shop() *plan.Plan {
	return &plan.Plan{
		Namespace: "shop", Name: "orders-db", Host: "orders-db.internal", Pattern: plan.PatternA,
		Endpoints: []plan.Endpoint{
			{Name: "east-a", Tier: "east", Address: "a.us-east-1.example.com", Region: "us-east-1"},
			{Name: "east-b", Tier: "east", Address: "b.us-east-1.example.com", Region: "us-east-1"},
			{Name: "west", Tier: "west", Address: "us-west-2.example.com", Region: "us-west-2"},
			{Name: "eu", Tier: "eu", Address: "192.0.2.7"},
		},
		Order: plan.Order{Mechanism: plan.MechanismFailover, Sets: []plan.Set{{Members: []plan.Member{
			{Endpoint: "east-a", Locality: "east"},
			{Endpoint: "east-b", Locality: "east"},
			{Endpoint: "west", Locality: "west"},
			{Endpoint: "eu", Locality: "eu"},
		}}}},
		Tiers: []plan.ClientTiers{
			{Region: "europe-west1", Tiers: [][]string{{"eu"}}, OnlyListed: true},
			{Region: "us-east1", Tiers: [][]string{{"east-a", "east-b"}, {"west"}, {"eu"}}},
			{Region: "us-east4", Tiers: [][]string{{"east-a", "east-b"}, {"west"}, {"eu"}}},
			{Region: "us-west1", Tiers: [][]string{{"west"}, {"east-a", "east-b"}, {"eu"}}},
		},
	}
}

// hostile has names as long and as odd as they can get.
func hostile() *plan.Plan {
	long := strings.Repeat("a-very-long-label.", 13) + "example.com"
	odd := `<script>alert("x")</script>&'` + "\x00\u202e" + strings.Repeat("地域", 20)
	return &plan.Plan{
		Namespace: strings.Repeat("n", 63), Name: strings.Repeat("m", 253), Host: strings.Repeat("h", 253), Pattern: plan.PatternAPlus,
		Endpoints: []plan.Endpoint{
			{Name: strings.Repeat("w", 40), Address: long, Region: odd},
			{Name: "second", Address: strings.Repeat("x", 253)},
		},
		Order: plan.Order{Mechanism: plan.MechanismPriorities, Sets: []plan.Set{{Members: []plan.Member{{Endpoint: "second", Locality: "second"}}}}},
		Tiers: []plan.ClientTiers{
			{Region: odd, Tiers: [][]string{{strings.Repeat("w", 40)}, {"second"}}},
			{Region: "", Tiers: [][]string{{"second"}}, OnlyListed: true},
			{Region: plan.Anyone, Tiers: [][]string{{"second", strings.Repeat("w", 40)}}},
		},
	}
}

// wide has as many tiers as a spec can have.
func wide() *plan.Plan {
	p := &plan.Plan{Namespace: "n", Name: "wide", Host: "wide.internal", Order: plan.Order{Sets: []plan.Set{{}}}}
	tiers := plan.ClientTiers{Region: "r"}
	for i := range 16 {
		name := "endpoint-" + strconv.Itoa(i)
		p.Endpoints = append(p.Endpoints, plan.Endpoint{Name: name, Address: "192.0.2." + strconv.Itoa(i)})
		tiers.Tiers = append(tiers.Tiers, []string{name})
	}
	p.Tiers = []plan.ClientTiers{tiers}
	return p
}

func TestGolden(t *testing.T) {
	t.Parallel()
	got := SVG([]*plan.Plan{shop()})
	path := filepath.Join("testdata", "shop.svg")
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("(-want +got, -update rewrites):\n%s", diff)
	}
}

func pictures() map[string][]byte {
	return map[string][]byte{
		"shop":    SVG([]*plan.Plan{shop()}),
		"hostile": SVG([]*plan.Plan{hostile()}),
		"wide":    SVG([]*plan.Plan{wide()}),
		"several": SVG([]*plan.Plan{shop(), hostile(), wide()}),
	}
}

func TestSameEveryTime(t *testing.T) {
	t.Parallel()
	first, second := pictures(), pictures()
	for name := range first {
		if !bytes.Equal(first[name], second[name]) {
			t.Errorf("%s: two runs differ", name)
		}
	}
}

// shape is an element with the attributes the checks need.
type shape struct {
	name, class      string
	x, y, w, h, size int
	text             string
}

func parse(svg []byte) ([]shape, error) {
	decoder := xml.NewDecoder(bytes.NewReader(svg))
	var shapes []shape
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return shapes, nil
		}
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			s := shape{name: token.Name.Local}
			numbers := map[string]*int{"x": &s.x, "y": &s.y, "width": &s.w, "height": &s.h, "font-size": &s.size}
			for _, a := range token.Attr {
				if a.Name.Local == "class" {
					s.class = a.Value
				}
				if n := numbers[a.Name.Local]; n != nil {
					if *n, err = strconv.Atoi(a.Value); err != nil {
						return nil, err
					}
				}
			}
			shapes = append(shapes, s)
		case xml.CharData:
			if len(shapes) > 0 {
				shapes[len(shapes)-1].text += strings.TrimSpace(string(token))
			}
		}
	}
}

func TestSelfContained(t *testing.T) {
	t.Parallel()
	allowed := map[string]bool{
		"svg": true, "title": true, "style": true, "rect": true, "text": true, "path": true, "line": true, "circle": true,
	}
	for name, svg := range pictures() {
		shapes, err := parse(svg)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, s := range shapes {
			if !allowed[s.name] {
				t.Errorf("%s: element %s", name, s.name)
			}
		}
		for _, word := range []string{"href", "url(", "@import", "@font-face", "<script", "onload"} {
			if bytes.Contains(svg, []byte(word)) {
				t.Errorf("%s holds %q", name, word)
			}
		}
	}
}

func (s shape) holds(x, y int) bool { return s.x <= x && x <= s.x+s.w && s.y <= y && y <= s.y+s.h }

// outside lists the texts that stick out of the box they begin in, or out of the picture.
func outside(shapes []shape) []string {
	var bad []string
	page := shapes[0]
	for _, s := range shapes {
		if s.name != "text" || s.class == "number" {
			continue
		}
		box := page
		for _, b := range shapes {
			if b.name == "rect" && b.class != "page" && b.holds(s.x, s.y) {
				box = b
			}
		}
		if !box.holds(s.x+width(s.text, s.size), s.y) || !box.holds(s.x, s.y-s.size) {
			bad = append(bad, s.text)
		}
	}
	return bad
}

func TestTextFitsItsBox(t *testing.T) {
	t.Parallel()
	for name, svg := range pictures() {
		shapes, err := parse(svg)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, text := range outside(shapes) {
			t.Errorf("%s: %q does not fit", name, text)
		}
	}
}

func TestFitSeesTextThatSticksOut(t *testing.T) {
	t.Parallel()
	svg := `<svg width="200" height="100"><rect class="good" x="10" y="10" width="50" height="30"/>` +
		`<text class="name" x="12" y="30" font-size="12">fits</text><text class="name" x="12" y="30" font-size="12">sticks out</text></svg>`
	shapes, err := parse([]byte(svg))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"sticks out"}, outside(shapes)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRows(t *testing.T) {
	t.Parallel()
	rows := rowsOf(shop())
	if len(rows) != 4 {
		t.Fatalf("%d rows", len(rows))
	}
	if diff := cmp.Diff([]string{"us-east1", "us-east4"}, rows[1].clients); diff != "" {
		t.Errorf("regions with one order (-want +got):\n%s", diff)
	}
	last := rows[3]
	if last.promised || len(last.tiers) != 1 || len(last.tiers[0]) != 4 {
		t.Errorf("clients that are promised nothing: %+v", last)
	}
	if rows := rowsOf(hostile()); len(rows) != 3 || !rows[2].promised {
		t.Errorf(`with "*" nobody is promised nothing: %+v`, rows)
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		in   string
		want []string
	}{
		"short":    {"abc", []string{"abc"}},
		"empty":    {"", []string{""}},
		"at a dot": {"abcdefg.hijk", []string{"abcdefg.", "hijk"}},
		"nowhere":  {"abcdefghijklm", []string{"abcdefghij", "klm"}},
		"early":    {"a.bcdefghijkl", []string{"a.bcdefghi", "jkl"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, wrap(tc.in, 10)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
