package target_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/target"
)

type inner struct {
	Name string `json:"name"`
	Port int    `json:"port" min:"1" max:"65535"`
}

type options struct {
	HostedZoneID string            `json:"hostedZoneID"`
	Interval     time.Duration     `json:"interval" min:"1s" max:"5m"`
	Mode         string            `json:"mode" enum:"Fast,Slow"`
	Ratio        float64           `json:"ratio" min:"0" max:"1"`
	Regions      []string          `json:"regions" enum:"us-east-1,us-west-1"`
	Static       bool              `json:"static"`
	Probe        inner             `json:"probe"`
	Extra        *inner            `json:"extra"`
	Ports        []inner           `json:"ports"`
	Labels       map[string]string `json:"labels"`
}

func defaults() *options {
	return &options{Interval: 5 * time.Second, Mode: "Fast", Static: true, Probe: inner{Port: 80}, Regions: []string{"us-east-1"}}
}

func TestDecodeOptions(t *testing.T) {
	t.Parallel()
	got := defaults()
	diags := target.DecodeOptions([]byte(`{"hostedZoneID": "Z1", "interval": "1m30s", "ratio": 0.1, "regions": ["us-west-1"], "static": false,
		"probe": {"name": "p"}, "extra": {"port": 8080}, "ports": [{"name": "a", "port": 1}], "labels": {"a": "b"}}`), got, nil)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	want := &options{
		HostedZoneID: "Z1", Interval: 90 * time.Second, Mode: "Fast", Ratio: 0.1, Regions: []string{"us-west-1"},
		Probe: inner{Name: "p", Port: 80}, Extra: &inner{Port: 8080}, Ports: []inner{{Name: "a", Port: 1}}, Labels: map[string]string{"a": "b"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diags := target.DecodeOptions(nil, got, nil); len(diags) > 0 {
		t.Error(diags)
	}
}

func TestDecodeOptionsRefuses(t *testing.T) {
	t.Parallel()
	at := field.NewPath("spec", "edge").Index(2).Child("options")
	for text, want := range map[string][3]string{
		`{"hostedZoneId": "Z1"}`:              {"SP320", "spec.edge[2].options.hostedZoneId", "did you mean hostedZoneID?"},
		`{"xyz": 1}`:                          {"SP320", "spec.edge[2].options.xyz", "the options here are hostedZoneID, interval, mode, ratio, regions, static, probe, extra, ports, labels"},
		`{"probe": {"names": "x"}}`:           {"SP320", "spec.edge[2].options.probe.names", "did you mean name?"},
		`{"hostedZoneID": 7}`:                 {"SP321", "spec.edge[2].options.hostedZoneID", "write text"},
		`{"interval": 5}`:                     {"SP321", "spec.edge[2].options.interval", "write a duration from 1s to 5m"},
		`{"interval": "6m"}`:                  {"SP321", "spec.edge[2].options.interval", "write a duration from 1s to 5m"},
		`{"mode": "fast"}`:                    {"SP321", "spec.edge[2].options.mode", "write Fast or Slow"},
		`{"ratio": 1.5}`:                      {"SP321", "spec.edge[2].options.ratio", "write a number from 0 to 1"},
		`{"regions": ["us-east-1", "mars"]}`:  {"SP321", "spec.edge[2].options.regions[1]", "write us-east-1 or us-west-1"},
		`{"regions": "us-east-1"}`:            {"SP321", "spec.edge[2].options.regions", "write a list, each us-east-1 or us-west-1"},
		`{"static": "yes"}`:                   {"SP321", "spec.edge[2].options.static", "write true or false"},
		`{"probe": 1}`:                        {"SP321", "spec.edge[2].options.probe", "write an object with fields"},
		`{"extra": {"port": 0}}`:              {"SP321", "spec.edge[2].options.extra.port", "write a whole number from 1 to 65535"},
		`{"ports": [{"port": 1.5}]}`:          {"SP321", "spec.edge[2].options.ports[0].port", "write a whole number from 1 to 65535"},
		`{"labels": {"a": 1}}`:                {"SP321", "spec.edge[2].options.labels[a]", "write text"},
		`{"labels": []}`:                      {"SP321", "spec.edge[2].options.labels", "write names with values, each text"},
		`{"hostedZoneID": null}`:              {"SP321", "spec.edge[2].options.hostedZoneID", "write text"},
		`{"extra": null, "mode": "Fast"}`:     {"SP321", "spec.edge[2].options.extra", "write an object with fields"},
		`[1]`:                                 {"SP321", "spec.edge[2].options", "write an object with fields"},
		`{"interval": "1s", "interval": "0"}`: {"SP321", "spec.edge[2].options.interval", "write a duration from 1s to 5m"},
	} {
		diags := target.DecodeOptions([]byte(text), defaults(), at)
		if len(diags) != 1 {
			t.Errorf("%s: %v", text, diags)
			continue
		}
		if got := [3]string{diags[0].Code, diags[0].Path, diags[0].Hint}; got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestDescribeOptions(t *testing.T) {
	t.Parallel()
	want := []target.Option{
		{Name: "hostedZoneID", Values: "text"},
		{Name: "interval", Values: "a duration from 1s to 5m", Default: "5s"},
		{Name: "mode", Values: "Fast or Slow", Default: "Fast"},
		{Name: "ratio", Values: "a number from 0 to 1"},
		{Name: "regions", Values: "a list, each us-east-1 or us-west-1", Default: "[us-east-1]"},
		{Name: "static", Values: "true or false", Default: "true"},
		{Name: "probe.name", Values: "text"},
		{Name: "probe.port", Values: "a whole number from 1 to 65535", Default: "80"},
		{Name: "extra", Values: "an object with fields"},
		{Name: "extra.name", Values: "text"},
		{Name: "extra.port", Values: "a whole number from 1 to 65535"},
		{Name: "ports", Values: "a list, each an object with fields"},
		{Name: "ports[].name", Values: "text"},
		{Name: "ports[].port", Values: "a whole number from 1 to 65535"},
		{Name: "labels", Values: "names with values, each text"},
	}
	if diff := cmp.Diff(want, target.DescribeOptions(defaults())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
