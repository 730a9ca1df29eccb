package manifest

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Dropped is a field that the API does not have, or whose value cannot be what it should be. An API server drops or
// refuses it; istiod never sees it.
type Dropped struct {
	Path   string   // of the field
	Name   string   // as it is written
	Known  []string // the names that the API has there; none if the name is right and the value is not
	Fields []string // the names within, if the value is a mapping
	Reason string   // why the value cannot be read; empty for an unknown name
}

// reader fills messages from YAML nodes, and remembers what found no place.
type reader struct {
	object *Object
}

// step is a path on the way down; it is only spelt out if something is to be told.
type step struct {
	above *step
	name  string
	index int // of an entry of a list, whose name is empty
}

func (s *step) String() string {
	if s == nil {
		return ""
	}
	above := s.above.String()
	switch {
	case s.name == "":
		return above + "[" + strconv.Itoa(s.index) + "]"
	case above == "":
		return s.name
	default:
		return above + "." + s.name
	}
}

// message reads a mapping into a message.
func (r *reader) message(n *yaml.Node, m protoreflect.Message, at *step) {
	if n.Kind != yaml.MappingNode {
		if n.Tag != "!!null" {
			r.unreadable(at, "a mapping with fields is needed here")
		}
		return
	}
	fields := m.Descriptor().Fields()
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		below := step{above: at, name: key.Value}
		fd := fields.ByJSONName(key.Value)
		if fd == nil {
			fd = fields.ByName(protoreflect.Name(key.Value))
		}
		switch {
		case fd == nil:
			r.unknown(&below, value, fields)
		case value.Kind == yaml.ScalarNode && value.Tag == "!!null":
		default:
			r.field(value, m, fd, &below)
		}
	}
}

func (r *reader) field(n *yaml.Node, m protoreflect.Message, fd protoreflect.FieldDescriptor, at *step) {
	switch {
	case fd.IsMap():
		r.table(n, m, fd, at)
	case fd.IsList():
		r.list(n, m, fd, at)
	default:
		if v, ok := r.value(n, fd, func() protoreflect.Value { return m.NewField(fd) }, at); ok {
			m.Set(fd, v)
		}
	}
}

func (r *reader) table(n *yaml.Node, m protoreflect.Message, fd protoreflect.FieldDescriptor, at *step) {
	if n.Kind != yaml.MappingNode || fd.MapKey().Kind() != protoreflect.StringKind {
		r.unreadable(at, "a mapping is needed here")
		return
	}
	out := m.Mutable(fd).Map()
	for i := 0; i+1 < len(n.Content); i += 2 {
		below := step{above: at, name: n.Content[i].Value}
		if v, ok := r.value(n.Content[i+1], fd.MapValue(), out.NewValue, &below); ok {
			out.Set(protoreflect.ValueOfString(n.Content[i].Value).MapKey(), v)
		}
	}
}

func (r *reader) list(n *yaml.Node, m protoreflect.Message, fd protoreflect.FieldDescriptor, at *step) {
	if n.Kind != yaml.SequenceNode {
		r.unreadable(at, "a list is needed here")
		return
	}
	out := m.Mutable(fd).List()
	for i, item := range n.Content {
		v, ok := r.value(item, fd, out.NewElement, &step{above: at, index: i})
		if !ok {
			v = out.NewElement() // the others keep their numbers
		}
		out.Append(v)
	}
}

// value reads one value, which is not a list or a map.
func (r *reader) value(n *yaml.Node, fd protoreflect.FieldDescriptor, create func() protoreflect.Value, at *step) (protoreflect.Value, bool) {
	if fd.Kind() != protoreflect.MessageKind {
		v, ok := basic(n, fd)
		if !ok {
			r.unreadable(at, wanted(fd))
		}
		return v, ok
	}
	v := create()
	switch m := v.Message().Interface().(type) {
	case *durationpb.Duration:
		d, err := time.ParseDuration(scalar(n))
		if err != nil {
			r.unreadable(at, "a duration such as 10s is needed here")
			return v, false
		}
		proto.Merge(m, durationpb.New(d))
	case *timestamppb.Timestamp:
		t, err := time.Parse(time.RFC3339, scalar(n))
		if err != nil {
			return v, false
		}
		proto.Merge(m, timestamppb.New(t))
	case *structpb.Struct:
		proto.Merge(m, structOf(n))
	default:
		if !isWrapper(v.Message()) {
			r.message(n, v.Message(), at)
			return v, true
		}
		inner := v.Message().Descriptor().Fields().Get(0)
		b, ok := basic(n, inner)
		if !ok {
			r.unreadable(at, wanted(inner))
			return v, false
		}
		v.Message().Set(inner, b)
	}
	return v, true
}

