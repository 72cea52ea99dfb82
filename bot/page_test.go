package main_test

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func parse(t testing.TB, s string) *html.Node {
	n, err := html.Parse(strings.NewReader(s))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

func class(n *html.Node, name string) bool {
	return slices.Contains(strings.Fields(attr(n, "class")), name)
}

// each visits the elements with a tag (any with "").
func each(n *html.Node, tag string, f func(*html.Node)) {
	for c := range n.Descendants() {
		if c.Type == html.ElementNode && (tag == "" || c.Data == tag) {
			f(c)
		}
	}
}

// words is the text of an element, paragraphs on lines of their own.
func words(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		switch {
		case c.Type == html.TextNode:
			b.WriteString(c.Data)
		case c.Data == "p" || c.Data == "li" || c.Data == "br":
			b.WriteString("\n")
		}
	}
	var out []string
	for _, l := range strings.Split(b.String(), "\n") {
		if l = strings.Join(strings.Fields(l), " "); l != "" {
			out = append(out, l)
		}
	}
	return strings.Join(out, "\n")
}

func readPost(t testing.TB, s string) post {
	var p post
	each(parse(t, s), "", func(n *html.Node) {
		switch {
		case n.Data == "article":
			p.own, p.quiet, p.urgent = class(n, "own"), class(n, "quiet"), class(n, "urgent")
		case n.Data == "div" && class(n, "progress"):
			p.step = words(n)
		case n.Data == "div" && class(n, "text"):
			p.text = words(n)
		case n.Data == "img":
			p.picture = true
		case n.Data == "button":
			c := choice{token: attr(n, "data-token")}
			each(n, "kbd", func(k *html.Node) { c.key = words(k) })
			each(n, "span", func(k *html.Node) { c.label = words(k) })
			p.choices = append(p.choices, c)
		}
	})
	return p
}

func readForm(t testing.TB, s string) form {
	var f form
	heading := ""
	each(parse(t, s), "", func(n *html.Node) {
		switch {
		case n.Data == "input" && attr(n, "name") == "token":
			f.token = attr(n, "value")
		case n.Data == "h2":
			f.title = words(n)
		case n.Data == "div" && class(n, "progress"):
			f.step = words(n)
		case n.Data == "div" && class(n, "text"):
			f.intro = words(n)
		case n.Data == "p" && class(n, "form-link"):
			each(n, "a", func(a *html.Node) { f.link = attr(a, "href") })
			each(n, "span", func(s *html.Node) { f.note = words(s) })
		case n.Data == "h3" && class(n.Parent, "facts"):
			heading = words(n)
			f.facts = append(f.facts, [2]string{heading, ""})
		case n.Data == "dt":
			f.facts = append(f.facts, [2]string{words(n), words(next(n, "dd"))})
		case n.Data == "button" && attr(n, "name") == "act":
			f.acts = append(f.acts, choice{label: words(n), token: attr(n, "value")})
		case n.Data == "button":
			f.submit = words(n)
		case has(n, "data-field"):
			f.fields = append(f.fields, readField(n))
		}
	})
	return f
}

func next(n *html.Node, tag string) *html.Node {
	for s := n.NextSibling; s != nil; s = s.NextSibling {
		if s.Data == tag {
			return s
		}
	}
	return n
}

func readField(n *html.Node) field {
	f := field{name: attr(n, "data-field"), kind: "text"}
	label := func(l *html.Node) {
		if f.label != "" {
			return
		}
		var opt string
		each(l, "span", func(s *html.Node) { f.optional, opt = true, words(s) })
		f.label = strings.TrimSpace(strings.TrimSuffix(words(l), opt))
	}
	each(n, "", func(c *html.Node) {
		switch {
		case c.Data == "p" && class(c, "help") && f.help == "":
			f.help = words(c)
		case c.Data == "legend", c.Data == "label" && n.Data != "fieldset":
			label(c)
		case c.Data == "option" && attr(c, "value") != "":
			f.kind = "select"
			f.options = append(f.options, choice{label: words(c), token: attr(c, "value")})
			if has(c, "selected") {
				f.value = append(f.value, attr(c, "value"))
			}
		case c.Data == "input" && (attr(c, "type") == "radio" || attr(c, "type") == "checkbox"):
			f.kind = attr(c, "type")
			f.options = append(f.options, choice{label: words(next(c, "label")), token: attr(c, "value")})
			if has(c, "checked") {
				f.value = append(f.value, attr(c, "value"))
			}
		case c.Data == "input":
			if v := attr(c, "value"); v != "" {
				f.value = []string{v}
			}
		case c.Data == "textarea":
			f.kind = "area"
			if v := strings.TrimSpace(words(c)); v != "" {
				f.value = []string{v}
			}
		}
	})
	return f
}
