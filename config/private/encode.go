package private

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// Encode returns v as JSON with every Text opened. Its result is for sealing
// only: it is the one door from a value to the bytes that are encrypted.
// Decode reads it back. Supported are structs (exported fields, `json` names
// and omitempty), maps with string keys, slices, pointers, times and scalars.
func Encode(v any) ([]byte, error) {
	open, err := reveal(reflect.ValueOf(v))
	if err != nil {
		return nil, err
	}
	return json.Marshal(open)
}

// Decode reads what Encode wrote into v, a pointer.
func Decode(b []byte, v any) error {
	if err := json.Unmarshal(b, v); err != nil {
		// The decoder's own error may quote the content.
		return fmt.Errorf("private: decode: malformed content (%T)", err)
	}
	return nil
}

var (
	textType = reflect.TypeFor[Text]()
	timeType = reflect.TypeFor[time.Time]()
)

func reveal(v reflect.Value) (any, error) {
	if !v.IsValid() {
		return nil, nil
	}
	switch v.Type() {
	case textType:
		return v.Interface().(Text).s, nil
	case timeType:
		return v.Interface(), nil
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil, nil
		}
		return reveal(v.Elem())
	case reflect.Struct:
		return revealStruct(v)
	case reflect.Map:
		out := make(map[string]any, v.Len())
		for it := v.MapRange(); it.Next(); {
			open, err := reveal(it.Value())
			if err != nil {
				return nil, err
			}
			out[it.Key().String()] = open
		}
		return out, nil
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return v.Interface(), nil
		}
		out := make([]any, v.Len())
		for i := range out {
			open, err := reveal(v.Index(i))
			if err != nil {
				return nil, err
			}
			out[i] = open
		}
		return out, nil
	case reflect.Func, reflect.Chan, reflect.Complex64, reflect.Complex128, reflect.UnsafePointer:
		return nil, fmt.Errorf("private: encode: %s is not data", v.Kind())
	}
	return v.Interface(), nil
}

func revealStruct(v reflect.Value) (any, error) {
	out := map[string]any{}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() {
			continue
		}
		name, rest, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		if strings.Contains(rest, "omitempty") && v.Field(i).IsZero() {
			continue
		}
		open, err := reveal(v.Field(i))
		if err != nil {
			return nil, err
		}
		out[name] = open
	}
	return out, nil
}
