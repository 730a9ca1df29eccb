//go:build tools

// Package tools pins what the suite builds from this module.
package tools

import _ "k8s.io/kubernetes/cmd/kubectl"
