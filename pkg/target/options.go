package target

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/plan"
)

// OptionsAt is the path of an edge's options.
func OptionsAt(at *field.Path, e plan.Edge) *field.Path {
	return at.Child("edge").Index(e.Index).Child("options")
}

// Options is what a fleet says of the edge that a target writes, over the target's defaults. What is wrong with them was told
// before any target is asked to check or to write. O is the type that the target's Options points to.
func Options[O any](f *plan.Fleet, t EdgeTarget) (o O, e plan.Edge) {
	e, _ = f.EdgeOf(t.Info().Edge)
	into := t.Options().(*O) // another type is a mistake in the target itself
	DecodeOptions([]byte(e.Options), into, nil)
	return *into, e
}

// DecodeOptions reads the options of an edge, given as JSON, into a target's own struct, which holds the defaults already. It
// tells every field that does not exist, has the wrong type or lies outside of its bounds. Fields are known by their json
// name; the tags min, max and enum bound them, also within lists.
func DecodeOptions(text []byte, into any, at *field.Path) diag.List {
	var d decoder
	if len(text) == 0 {
		return nil
	}
	var value any
	numbers := json.NewDecoder(bytes.NewReader(text))
	numbers.UseNumber()
	if err := numbers.Decode(&value); err != nil {
		d.Errorf(at, codeOption, "the options cannot be read: %v", err).WithHint("write {NAME: VALUE}")
		return d.List
	}
	d.value(at, value, reflect.ValueOf(into).Elem(), "")
	return d.List
}

const (
	codeUnknownOption = "SP320"
	codeOption        = "SP321"
)

type decoder struct{ diag.List }

// wrong tells that a value has another type than the field.
func (d *decoder) wrong(at *field.Path, value any, want string) {
	shown := "null"
	if text, err := json.Marshal(value); err == nil {
		shown = string(text)
	}
	const long = 60
	if len(shown) > long {
		shown = shown[:long] + "…"
	}
	d.Errorf(at, codeOption, "%s is not %s", shown, want).WithHint("write %s", want)
}

func (d *decoder) value(at *field.Path, value any, v reflect.Value, tag reflect.StructTag) {
	want := Values(v.Type(), tag)
	if v.Type() == reflect.TypeFor[time.Duration]() {
		text, _ := value.(string)
		if x, err := time.ParseDuration(text); err == nil && d.bounded(tag, x, time.ParseDuration) {
			v.SetInt(int64(x))
			return
		}
		d.wrong(at, value, want)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.object(at, value, v)
	case reflect.Pointer:
		target := reflect.New(v.Type().Elem())
		d.value(at, value, target.Elem(), tag)
		v.Set(target)
	case reflect.Slice:
		d.list(at, value, v, tag)
	case reflect.Map:
		d.table(at, value, v)
	default:
		if !d.scalar(value, v, tag) {
			d.wrong(at, value, want)
		}
	}
}

// scalar sets a plain value if it fits.
func (d *decoder) scalar(value any, v reflect.Value, tag reflect.StructTag) bool {
	switch v.Kind() {
	case reflect.String:
		text, ok := value.(string)
		ok = ok && (tag.Get("enum") == "" || slices.Contains(strings.Split(tag.Get("enum"), ","), text))
		if ok {
			v.SetString(text)
		}
		return ok
	case reflect.Bool:
		is, ok := value.(bool)
		v.SetBool(is)
		return ok
	case reflect.Int:
		n, err := strconv.Atoi(digits(value))
		v.SetInt(int64(n))
		return err == nil && d.bounded(tag, time.Duration(n), wholeNumber)
	case reflect.Float64:
		x, err := strconv.ParseFloat(digits(value), 64)
		v.SetFloat(x)
		low, _ := strconv.ParseFloat(tag.Get("min"), 64)
		high, unbounded := strconv.ParseFloat(tag.Get("max"), 64)
		return err == nil && x >= low && (unbounded != nil || x <= high)
	default:
		panic(fmt.Sprintf("options of the type %s are not known", v.Type()))
	}
}

func digits(value any) string {
	n, _ := value.(json.Number)
	return string(n)
}

func wholeNumber(text string) (time.Duration, error) {
	n, err := strconv.Atoi(text)
	return time.Duration(n), err
}

// bounded holds a number against the tags min and max.
func (d *decoder) bounded(tag reflect.StructTag, x time.Duration, parse func(string) (time.Duration, error)) bool {
	low, noLow := parse(tag.Get("min"))
	high, noHigh := parse(tag.Get("max"))
	return (noLow != nil || x >= low) && (noHigh != nil || x <= high)
}

func (d *decoder) object(at *field.Path, value any, v reflect.Value) {
	given, ok := value.(map[string]any)
	if !ok {
		d.wrong(at, value, "an object with fields")
		return
	}
	var names []string
	fields := map[string]int{}
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("json")
		names, fields[name] = append(names, name), i
	}
	keys := make([]string, 0, len(given))
	for name := range given {
		keys = append(keys, name)
	}
	slices.Sort(keys)
	for _, name := range keys {
		i, known := fields[name]
		if known {
			d.value(at.Child(name), given[name], v.Field(i), v.Type().Field(i).Tag)
			continue
		}
		hint := "the options here are " + strings.Join(names, ", ")
		if len(names) == 0 {
			hint = "leave it out: there are no options here"
		}
		if meant, near := diag.Closest(name, names); near {
			hint = "did you mean " + meant + "?"
		}
		d.Errorf(at.Child(name), codeUnknownOption, "there is no option %q here", name).WithHint("%s", hint)
	}
}

func (d *decoder) list(at *field.Path, value any, v reflect.Value, tag reflect.StructTag) {
	given, ok := value.([]any)
	if !ok {
		d.wrong(at, value, Values(v.Type(), tag))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(given), len(given)))
	for i, item := range given {
		d.value(at.Index(i), item, v.Index(i), tag)
	}
}

func (d *decoder) table(at *field.Path, value any, v reflect.Value) {
	given, ok := value.(map[string]any)
	if !ok {
		d.wrong(at, value, Values(v.Type(), ""))
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for name, item := range given {
		x := reflect.New(v.Type().Elem()).Elem()
		d.value(at.Key(name), item, x, "")
		v.SetMapIndex(reflect.ValueOf(name), x)
	}
}
