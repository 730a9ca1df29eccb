package target

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Option is one option of an edge, as its page shows it.
type Option struct {
	Name    string // within its parent, with dots between them
	Values  string // what may be written
	Default string // empty if there is none
}

// DescribeOptions lists the options of an edge and their defaults; options points to its struct.
func DescribeOptions(options any) []Option {
	return describe("", reflect.ValueOf(options).Elem())
}

func describe(prefix string, v reflect.Value) []Option {
	var out []Option
	for i := range v.NumField() {
		f, value := v.Type().Field(i), v.Field(i)
		name := prefix + f.Tag.Get("json")
		if inner := f.Type; inner.Kind() == reflect.Struct {
			out = append(out, describe(name+".", value)...)
			continue
		}
		out = append(out, Option{Name: name, Values: Values(f.Type, f.Tag), Default: shown(value)})
		inner := f.Type
		for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice || inner.Kind() == reflect.Map {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct {
			brackets := map[reflect.Kind]string{reflect.Slice: "[]", reflect.Map: "[NAME]"}[f.Type.Kind()]
			out = append(out, describe(name+brackets+".", reflect.New(inner).Elem())...)
		}
	}
	return out
}

// shown is a default as one writes it.
func shown(v reflect.Value) string {
	switch {
	case v.Type() == reflect.TypeFor[time.Duration]():
		if v.IsZero() {
			return ""
		}
		return Duration(time.Duration(v.Int()))
	case v.Kind() == reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case v.IsZero():
		return ""
	case v.Kind() == reflect.Slice:
		items := make([]string, v.Len())
		for i := range items {
			items[i] = shown(v.Index(i))
		}
		return "[" + strings.Join(items, ", ") + "]"
	default:
		return fmt.Sprint(v.Interface())
	}
}

// Duration is how people write one: 12h, not 12h0m0s.
func Duration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// Values says in words what may be written for a type with such tags.
func Values(t reflect.Type, tag reflect.StructTag) string {
	bounds := boundsOf(tag)
	if t == reflect.TypeFor[time.Duration]() {
		return "a duration" + bounds
	}
	switch t.Kind() {
	case reflect.String:
		return wordsOf(tag)
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number" + bounds
	case reflect.Float64:
		return "a number" + bounds
	case reflect.Slice:
		return "a list, each " + Values(t.Elem(), tag)
	case reflect.Map:
		return "names with values, each " + Values(t.Elem(), tag)
	case reflect.Pointer:
		return Values(t.Elem(), tag)
	default:
		return "an object with fields"
	}
}

func boundsOf(tag reflect.StructTag) string {
	switch low, high := tag.Get("min"), tag.Get("max"); {
	case low != "" && high != "":
		return " from " + low + " to " + high
	case low != "":
		return " from " + low
	case high != "":
		return " up to " + high
	default:
		return ""
	}
}

func wordsOf(tag reflect.StructTag) string {
	words := strings.Split(tag.Get("enum"), ",")
	last := words[len(words)-1]
	switch {
	case last == "":
		return "text"
	case len(words) == 1:
		return last
	default:
		return strings.Join(words[:len(words)-1], ", ") + " or " + last
	}
}
