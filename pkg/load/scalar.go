package load

import (
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/spillway-mesh/spillway/pkg/diag"
)

// The tags a YAML value can have.
const (
	textTag  = "!!str"
	intTag   = "!!int"
	floatTag = "!!float"
	boolTag  = "!!bool"
	nullTag  = "!!null"
	timeTag  = "!!timestamp"
	mapTag   = "!!map"
	listTag  = "!!seq"
	mergeTag = "!!merge"
)

// plain refuses what no field may be: an alias, an anchor, a tag, nothing.
func (w *walker) plain(key, n *yaml.Node) bool {
	switch {
	case n.Kind == yaml.AliasNode:
		w.errorf("SP007", n, "the alias *%s is not allowed", n.Value).WithHint("write the value out")
		return false
	case n.Anchor != "":
		w.errorf("SP007", n, "the anchor &%s is not allowed", n.Anchor).WithHint("write the value out where it is used")
	}
	if n.Style&yaml.TaggedStyle != 0 && !slices.Contains([]string{textTag, intTag, boolTag, mapTag, listTag, nullTag}, n.Tag) {
		w.errorf("SP018", n, "the tag %s is not allowed", quote(n.Tag)).WithHint("remove it")
		return false
	}
	if n.Kind == yaml.ScalarNode && n.Tag == nullTag {
		w.errorf("SP012", key, "the field has no value").WithHint("give it one, or remove the line so that the default holds")
		return false
	}
	return true
}

// wrongType tells what a value is and what it should be.
func (w *walker) wrongType(key, n *yaml.Node, want string) *diag.Diagnostic {
	return w.errorf("SP011", key, "the value is %s, not %s", describe(n), want)
}

func (w *walker) scalar(key, n *yaml.Node, v reflect.Value) bool {
	switch v.Kind() {
	case reflect.String:
		return w.text(key, n, v)
	case reflect.Bool:
		return w.boolean(key, n, v)
	case reflect.Int32, reflect.Int64:
		return w.number(key, n, v)
	default:
		panic("no reader for fields of type " + v.Type().String()) // a field type was added to the API but not here
	}
}

func (w *walker) text(key, n *yaml.Node, v reflect.Value) bool {
	if n.Kind != yaml.ScalarNode {
		w.wrongType(key, n, "text").WithHint("write a single value")
		return false
	}
	if n.Tag != textTag && n.Tag != timeTag {
		w.wrongType(key, n, "text").WithHint("quote it: %q", shorten(n.Value))
		return false
	}
	v.SetString(n.Value)
	return true
}

func (w *walker) boolean(key, n *yaml.Node, v reflect.Value) bool {
	if n.Kind != yaml.ScalarNode || n.Tag != boolTag {
		d := w.wrongType(key, n, "true or false").WithHint("write true or false")
		switch strings.ToLower(n.Value) {
		case "yes", "on", "y", "true":
			d.WithHint("write true, without quotes")
		case "no", "off", "n", "false":
			d.WithHint("write false, without quotes")
		}
		return false
	}
	v.SetBool(strings.EqualFold(n.Value, "true"))
	return true
}

var (
	decimal   = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)
	zeros     = regexp.MustCompile(`^0[0-9]+$`)
	bareCount = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)
)

func (w *walker) number(key, n *yaml.Node, v reflect.Value) bool {
	bits := v.Type().Bits()
	switch {
	case n.Kind == yaml.ScalarNode && n.Tag == intTag && decimal.MatchString(n.Value):
		value, err := strconv.ParseInt(n.Value, 10, bits)
		if err != nil {
			w.errorf("SP011", key, "the number %s is out of range", shorten(n.Value)).
				WithHint("write a smaller number")
			return false
		}
		v.SetInt(value)
		return true
	case n.Kind == yaml.ScalarNode && (n.Tag == intTag || zeros.MatchString(n.Value) && n.Tag == floatTag):
		d := w.errorf("SP011", key, "the number %s is not plain decimal digits, and programs read it differently", shorten(n.Value))
		if meant := meanings(n.Value, bits); meant != "" {
			d.WithHint("write %s", meant)
		}
	default:
		d := w.wrongType(key, n, "a whole number").WithHint("write digits only, such as 443")
		if n.Kind == yaml.ScalarNode && decimal.MatchString(n.Value) {
			d.WithHint("remove the quotes: %s", shorten(n.Value))
		}
	}
	return false
}

// meanings lists what a number may have been meant to be: 010 is eight or ten.
func meanings(text string, bits int) string {
	var found []string
	for _, base := range []int{0, 10} {
		n, err := strconv.ParseInt(text, base, bits)
		if s := strconv.FormatInt(n, 10); err == nil && !slices.Contains(found, s) {
			found = append(found, s)
		}
	}
	return strings.Join(found, " or ")
}

func (w *walker) duration(key, n *yaml.Node, v reflect.Value) bool {
	const example = "500ms, 8s or 1m30s"
	if n.Kind != yaml.ScalarNode {
		w.wrongType(key, n, "a duration").WithHint("write a duration such as %s", example)
		return false
	}
	value, err := time.ParseDuration(n.Value)
	if err == nil && n.Tag == textTag {
		v.Field(0).SetInt(int64(value))
		return true
	}
	d := w.errorf("SP013", key, "%s is not a duration", quote(n.Value))
	if value == 0 && err == nil {
		d.WithHint("write 0s")
	} else if bareCount.MatchString(n.Value) {
		d.WithHint("say of what: %ss or %sms", n.Value, n.Value)
	} else {
		d.WithHint("write a number with its unit, such as %s", example)
	}
	return false
}

// metadata reads what a user may set. What the API server sets comes along in objects that were printed from a cluster;
// it says nothing about what is wanted.
func (w *walker) metadata(key, n *yaml.Node, meta *metav1.ObjectMeta) bool {
	if n.Kind != yaml.MappingNode {
		w.wrongType(key, n, "an object with name and namespace").WithHint("such as {name: orders, namespace: shop}")
		return false
	}
	fields := map[string]any{
		"name": &meta.Name, "generateName": &meta.GenerateName, "namespace": &meta.Namespace,
		"labels": &meta.Labels, "annotations": &meta.Annotations,
	}
	serverSet := []string{
		"creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "finalizers", "generation", "managedFields",
		"ownerReferences", "resourceVersion", "selfLink", "uid",
	}
	w.pairs(n, w.field, func(k, value *yaml.Node) {
		if slices.Contains(serverSet, k.Value) {
			return
		}
		target, known := fields[k.Value]
		if !known {
			d := w.errorf("SP010", k, "there is no field %s here", quote(k.Value))
			w.hintUnknown(d, k.Value, []string{"annotations", "labels", "name", "namespace"})
			return
		}
		w.value(k, value, reflect.ValueOf(target).Elem())
	})
	return true
}

// describe says what a value is.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "an object"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	default: // a scalar, whose tag says more
	}
	switch n.Tag {
	case nullTag:
		return "empty"
	case boolTag:
		return "the boolean " + shorten(n.Value)
	case intTag, floatTag:
		return "the number " + shorten(n.Value)
	default:
		return "the text " + quote(n.Value)
	}
}

// longest is how much of a value a message repeats.
const longest = 60

func shorten(s string) string {
	if utf8.RuneCountInString(s) <= longest {
		return s
	}
	return string([]rune(s)[:longest]) + "…"
}

func quote(s string) string { return strconv.Quote(shorten(s)) }
