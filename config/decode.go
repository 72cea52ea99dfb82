package config

import (
	"encoding"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// decoder lays a YAML document over a Config by walking its nodes, so that
// every problem has a line, and all are found at once.
//
// Struct tags: `yaml:"name"`; `must:"true"` demands the key in list items and
// new entries; `key:"true"` marks the field that holds an entry's key, which
// makes a list of such structs a mapping in the file, laid over the default
// entry by entry.
type decoder struct {
	file     string
	texts    *Texts
	lines    map[string]int // key path to line, for Validate
	problems Problems
}

type args = map[string]any

func (d *decoder) fail(n *yaml.Node, key, id string, a args) {
	d.problems = append(d.problems, Problem{File: d.file, Line: n.Line, Key: key, Text: d.texts.Say("nl", id, a)})
}

func (d *decoder) value(n *yaml.Node, v reflect.Value, key string) {
	d.lines[key] = n.Line
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		d.fail(n, key, "config.alias", nil)
	case isText(v):
		d.text(n, v, key)
	case v.Kind() == reflect.Struct:
		d.fields(n, v, key)
	case v.Kind() == reflect.Slice && keyField(v.Type().Elem()) >= 0:
		d.entries(n, v, key)
	case v.Kind() == reflect.Slice:
		d.list(n, v, key)
	case v.Kind() == reflect.Map:
		d.mapping(n, v, key)
	default:
		d.scalar(n, v, key)
	}
}

// fields reads a mapping into a struct; keys that are absent stay as they are.
func (d *decoder) fields(n *yaml.Node, v reflect.Value, key string) {
	if n.Kind != yaml.MappingNode {
		d.fail(n, key, "config.want.group", nil)
		return
	}
	names := fieldNames(v.Type())
	d.pairs(n, key, func(k, val *yaml.Node) {
		i, ok := names[k.Value]
		if !ok {
			d.unknown(k, key, names)
			return
		}
		d.value(val, v.Field(i), join(key, k.Value))
	})
}

// demand reports the keys that must be written and are not.
func (d *decoder) demand(n *yaml.Node, t reflect.Type, key string) {
	if n.Kind != yaml.MappingNode || t.Kind() != reflect.Struct {
		return
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Tag.Get("must") == "" {
			continue
		}
		found := false
		for j := 0; j < len(n.Content); j += 2 {
			found = found || n.Content[j].Value == f.Tag.Get("yaml")
		}
		if !found {
			d.fail(n, key, "config.must", args{"Key": f.Tag.Get("yaml")})
		}
	}
}

// list reads a sequence; it replaces the whole list.
func (d *decoder) list(n *yaml.Node, v reflect.Value, key string) {
	if n.Kind != yaml.SequenceNode {
		d.fail(n, key, "config.want.list", nil)
		return
	}
	out := reflect.Zero(v.Type())
	for i, item := range n.Content {
		at := indexed(key, i)
		e := reflect.New(v.Type().Elem()).Elem()
		d.demand(item, e.Type(), at)
		d.value(item, e, at)
		out = reflect.Append(out, e)
	}
	v.Set(out)
}

// entries reads a mapping into a list of structs with a key of their own: known
// entries are changed, new ones appended, and null takes one away.
func (d *decoder) entries(n *yaml.Node, v reflect.Value, key string) {
	if n.Kind != yaml.MappingNode {
		d.fail(n, key, "config.want.group", nil)
		return
	}
	kf := keyField(v.Type().Elem())
	out := reflect.AppendSlice(reflect.Zero(v.Type()), v)
	d.pairs(n, key, func(k, val *yaml.Node) {
		at := -1
		for i := range out.Len() {
			if out.Index(i).Field(kf).String() == k.Value {
				at = i
			}
		}
		if val.ShortTag() == "!!null" {
			if at >= 0 {
				out = reflect.AppendSlice(out.Slice3(0, at, at), out.Slice(at+1, out.Len()))
			}
			return
		}
		path := join(key, k.Value)
		if !isID(k.Value) {
			d.fail(k, path, "config.id", nil)
			return
		}
		if at < 0 {
			d.demand(val, v.Type().Elem(), path)
			e := reflect.New(v.Type().Elem()).Elem()
			e.Field(kf).SetString(k.Value)
			out = reflect.Append(out, e)
			at = out.Len() - 1
		}
		d.value(val, out.Index(at), path)
	})
	if out.Len() == 0 {
		out = reflect.Zero(v.Type())
	}
	v.Set(out)
}

