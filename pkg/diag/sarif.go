package diag

import (
	"encoding/json"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
)

// SarifTool is who found it.
type SarifTool struct {
	Name    string
	Version string
	Rules   []Code // the pages of the codes in use
}

// The parts of a SARIF log that are written: the static analysis results interchange format of OASIS, version 2.1.0.
type (
	sarifLog struct {
		Version string     `json:"version"`
		Schema  string     `json:"$schema"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID    string    `json:"id"`
		Short sarifText `json:"shortDescription"`
		Full  sarifText `json:"fullDescription"`
		Help  sarifText `json:"help"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex *int            `json:"ruleIndex,omitempty"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations,omitempty"`
	}
	sarifLocation struct {
		Physical *sarifPhysical `json:"physicalLocation,omitempty"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
	}
	sarifLogical struct {
		Name string `json:"fullyQualifiedName"`
	}
)

// WriteSARIF prints a list for code scanning.
func WriteSARIF(w io.Writer, l List, tool SarifTool) error {
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: tool.Name, Version: tool.Version, Rules: []sarifRule{}}
	index := map[string]int{}
	for _, c := range tool.Rules {
		if slices.ContainsFunc(l, func(d Diagnostic) bool { return d.Code == c.ID }) {
			index[c.ID] = len(run.Tool.Driver.Rules)
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{
				ID: c.ID, Short: sarifText{c.Title}, Full: sarifText{c.Why}, Help: sarifText{c.Fix},
			})
		}
	}
	for _, d := range l {
		r := sarifResult{RuleID: d.Code, Level: sarifLevel(d.Severity), Message: sarifText{withHint(d)}, Locations: sarifPlace(d)}
		if i, known := index[d.Code]; known {
			r.RuleIndex = &i
		}
		run.Results = append(run.Results, r)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(sarifLog{
		Version: "2.1.0", Schema: "https://json.schemastore.org/sarif-2.1.0.json", Runs: []sarifRun{run},
	})
}

func withHint(d Diagnostic) string {
	text := d.Message
	if d.Path != "" {
		text = d.Path + ": " + text
	}
	if d.Hint != "" {
		text += "\nhint: " + d.Hint
	}
	return text
}

// sarifLevel is the level that means the same; there is none above error.
func sarifLevel(s Severity) string { return min(s, Error).String() }

func sarifPlace(d Diagnostic) []sarifLocation {
	var out sarifLocation
	if d.Position.File != "" {
		file := url.URL{Path: filepath.ToSlash(filepath.Clean(d.Position.File))}
		out.Physical = &sarifPhysical{Artifact: sarifArtifact{strings.TrimPrefix(file.EscapedPath(), "./")}}
		if d.Position.Line > 0 {
			out.Physical.Region = &sarifRegion{StartLine: d.Position.Line, StartColumn: d.Position.Column}
		}
	}
	if d.Object != "" {
		out.Logical = []sarifLogical{{Name: d.Object}}
	}
	if out.Physical == nil && out.Logical == nil {
		return nil
	}
	return []sarifLocation{out}
}
