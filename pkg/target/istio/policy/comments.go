package policy

import "github.com/spillway-mesh/spillway/pkg/render"

// SayOnce keeps a comment where it stands first in an object and drops its repetitions, in place.
func SayOnce(body render.Map) { sayOnceIn(body, make(map[string]bool)) }

func sayOnceIn(v any, said map[string]bool) {
	switch v := v.(type) {
	case render.Map:
		for i := range v {
			v[i].Comment = once(v[i].Comment, said)
			sayOnceIn(v[i].Value, said)
		}
	case render.List:
		for i := range v {
			if it, ok := v[i].(render.Item); ok {
				it.Comment = once(it.Comment, said)
				v[i] = it
				sayOnceIn(it.Value, said)
				continue
			}
			sayOnceIn(v[i], said)
		}
	}
}

func once(comment string, said map[string]bool) string {
	if comment == "" || said[comment] {
		return ""
	}
	said[comment] = true
	return comment
}
