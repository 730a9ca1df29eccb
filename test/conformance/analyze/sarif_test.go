package analyze

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// sarifSchema is the schema of SARIF 2.1.0, which comes with a module of the linter's.
func sarifSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", "github.com/securego/gosec/v2")
	c.Dir = filepath.Join("..", "..", "tools", "lint")
	out, err := c.Output()
	if err != nil {
		t.Fatalf("finding the schema of SARIF: %v", err)
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(out, &module); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(module.Dir, "report", "sarif", "testdata", "sarif-schema-2.1.0.json")
	schema, err := jsonschema.NewCompiler().Compile(file)
	if err != nil {
		t.Fatalf("reading the schema of SARIF: %v", err)
	}
	return schema
}

// sarifOf is what analyze says of a file that has findings of several severities.
func sarifOf(t *testing.T, args ...string) any {
	t.Helper()
	c := exec.CommandContext(t.Context(), "go", append([]string{"run", "./cmd/spillway", "analyze", "-o", "sarif"}, args...)...)
	c.Dir, c.Env = filepath.Join("..", "..", ".."), append(os.Environ(), "CGO_ENABLED=0")
	out, err := c.Output()
	if exit, failed := errors.AsType[*exec.ExitError](err); err != nil && (!failed || exit.ExitCode() != 1) {
		t.Fatalf("analyze: %v", err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(out))
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return doc
}

// TestSARIF holds what analyze writes for code scanning against the format's own schema.
func TestSARIF(t *testing.T) {
	t.Parallel()
	schema := sarifSchema(t)
	found := sarifOf(t, filepath.Join("test", "conformance", "testdata", "blog-https.yaml"))
	if err := schema.Validate(found); err != nil {
		t.Errorf("with findings: %v", err)
	}
	run := found.(map[string]any)["runs"].([]any)[0].(map[string]any)
	results := run["results"].([]any)
	if len(results) < 3 {
		t.Fatalf("%d results", len(results))
	}
	if err := schema.Validate(sarifOf(t, "samples/dynamodb-http")); err != nil {
		t.Errorf("without findings: %v", err)
	}
	results[0].(map[string]any)["level"] = "grave"
	if schema.Validate(found) == nil {
		t.Error("a level that there is not is taken")
	}
}
