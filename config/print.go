package config

import (
	"encoding"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// Print writes the whole effective configuration as YAML that Load reads back
// to the same Config. Of a secret it writes the path of its file only.
func (c Config) Print(w io.Writer) error {
	root := node(reflect.ValueOf(&c).Elem(), reflect.ValueOf(Default()))
	enc := yaml.NewEncoder(w)
	enc.SetIndent(2)
	if err := enc.Encode(root); err != nil {
		return fmt.Errorf("config: print: %w", err)
	}
	if err := enc.Close(); err != nil {
		return fmt.Errorf("config: print: %w", err)
	}
	return nil
}

// node makes the YAML of v. base is the default's value at the same place, or
// invalid: entries that it has and v has not are written as null, since a file
// is laid over the default.
func node(v, base reflect.Value) *yaml.Node {
	if v.CanAddr() {
		switch x := v.Addr().Interface().(type) {
		case *Secret:
			return text(x.file)
		case encoding.TextMarshaler:
			b, err := x.MarshalText()
			if err != nil {
				return text("")
			}
			return text(string(b))
		}
	}
	switch v.Kind() {
	case reflect.Struct:
		return structNode(v, base)
	case reflect.Slice:
		if kf := keyField(v.Type().Elem()); kf >= 0 {
			return entriesNode(v, base, kf)
		}
		n := &yaml.Node{Kind: yaml.SequenceNode}
		if v.Len() == 0 {
			n.Style = yaml.FlowStyle
		}
		for i := range v.Len() {
			n.Content = append(n.Content, node(v.Index(i), reflect.Value{}))
		}
		return n
	case reflect.Map:
		return mapNode(v)
	case reflect.Bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(v.Bool())}
	case reflect.Int:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.FormatInt(v.Int(), 10)}
	}
	return text(v.String())
}

func structNode(v, base reflect.Value) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("yaml")
		if name == "" || name == "-" {
			continue
		}
		var b reflect.Value
		if base.IsValid() {
			b = base.Field(i)
		}
		n.Content = append(n.Content, text(name), node(v.Field(i), b))
	}
	return n
}

func entriesNode(v, base reflect.Value, kf int) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	have := map[string]bool{}
	for i := range v.Len() {
		key := v.Index(i).Field(kf).String()
		have[key] = true
		n.Content = append(n.Content, text(key), node(v.Index(i), reflect.Value{}))
	}
	for i := 0; base.IsValid() && i < base.Len(); i++ {
		if key := base.Index(i).Field(kf).String(); !have[key] {
			n.Content = append(n.Content, text(key), &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"})
		}
	}
	return n
}

func mapNode(v reflect.Value) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	if v.Len() == 0 {
		n.Style = yaml.FlowStyle
	}
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int {
		if a.String() < b.String() {
			return -1
		}
		return 1
	})
	for _, k := range keys {
		e := reflect.New(v.Type().Elem()).Elem()
		e.Set(v.MapIndex(k))
		n.Content = append(n.Content, text(k.String()), node(e, reflect.Value{}))
	}
	return n
}

// text is a string as YAML: plain where it cannot be taken for anything else,
// and in quotes everywhere else.
func text(s string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	if !isID(s) || s[0] < 'a' { // YAML takes 18_22 and 0x1f for numbers
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}
