package main_test

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

func (s *story) line(format string, args ...any) { fmt.Fprintf(&s.out, format+"\n", args...) }

// note writes down what happens outside the chat.
func (s *story) note(format string, args ...any) { s.line("\n* "+format, args...) }

// quietly tells something that another story has told: it is not written down.
func (s *story) quietly(tell func()) {
	s.t.Helper()
	out := s.out.String()
	tell()
	s.out.Reset()
	s.out.WriteString(out)
}

func (a *actor) begin(format string, args ...any) {
	a.s.line("\n"+a.name+" "+format, args...)
}

// after writes down what changed for everybody, once nothing is under way.
func (s *story) after(who *actor, got reply) {
	s.t.Helper()
	s.settles()
	if got.Notice != "" {
		s.line("  melding: %s", oneLine(got.Notice))
		who.counts(got.Notice)
	}
	s.said = append(s.said, got.Notice)
	for _, k := range slices.Sorted(maps.Keys(got.Errors)) {
		s.said = append(s.said, got.Errors[k])
		s.line("  fout bij %s: %s", cmp.Or(who.label(k), "het formulier"), got.Errors[k])
	}
	for _, a := range s.cast {
		a.look()
		a.news()
	}
	if who.form != nil && (got.Form != "" || got.opened != nil) {
		s.window(who)
		if who.page != nil {
			who.page.looksAt(who.form.title)
		}
	}
}

// looks lets time pass: everybody looks at the page again.
func (s *story) looks() {
	s.t.Helper()
	s.settles()
	for _, a := range s.cast {
		a.look()
		a.news()
	}
}

func (a *actor) label(name string) string {
	if a.form != nil {
		for _, f := range a.form.fields {
			if f.name == name {
				return "‘" + f.label + "’"
			}
		}
	}
	return name
}

// news writes down the posts that are new, or show something else.
func (a *actor) news() {
	for _, log := range a.logs {
		posts := a.list(log)
		// What is owed comes by a way of its own, before or after the answer.
		slices.SortStableFunc(posts, func(p, q post) int { return cmp.Compare(owed(p), owed(q)) })
		for _, p := range posts {
			if p.own {
				continue
			}
			slot := fmt.Sprint(log, "/", p.slot)
			now := rendered(p)
			if a.was[slot] == now {
				continue
			}
			to := a.name
			if log != a.id {
				to = "Het kanaal"
			}
			verb := "leest"
			if a.was[slot] != "" {
				verb = "ziet veranderen"
			}
			a.was[slot] = now
			a.s.line("  %s %s:\n    %s", to, verb, strings.ReplaceAll(now, "\n", "\n    "))
			if p.quiet {
				continue // what is left of a question
			}
			a.counts(p.text)
			for _, c := range p.choices {
				a.counts(c.label)
			}
		}
	}
}

// owed is 1 for what the reporter is told by a notice.
func owed(p post) int {
	for _, says := range []string{"Jouw code is", "Your code is", "heeft je signaal gelezen", "has read your signal"} {
		if strings.Contains(p.text, says) {
			return 1
		}
	}
	return 0
}

func rendered(p post) string {
	var b strings.Builder
	switch {
	case p.urgent:
		b.WriteString("(dringend) ")
	case p.quiet:
		b.WriteString("(klein) ")
	}
	if p.step != "" {
		b.WriteString(p.step + ". ")
	}
	b.WriteString(p.text)
	if len(p.choices) > 0 {
		b.WriteString("\n")
	}
	for i, c := range p.choices {
		if i > 0 {
			b.WriteString(" ")
		}
		b.WriteString("[" + strings.TrimSpace(c.key+" "+c.label) + "]")
	}
	return b.String()
}

// window writes down the form that opened.
func (s *story) window(a *actor) {
	f := a.form
	s.line("  %s krijgt een venster: %s", a.name, strings.TrimSuffix(f.title+" ("+f.step+")", " ()"))
	a.counts(f.title, f.intro, f.submit)
	if f.intro != "" {
		s.line("    %s", oneLine(f.intro))
	}
	if f.link != "" {
		s.line("    (koppeling) %s", coded.ReplaceAllString(f.note, "(code)"))
	}
	for _, x := range f.facts {
		a.counts(x[0])
		s.line("    %s", strings.TrimRight(x[0]+": "+oneLine(x[1]), ": "))
	}
	for _, fd := range f.fields {
		a.counts(fd.label, fd.help)
		var value []string
		var opts []string
		for _, o := range fd.options {
			a.counts(o.label)
			opts = append(opts, o.label)
			if slices.Contains(fd.value, o.token) {
				value = append(value, o.label)
			}
		}
		if len(fd.options) == 0 {
			value = fd.value
		}
		mark := ""
		if fd.optional {
			mark = " (hoeft niet)"
		}
		s.line("    %s%s [%s] %s", fd.label, mark, strings.Join(opts, " / "), oneLine(strings.Join(value, "; ")))
	}
	var ways []string
	for _, c := range append([]choice{{label: f.submit}}, f.acts...) {
		if c.label != "" {
			a.counts(c.label)
			ways = append(ways, "["+c.label+"]")
		}
	}
	s.line("    %s", strings.Join(ways, " "))
}

func oneLine(s string) string { return strings.ReplaceAll(s, "\n", " / ") }

// chrome is what stands on every screen and nobody reads: the ways on and back,
// how long a text may be, and before a title that was read, that it can be
// changed.
var chrome = regexp.MustCompile(`^(Invullen|Verder|Terug|Meer|English|Bekijk antwoorden)$|^Verander: |Hooguit \d+ tekens\.| \d$`)

// counts adds what was read for the first time to the words of a person.
func (a *actor) counts(texts ...string) {
	for _, text := range texts {
		for line := range strings.Lines(chrome.ReplaceAllString(text, "")) {
			if line = strings.TrimSpace(line); !a.read[line] {
				a.read[line] = true
				a.words += countWords(line)
			}
		}
	}
}

func countWords(s string) int {
	n := 0
	for w := range strings.FieldsSeq(s) {
		if strings.ContainsFunc(w, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
			n++
		}
	}
	return n
}
