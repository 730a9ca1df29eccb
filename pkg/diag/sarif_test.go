package diag

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func listForPrograms() List {
	return List{
		{
			Code: "SP101", Severity: Critical, Object: "DestinationRule shop/db", Path: "spec.host", Message: "100 % wrong,\nvery", Hint: "mend it",
			Position: Position{File: "a folder/x.yaml", Line: 3, Column: 5},
		},
		{Code: "SP999", Severity: Note, Message: "no page"},
		{Code: "SP102", Severity: Warning, Message: "a whole file", Position: Position{File: "./y.yaml"}},
	}
}

// What the schema of SARIF 2.1.0 demands of the parts that are written: required properties, the allowed values, that lines
// and columns begin at 1, and that an index points at the rule of that name.
func sarifMistakes(t *testing.T, raw []byte) []string {
	t.Helper()
	var log sarifLog
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&log); err != nil {
		return []string{err.Error()}
	}
	var bad []string
	need := func(ok bool, what string) {
		if !ok {
			bad = append(bad, what)
		}
	}
	need(log.Version == "2.1.0" && strings.HasPrefix(log.Schema, "https://"), "version and $schema")
	need(len(log.Runs) == 1, "one run")
	for _, run := range log.Runs {
		need(run.Tool.Driver.Name != "", "tool.driver.name")
		need(slices.Contains([]string{"utf16CodeUnits", "unicodeCodePoints"}, run.ColumnKind), "columnKind")
		ids := []string{}
		for _, r := range run.Tool.Driver.Rules {
			need(r.ID != "" && r.Short.Text != "" && r.Help.Text != "", "a rule's texts")
			need(!slices.Contains(ids, r.ID), "unique rules")
			ids = append(ids, r.ID)
		}
		resultMistakes(run, ids, need)
	}
	return bad
}

func resultMistakes(run sarifRun, ids []string, need func(bool, string)) {
	for _, r := range run.Results {
		need(r.Message.Text != "", "message.text")
		need(slices.Contains([]string{"none", "note", "warning", "error"}, r.Level), "level "+r.Level)
		need(r.RuleIndex == nil || *r.RuleIndex < len(ids) && ids[*r.RuleIndex] == r.RuleID, "ruleIndex")
		for _, l := range r.Locations {
			if l.Physical == nil {
				continue
			}
			u, err := url.Parse(l.Physical.Artifact.URI)
			need(err == nil && u.Scheme == "" && l.Physical.Artifact.URI != "", "artifactLocation.uri")
			need(l.Physical.Region == nil || l.Physical.Region.StartLine >= 1 && l.Physical.Region.StartColumn >= 0, "region")
		}
	}
}

func TestSARIF(t *testing.T) {
	t.Parallel()
	tool := SarifTool{Name: "spillway", Version: "v1", Rules: Codes()}
	for name, l := range map[string]List{"some": listForPrograms(), "none": nil} {
		var out bytes.Buffer
		if err := WriteSARIF(&out, l, tool); err != nil {
			t.Fatal(err)
		}
		for _, bad := range sarifMistakes(t, out.Bytes()) {
			t.Errorf("%s: %s\n%s", name, bad, out.String())
		}
		if !strings.Contains(out.String(), `"results": [`) {
			t.Errorf("%s: results must be there, even if there are none", name)
		}
	}
	var out bytes.Buffer
	if err := WriteSARIF(&out, listForPrograms(), tool); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"uri": "a%20folder/x.yaml"`, `"startLine": 3`, `"level": "error"`, `"text": "spec.host: 100 % wrong,\nvery\nhint: mend it"`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s is not there:\n%s", want, out.String())
		}
	}
}

// The negative control: logs that break one demand each.
func TestSARIFMistakesAreSeen(t *testing.T) {
	t.Parallel()
	const good = `{"version":"2.1.0","$schema":"https://x","runs":[{"tool":{"driver":{"name":"x","rules":[]}},"columnKind":"unicodeCodePoints",` +
		`"results":[{"ruleId":"A","level":"error","message":{"text":"m"}}]}]}`
	if bad := sarifMistakes(t, []byte(good)); len(bad) > 0 {
		t.Fatalf("the control itself: %v", bad)
	}
	for old, with := range map[string]string{
		`"2.1.0"`: `"2.0"`, `"name":"x"`: `"name":""`, `"error"`: `"critical"`, `"text":"m"`: `"text":""`, `"ruleId":"A"`: `"ruleId":"A","ruleIndex":0`,
		`"ruleId"`: `"code"`, `unicodeCodePoints`: `bytes`,
	} {
		if bad := sarifMistakes(t, []byte(strings.Replace(good, old, with, 1))); len(bad) == 0 {
			t.Errorf("%s in place of %s is not seen", with, old)
		}
	}
}

func TestGitHub(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := WriteGitHub(&out, listForPrograms()); err != nil {
		t.Fatal(err)
	}
	want := "::error file=a folder/x.yaml,line=3,col=5,title=SP101 DestinationRule shop/db::spec.host: 100 %25 wrong,%0Avery%0Ahint: mend it\n" +
		"::notice title=SP999::no page\n" +
		"::warning file=./y.yaml,title=SP102::a whole file\n"
	if got := out.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
