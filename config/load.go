package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxFile is the largest configuration that Load reads, in bytes.
const maxFile = 1 << 20

// Default returns the embedded configuration of Woerden. It is always valid.
func Default() Config {
	c, err := Parse("woerden.yaml", nil, nil)
	if err != nil {
		panic(err) // the file is part of the program, and a test loads it
	}
	return c
}

// Load reads the file at path over Default. An empty path is Default with the
// environment. env is os.Getenv or the like: for a key that names a file
// (data.database.password_file) MELDROUTE_DATA_DATABASE_PASSWORD_FILE goes
// before the file; nil is no environment. Secrets are read here, once.
//
// What is wrong with the content comes back as Problems, all at once.
func Load(path string, env func(string) string) (Config, error) {
	if path == "" {
		return Parse("", nil, env)
	}
	f, err := os.Open(path)
	if err != nil {
		return Config{}, fmt.Errorf("config: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return Config{}, fmt.Errorf("config: %w", err)
	}
	if len(b) > maxFile {
		return Config{}, fmt.Errorf("config: %s is larger than %d bytes", path, maxFile)
	}
	return Parse(path, b, env)
}

// Parse is Load for content that is already read; file is its name in errors.
func Parse(file string, content []byte, env func(string) string) (Config, error) {
	texts, err := LoadTexts(nil)
	if err != nil {
		return Config{}, err
	}
	var c Config
	base := &decoder{file: "woerden.yaml", texts: texts, lines: map[string]int{}}
	base.document(woerden, &c)
	d := &decoder{file: file, texts: texts, lines: map[string]int{}, problems: base.problems}
	d.document(content, &c)
	d.secrets(reflect.ValueOf(&c).Elem(), "", env)
	if len(d.problems) == 0 {
		d.problems = c.problems(texts)
		for i, p := range d.problems {
			d.problems[i].File, d.problems[i].Line = file, d.line(p.Key)
		}
	}
	if len(d.problems) > 0 {
		return Config{}, d.problems
	}
	return c, nil
}

// document reads at most one YAML document.
func (d *decoder) document(content []byte, c *Config) {
	dec := yaml.NewDecoder(bytes.NewReader(content))
	var doc yaml.Node
	err := dec.Decode(&doc)
	if errors.Is(err, io.EOF) {
		return
	}
	if err != nil {
		d.fail(&yaml.Node{Line: lineIn(err)}, "", "config.yaml", nil)
		return
	}
	if len(doc.Content) == 1 && doc.Content[0].ShortTag() != "!!null" {
		d.value(doc.Content[0], reflect.ValueOf(c).Elem(), "")
	}
	var more yaml.Node
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		d.fail(&yaml.Node{Line: more.Line}, "", "config.documents", nil)
	}
}

// lineIn finds the line in an error of the YAML parser ("yaml: line 3: …"). The
// rest of it is not repeated: it may quote the file.
func lineIn(err error) int {
	_, rest, ok := strings.Cut(err.Error(), "line ")
	if !ok {
		return 0
	}
	num, _, _ := strings.Cut(rest, ":")
	n, _ := strconv.Atoi(num)
	return n
}

// secrets lets the environment name files, and reads those of secrets.
func (d *decoder) secrets(v reflect.Value, key string, env func(string) string) {
	for i := range v.NumField() {
		f := v.Field(i)
		name := join(key, v.Type().Field(i).Tag.Get("yaml"))
		named := ""
		if env != nil {
			named = env(EnvName(name))
		}
		switch x := f.Addr().Interface().(type) {
		case *FilePath:
			if named != "" {
				*x = FilePath(named)
			}
		case *Secret:
			if named != "" {
				*x = Secret{file: named}
			}
			if x.file == "" {
				continue
			}
			if err := x.read(); err != nil {
				d.fail(&yaml.Node{Line: d.lines[name]}, name, "config.secret", args{"File": x.file, "Why": d.why(err)})
			}
		default:
			if f.Kind() == reflect.Struct && !isText(f) {
				d.secrets(f, name, env)
			}
		}
	}
}

// why says in words why a secret's file could not be used.
func (d *decoder) why(err error) string {
	id := "config.secret.unreadable"
	switch {
	case errors.Is(err, errForm):
		id = "config.secret.content"
	case errors.Is(err, os.ErrNotExist):
		id = "config.secret.missing"
	case errors.Is(err, os.ErrPermission):
		id = "config.secret.denied"
	}
	return d.texts.Say("nl", id, nil)
}

// EnvName returns the environment variable that names the file of a key.
func EnvName(key string) string {
	return "MELDROUTE_" + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

// line finds the line of a key, or of the nearest thing around it.
func (d *decoder) line(key string) int {
	for key != "" {
		if n, ok := d.lines[key]; ok {
			return n
		}
		key = key[:max(0, strings.LastIndexAny(key, ".["))]
	}
	return 0
}

func indexed(key string, i int) string { return key + "[" + strconv.Itoa(i+1) + "]" }