// mapping reads into a map of strings to structs, entry by entry.
func (d *decoder) mapping(n *yaml.Node, v reflect.Value, key string) {
	if n.Kind != yaml.MappingNode {
		d.fail(n, key, "config.want.group", nil)
		return
	}
	out := reflect.MakeMap(v.Type())
	for it := v.MapRange(); it.Next(); {
		out.SetMapIndex(it.Key(), it.Value())
	}
	d.pairs(n, key, func(k, val *yaml.Node) {
		e := reflect.New(v.Type().Elem()).Elem()
		if old := out.MapIndex(reflect.ValueOf(k.Value)); old.IsValid() {
			e.Set(old)
		}
		d.value(val, e, join(key, k.Value))
		out.SetMapIndex(reflect.ValueOf(k.Value), e)
	})
	if out.Len() == 0 {
		out = reflect.Zero(v.Type())
	}
	v.Set(out)
}

// pairs calls read for every key of a mapping, and reports what is no plain key
// or stands there twice.
func (d *decoder) pairs(n *yaml.Node, key string, read func(k, v *yaml.Node)) {
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if k.Kind != yaml.ScalarNode || k.Anchor != "" || k.ShortTag() == "!!merge" || !printable(k.Value) {
			d.fail(k, key, "config.alias", nil)
			continue
		}
		if first, twice := seen[k.Value]; twice {
			d.fail(k, join(key, k.Value), "config.twice", args{"Line": first})
			continue
		}
		seen[k.Value] = k.Line
		read(k, v)
	}
}

func (d *decoder) unknown(k *yaml.Node, key string, names map[string]int) {
	if near := nearest(k.Value, names); near != "" {
		d.fail(k, key, "config.unknown.near", args{"Key": k.Value, "Near": near})
		return
	}
	all := make([]string, 0, len(names))
	for name := range names {
		all = append(all, name)
	}
	slices.Sort(all)
	d.fail(k, key, "config.unknown", args{"Key": k.Value, "All": strings.Join(all, ", ")})
}

func (d *decoder) scalar(n *yaml.Node, v reflect.Value, key string) {
	want := map[reflect.Kind]string{reflect.String: "!!str", reflect.Bool: "!!bool", reflect.Int: "!!int"}[v.Kind()]
	tag := n.ShortTag()
	if want == "!!str" && tag == "!!timestamp" {
		tag = want // a date is a text to us
	}
	if n.Kind != yaml.ScalarNode || tag != want {
		d.fail(n, key, "config.want."+v.Kind().String(), nil)
		return
	}
	if v.Kind() == reflect.String {
		if !printable(n.Value) {
			d.fail(n, key, "config.control", nil)
			return
		}
		v.SetString(n.Value)
		return
	}
	if err := n.Decode(v.Addr().Interface()); err != nil {
		d.fail(n, key, "config.want."+v.Kind().String(), nil)
	}
}

// text reads what has a form of its own: terms, dates, times, secrets.
func (d *decoder) text(n *yaml.Node, v reflect.Value, key string) {
	tag := n.ShortTag()
	if n.Kind != yaml.ScalarNode || tag != "!!str" && tag != "!!timestamp" {
		d.fail(n, key, "config.want."+formOf(v), nil)
		return
	}
	if s, ok := v.Addr().Interface().(*Secret); ok {
		if !printable(n.Value) {
			d.fail(n, key, "config.control", nil)
			return
		}
		*s = Secret{file: n.Value}
		return
	}
	if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(n.Value)); err != nil {
		d.fail(n, key, "config.want."+formOf(v), nil)
	}
}

// isText reports whether v has a written form of its own.
func isText(v reflect.Value) bool {
	if !v.CanAddr() {
		return false
	}
	switch v.Addr().Interface().(type) {
	case *Secret, encoding.TextUnmarshaler:
		return true
	}
	return false
}

// formOf names the form in the catalog: span, term, clock, date, secret.
func formOf(v reflect.Value) string { return strings.ToLower(v.Type().Name()) }

func fieldNames(t reflect.Type) map[string]int {
	names := map[string]int{}
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("yaml"); name != "" && name != "-" {
			names[name] = i
		}
	}
	return names
}

// keyField returns the index of the field that holds an entry's key, or -1.
func keyField(t reflect.Type) int {
	if t.Kind() == reflect.Struct {
		for i := range t.NumField() {
			if t.Field(i).Tag.Get("key") != "" {
				return i
			}
		}
	}
	return -1
}

func join(key, name string) string {
	if key == "" {
		return name
	}
	return key + "." + name
}

// printable reports whether s has no control characters but line breaks.
func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r != '\n' && !unicode.IsPrint(r)
	})
}
