package validate

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/diag"
)

// required wants some text of at most so many characters, and says whether there is any.
func (c *checker) required(at *field.Path, value string, longest int) bool {
	if value == "" {
		c.errorf(at, "SP101", "a value is required").WithHint("add it; there is no default")
		return false
	}
	return c.short(at, value, longest)
}

// short wants at most so many characters, and says whether that holds.
func (c *checker) short(at *field.Path, value string, longest int) bool {
	if n := utf8.RuneCountInString(value); n > longest {
		c.errorf(at, "SP105", "the value has %d characters; at most %d are allowed", n, longest).WithHint("shorten it")
		return false
	}
	return true
}

// count wants so many entries.
func (c *checker) count(at *field.Path, n, least, most int) {
	switch {
	case n == 0 && least > 0:
		c.errorf(at, "SP101", "at least one entry is required").WithHint("add one")
	case n > most:
		c.errorf(at, "SP105", "the list has %d entries; at most %d are allowed", n, most).WithHint("remove some, or split the spec")
	}
}

// upTo wants a number from 1 to the most; without one there is nothing to check.
func (c *checker) upTo(at *field.Path, value *int32, most int32) {
	if value != nil && (*value < 1 || *value > most) {
		c.errorf(at, "SP104", "%d is out of range", *value).WithHint("write a number from 1 to %d", most)
	}
}

// choice wants one of the given values.
func choice[T ~string](c *checker, at *field.Path, value T, required bool, allowed ...T) {
	names := make([]string, len(allowed))
	for i, a := range allowed {
		if a == value {
			return
		}
		names[i] = string(a)
	}
	list := strings.Join(names, ", ")
	if value == "" {
		if required {
			c.errorf(at, "SP101", "a value is required").WithHint("one of %s", list)
		}
		return
	}
	d := c.errorf(at, "SP106", "%s is not a value of this field", quote(string(value)))
	if meant, found := diag.Closest(string(value), names); found {
		d.WithHint("did you mean %s? The values are %s", meant, list)
	} else {
		d.WithHint("the values are %s", list)
	}
}

// seen finds values that come twice.
type seen map[string]*field.Path

// twice tells about a value that was there before.
func (c *checker) twice(s seen, at *field.Path, value, what string) bool {
	if first, found := s[value]; found {
		c.errorf(at, "SP107", "%s %s is there twice, first in %s", what, quote(value), first).WithHint("rename or remove one of the two")
		return true
	}
	s[value] = at
	return false
}

// longest is how much of a value a message repeats.
const longest = 60

func quote(s string) string {
	if utf8.RuneCountInString(s) > longest {
		s = string([]rune(s)[:longest]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
