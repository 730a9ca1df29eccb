package main

import (
	"bytes"
	"fmt"
	"html/template"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/analyze/rules"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

// pageTemplate is the report as one page without scripts, fonts or links to elsewhere.
const pageTemplate = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>spillway analyze: {{.Summary}}</title>
<style>
:root { color-scheme: light dark; --line: #d1d9e0; --dim: #59636e; --page: #fff; --text: #1f2328; --box: #f6f8fa;
  --critical: #a40e26; --error: #cf222e; --warning: #9a6700; --note: #0969da; }
@media (prefers-color-scheme: dark) { :root { --line: #3d444d; --dim: #9198a1; --page: #0d1117; --text: #f0f6fc; --box: #151b23;
  --critical: #ff7b72; --error: #ff9492; --warning: #d29922; --note: #4493f8; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--page); max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; } .dim { color: var(--dim); }
article { border: 1px solid var(--line); border-left: 5px solid var(--severity); border-radius: 6px; padding: .6rem 1rem; margin: .8rem 0; }
article h3 { font-size: 1rem; margin: 0; } .severity { color: var(--severity); font-weight: 600; }
pre, code { font: 13px/1.5 ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
pre { background: var(--box); padding: .5rem .8rem; border-radius: 6px; overflow-x: auto; margin: .5rem 0; }
.critical { --severity: var(--critical); } .error { --severity: var(--error); } .warning { --severity: var(--warning); } .note { --severity: var(--note); }
.hint::before { content: "→ "; } details { margin-top: .4rem; } summary { cursor: pointer; color: var(--dim); }
.picture { overflow-x: auto; } .picture svg { max-width: 100%; height: auto; }
table { border-collapse: collapse; } td { padding: .1rem .8rem .1rem 0; vertical-align: top; }
</style>
</head>
<body>
<h1>Failovers, looked through</h1>
<p>{{.Summary}}</p>
{{if .Findings}}<h2>Findings</h2>
{{range .Findings}}<article class="{{.Severity}}">
<h3><span class="severity">{{.Severity}} {{.Code}}</span> {{.Title}}</h3>
<div class="dim">{{.Object}}{{if .Path}} · <code>{{.Path}}</code>{{end}}{{if .Place}} · <code>{{.Place}}</code>{{end}}</div>
<p>{{.Message}}</p>
{{if .Excerpt}}<pre>{{.Excerpt}}</pre>{{end}}
{{if .Hint}}<p class="hint">{{.Hint}}</p>{{end}}
{{if .Why}}<details><summary>Why it matters</summary><p>{{.Why}}</p></details>{{end}}
</article>
{{end}}{{else}}<p>Nothing was found.</p>
{{end}}{{if .Suppressed}}<h2>Ignored, with a reason</h2>
<table>{{range .Suppressed}}<tr><td><code>{{.Code}}</code></td><td>{{.Diagnostic.Object}}</td><td>{{.Reason}}</td></tr>
{{end}}</table>
{{end}}{{if .Picture}}<h2>Who goes where</h2>
<p class="dim">What the objects mean to the clients of each region, by Istio's own rules: first where they go on a good day, then where they
fail over to. EnvoyFilters that write priorities themselves are not drawn.</p>
<div class="picture">{{.Picture}}</div>
{{end}}{{if .Notes}}<h2>Not judged</h2>
<ul>{{range .Notes}}<li>{{.Message}}{{if .Hint}} <span class="dim">({{.Hint}})</span>{{end}}</li>
{{end}}</ul>
{{end}}</body>
</html>
`

// pageFinding is a finding with all that the page shows of it.
type pageFinding struct {
	diag.Diagnostic
	Title, Why, Place, Excerpt string
}

func (o *analyzeOptions) printPage(io IO, a *analysis) error {
	page, err := template.New("page").Parse(pageTemplate)
	if err != nil {
		return fmt.Errorf("reading the page's template: %w", err) // cannot be: it is part of the program
	}
	findings := make([]pageFinding, len(a.diags))
	for i, d := range a.diags {
		code, _ := rules.Lookup(d.Code)
		findings[i] = pageFinding{Diagnostic: d, Title: code.Title, Why: code.Why, Place: d.Position.String(), Excerpt: a.excerpt(d)}
	}
	drawing := picturesOf(a.report.Models)
	if i := bytes.Index(drawing, []byte("<svg")); i > 0 {
		drawing = drawing[i:]
	}
	var out bytes.Buffer
	err = page.Execute(&out, map[string]any{
		"Summary": a.summary(), "Findings": findings, "Suppressed": a.report.Suppressed, "Notes": a.report.Notes,
		"Picture": template.HTML(drawing), //nolint:gosec // drawn by pkg/picture, which escapes every text
	})
	if err != nil {
		return fmt.Errorf("making the page: %w", err)
	}
	return writing(io.Out.Write(out.Bytes()))
}

// excerpt is the line that a finding is about and the caret below it.
func (a *analysis) excerpt(d diag.Diagnostic) string {
	var out bytes.Buffer
	source := func(file string) []byte { return a.snapshot.Sources[file] }
	if err := diag.WriteText(&out, diag.List{{Position: d.Position}}, diag.TextOptions{Source: source}); err != nil {
		return ""
	}
	_, lines, _ := strings.Cut(out.String(), "\n")
	return strings.TrimRight(lines, "\n")
}
