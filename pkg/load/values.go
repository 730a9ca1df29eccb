package load

import (
	"encoding/json"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// timestamp reads a moment with its zone, as RFC 3339 has it.
func (w *walker) timestamp(key, n *yaml.Node, v reflect.Value) bool {
	if n.Kind != yaml.ScalarNode || n.Tag != textTag && n.Tag != timeTag {
		w.wrongType(key, n, "a time").WithHint(`write it with its zone, such as "2026-11-23T02:00:00Z"`)
		return false
	}
	t, err := time.Parse(time.RFC3339, n.Value)
	if err != nil {
		w.errorf("SP011", key, "%s is not a time", quote(n.Value)).WithHint(`write it with its zone, such as "2026-11-23T02:00:00Z"`)
		return false
	}
	v.Set(reflect.ValueOf(metav1.NewTime(t)))
	return true
}

var plainDecimal = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)

// decimal reads a number that may have a fraction, digit by digit.
func (w *walker) decimal(key, n *yaml.Node, v reflect.Value) bool {
	if n.Kind != yaml.ScalarNode || n.Tag != intTag && n.Tag != floatTag || !plainDecimal.MatchString(n.Value) {
		w.wrongType(key, n, "a decimal number").WithHint("write digits with a point, such as 99.5, without quotes")
		return false
	}
	v.SetString(n.Value)
	return true
}

// raw keeps a value of any shape as JSON; its fields are somebody else's, and so are their names.
func (w *walker) raw(key, n *yaml.Node, v reflect.Value) bool {
	if n.Kind != yaml.MappingNode {
		w.wrongType(key, n, "an object with fields").WithHint("write {NAME: VALUE}, with the names that the type knows")
		return false
	}
	value, ok := w.anything(n)
	if !ok {
		return false
	}
	text, err := json.Marshal(value)
	if err != nil {
		w.errorf("SP011", n, "the value cannot be written as JSON").WithHint("write plain text, numbers and lists")
		return false
	}
	v.Set(reflect.ValueOf(runtime.RawExtension{Raw: text}))
	return true
}

func (w *walker) anything(n *yaml.Node) (any, bool) {
	switch n.Kind {
	case yaml.MappingNode:
		out, ok := map[string]any{}, true
		w.pairs(n, w.field, func(k, value *yaml.Node) {
			if !w.plain(k, value) {
				ok = false
				return
			}
			item, good := w.anything(value)
			out[k.Value], ok = item, ok && good
		})
		return out, ok
	case yaml.SequenceNode:
		out, ok := make([]any, len(n.Content)), true
		for i, item := range n.Content {
			m := w.enter(item, "[", strconv.Itoa(i), "]")
			good := w.plain(item, item)
			if good {
				out[i], good = w.anything(item)
			}
			ok = ok && good
			w.leave(m)
		}
		return out, ok
	default:
		return w.bare(n)
	}
}

// bare is one value; a number keeps its digits.
func (w *walker) bare(n *yaml.Node) (any, bool) {
	switch n.Tag {
	case boolTag:
		return strings.EqualFold(n.Value, "true"), true
	case intTag, floatTag:
		if !plainDecimal.MatchString(n.Value) {
			w.errorf("SP011", n, "the number %s is not plain decimal digits, and programs read it differently", shorten(n.Value)).
				WithHint("write decimal digits, or quote it")
			return nil, false
		}
		return json.Number(n.Value), true
	default:
		return n.Value, true
	}
}
