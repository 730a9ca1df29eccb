// Package alerts holds the generated alerts against Prometheus's own tool: their syntax, and that each fires when what it is
// about happens, and never at rest or during a drain that goes well. Start reading at alerts_test.go.
package alerts