func isWrapper(m protoreflect.Message) bool {
	name := m.Descriptor().FullName()
	return name.Parent() == "google.protobuf" && strings.HasSuffix(string(name), "Value") && m.Descriptor().Fields().Len() == 1
}

// basic reads a scalar. Numbers may be quoted, as in JSON for protocol buffers.
func basic(n *yaml.Node, fd protoreflect.FieldDescriptor) (v protoreflect.Value, ok bool) {
	if n.Kind != yaml.ScalarNode {
		return v, false
	}
	text := n.Value
	switch fd.Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(text), true
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(strings.EqualFold(text, "true")), n.Tag == "!!bool"
	case protoreflect.EnumKind:
		if named := fd.Enum().Values().ByName(protoreflect.Name(text)); named != nil {
			return protoreflect.ValueOfEnum(named.Number()), true
		}
		number, err := strconv.ParseInt(text, 10, 32)
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(number)), err == nil
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		f, err := strconv.ParseFloat(text, 64)
		if fd.Kind() == protoreflect.FloatKind {
			return protoreflect.ValueOfFloat32(float32(f)), err == nil
		}
		return protoreflect.ValueOfFloat64(f), err == nil
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte(text)), true
	default:
		return whole(text, fd.Kind())
	}
}

func whole(text string, kind protoreflect.Kind) (v protoreflect.Value, ok bool) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > math.MaxInt32*2+1 {
		return v, false
	}
	switch kind {
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return protoreflect.ValueOfInt32(int32(f)), true
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return protoreflect.ValueOfUint32(uint32(int64(f))), f >= 0
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return protoreflect.ValueOfUint64(uint64(int64(f))), f >= 0
	default:
		return protoreflect.ValueOfInt64(int64(f)), true
	}
}

func wanted(fd protoreflect.FieldDescriptor) string {
	switch fd.Kind() {
	case protoreflect.BoolKind:
		return "true or false is needed here"
	case protoreflect.EnumKind:
		var names []string
		for i := range fd.Enum().Values().Len() {
			names = append(names, string(fd.Enum().Values().Get(i).Name()))
		}
		return "one of " + strings.Join(names, ", ") + " is needed here"
	case protoreflect.StringKind:
		return "text is needed here"
	default:
		return "a number is needed here"
	}
}

// structOf keeps a free form value; a patch of an EnvoyFilter is one.
func structOf(n *yaml.Node) *structpb.Struct {
	out := &structpb.Struct{Fields: map[string]*structpb.Value{}}
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		out.Fields[n.Content[i].Value] = freeForm(n.Content[i+1])
	}
	return out
}

func freeForm(n *yaml.Node) *structpb.Value {
	switch {
	case n.Kind == yaml.MappingNode:
		return structpb.NewStructValue(structOf(n))
	case n.Kind == yaml.SequenceNode:
		list := &structpb.ListValue{}
		for _, item := range n.Content {
			list.Values = append(list.Values, freeForm(item))
		}
		return structpb.NewListValue(list)
	case n.Tag == "!!null":
		return structpb.NewNullValue()
	case n.Tag == "!!bool":
		return structpb.NewBoolValue(strings.EqualFold(n.Value, "true"))
	case n.Tag == "!!int", n.Tag == "!!float":
		if f, err := strconv.ParseFloat(n.Value, 64); err == nil {
			return structpb.NewNumberValue(f)
		}
	}
	return structpb.NewStringValue(n.Value)
}

func (r *reader) unreadable(at *step, reason string) {
	r.object.Dropped = append(r.object.Dropped, Dropped{Path: at.String(), Name: at.name, Reason: reason})
}

func (r *reader) unknown(at *step, value *yaml.Node, fields protoreflect.FieldDescriptors) {
	d := Dropped{Path: at.String(), Name: at.name}
	for i := range fields.Len() {
		d.Known = append(d.Known, fields.Get(i).JSONName())
	}
	slices.Sort(d.Known)
	for i := 0; value.Kind == yaml.MappingNode && i+1 < len(value.Content); i += 2 {
		d.Fields = append(d.Fields, value.Content[i].Value)
	}
	r.object.Dropped = append(r.object.Dropped, d)
}
