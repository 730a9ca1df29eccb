package compile

import (
	"fmt"
	"reflect"
	"strconv"
	"time"
)

// fill puts a value of its own into every field that can hold one, and notes how it is printed.
func fill(v reflect.Value, printed *[]string) {
	n := 7001 + len(*printed)
	if fillTime(v, n, printed) {
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for _, field := range v.Fields() {
			fill(field, printed)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), printed)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), printed)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, printed)
		fill(value, printed)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString("f" + strconv.Itoa(n))
		*printed = append(*printed, v.String())
	case reflect.Int:
		v.SetInt(int64(n))
		*printed = append(*printed, strconv.Itoa(n))
	case reflect.Int64:
		d := time.Duration(n) * time.Microsecond
		v.Set(reflect.ValueOf(d))
		*printed = append(*printed, d.String())
	case reflect.Bool:
		v.SetBool(true)
	default:
		panic(fmt.Sprintf("a plan holds a %s, which the tree does not know yet", v.Kind()))
	}
}

// fillTime does so for what the package time has.
func fillTime(v reflect.Value, n int, printed *[]string) bool {
	switch v.Interface().(type) {
	case time.Time:
		t := time.Unix(int64(n)*1000, 0).UTC()
		v.Set(reflect.ValueOf(t))
		*printed = append(*printed, t.Format(time.RFC3339))
	case *time.Location:
		name := "f" + strconv.Itoa(n)
		v.Set(reflect.ValueOf(time.FixedZone(name, 0)))
		*printed = append(*printed, name)
	case time.Weekday:
		v.Set(reflect.ValueOf(time.Wednesday))
		*printed = append(*printed, time.Wednesday.String())
	default:
		return false
	}
	return true
}
