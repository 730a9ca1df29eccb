package terraform

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/dynblock"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// policy is the block that is to be put into a google_container_cluster, as its comment has it, for a cluster.
func policy(text, cluster string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, "#   "); ok {
			out.WriteString(strings.ReplaceAll(rest, "NAME", cluster))
		}
	}
	return out.String()
}

// TestMaintenancePolicy evaluates the block of the comment with the locals of the file, as Terraform does: for each cluster there
// must be a window, and every exclusion becomes a block.
func TestMaintenancePolicy(t *testing.T) {
	t.Parallel()
	const sample = "istio-ingress-shop-maintenance.tf"
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "samples", "maintenance", "generated", "fleet", sample))
	check(t, err)
	locals := localsOf(t, sample, text)
	for _, cluster := range []string{"blue", "green"} {
		block := expanded(t, policy(string(text), cluster), locals)
		window := inner(t, block, "recurring_window")
		if len(window) != 1 {
			t.Fatalf("%s: %d windows", cluster, len(window))
		}
		values := textsOf(t, window[0], locals)
		from, to := timeOf(t, values["start_time"]), timeOf(t, values["end_time"])
		if to.Sub(from) != 6*time.Hour || !strings.HasPrefix(values["recurrence"], "FREQ=WEEKLY;BYDAY=") {
			t.Errorf("%s: the window is %v", cluster, values)
		}
		exclusions := inner(t, block, "maintenance_exclusion")
		if len(exclusions) != 2 {
			t.Errorf("%s: %d exclusions, want the year's end and the rotation", cluster, len(exclusions))
		}
		for _, e := range exclusions {
			values := textsOf(t, e, locals)
			if !timeOf(t, values["start_time"]).Before(timeOf(t, values["end_time"])) || values["exclusion_name"] == "" {
				t.Errorf("%s: an exclusion is %v", cluster, values)
			}
		}
	}
	// The negative control: a cluster that the file does not have.
	file, diags := hclsyntax.ParseConfig([]byte(policy(string(text), "red")), "policy.tf", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	window := file.Body.(*hclsyntax.Body).Blocks[0].Body.Blocks[0].Body
	if _, diags := window.Attributes["start_time"].Expr.Value(locals); !diags.HasErrors() {
		t.Error("a cluster that is not there has a window")
	}
}

func localsOf(t *testing.T, name string, text []byte) *hcl.EvalContext {
	t.Helper()
	file, diags := hclsyntax.ParseConfig(text, name, hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	values := map[string]cty.Value{}
	for _, b := range file.Body.(*hclsyntax.Body).Blocks {
		for key, a := range b.Body.Attributes {
			v, diags := a.Expr.Value(nil)
			if b.Type != "locals" || diags.HasErrors() {
				t.Fatal(b.Type, diags)
			}
			values[key] = v
		}
	}
	return &hcl.EvalContext{Variables: map[string]cty.Value{"local": cty.ObjectVal(values)}}
}

// expanded is the inside of the maintenance_policy, with its dynamic blocks written out.
func expanded(t *testing.T, text string, locals *hcl.EvalContext) hcl.Body {
	t.Helper()
	file, diags := hclsyntax.ParseConfig([]byte(text), "policy.tf", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags, text)
	}
	blocks := file.Body.(*hclsyntax.Body).Blocks
	if len(blocks) != 1 || blocks[0].Type != "maintenance_policy" {
		t.Fatalf("the comment holds %d blocks:\n%s", len(blocks), text)
	}
	return dynblock.Expand(blocks[0].Body, locals)
}

func inner(t *testing.T, body hcl.Body, kind string) []*hcl.Block {
	t.Helper()
	content, diags := body.Content(&hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{{Type: "recurring_window"}, {Type: "maintenance_exclusion"}}})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return content.Blocks.OfType(kind)
}

func textsOf(t *testing.T, b *hcl.Block, locals *hcl.EvalContext) map[string]string {
	t.Helper()
	schema := &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{{Type: "exclusion_options"}}}
	for _, name := range []string{"start_time", "end_time", "recurrence", "exclusion_name"} {
		schema.Attributes = append(schema.Attributes, hcl.AttributeSchema{Name: name})
	}
	content, diags := b.Body.Content(schema)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	out := map[string]string{}
	for name, a := range content.Attributes {
		v, diags := a.Expr.Value(locals)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		out[name] = v.AsString()
	}
	return out
}

func timeOf(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	check(t, err)
	return at
}
