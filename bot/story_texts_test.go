package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/meldroute/meldroute/bot/dialogue"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/flows/handling"
	"github.com/meldroute/meldroute/flows/intake"
	"github.com/meldroute/meldroute/flows/roster"
)

// literals are the string literals in the Go files of a folder, tests left out.
func literals(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	for _, f := range parseDir(t, dir) {
		ast.Inspect(f, func(n ast.Node) bool {
			if kv, ok := n.(*ast.KeyValueExpr); ok {
				if k, ok := kv.Key.(*ast.Ident); ok && k.Name == "Action" {
					return false // the journal's own words
				}
			}
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				s, err := strconv.Unquote(l.Value)
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, s)
			}
			return true
		})
	}
	return out
}

func parseDir(t *testing.T, dir string) []*ast.File {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no Go files in %s (%v)", dir, err)
	}
	var out []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, f)
	}
	return out
}

// constants are the values of the string constants of a folder whose name or
// type matches.
func constants(t *testing.T, dir, match string) []string {
	t.Helper()
	re := regexp.MustCompile(match)
	var out []string
	for _, f := range parseDir(t, dir) {
		ast.Inspect(f, func(n ast.Node) bool {
			v, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			typ, _ := v.Type.(*ast.Ident)
			for i, name := range v.Names {
				if i >= len(v.Values) || !re.MatchString(name.Name) && (typ == nil || !re.MatchString(typ.Name)) {
					continue
				}
				if l, ok := v.Values[i].(*ast.BasicLit); ok {
					s, _ := strconv.Unquote(l.Value)
					out = append(out, s)
				}
			}
			return true
		})
	}
	if len(out) == 0 {
		t.Fatalf("no constants %s in %s", match, dir)
	}
	return out
}

var (
	wholeID  = regexp.MustCompile(`^(?:d|g|q|e|w|r|desk|people|roster|remind|check|web|mail|copen|config|keys|backup|restore|rights|journal)(?:\.[a-z0-9]+)+$`)
	prefixID = regexp.MustCompile(`^(?:d|g|q|e|w|r|desk|people|roster|remind|check|web|mail|copen|config|keys|backup|restore|rights|journal)\.(?:[a-z0-9]+\.)*$`)
)

// emitted are the ids that the program can say: those of the flows, those that
// stand in its source, and those that its source puts together.
func emitted(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	p := dialogue.Params(config.Default())
	for _, f := range []flows.Flow{intake.Build(p), intake.Enter(p), intake.Addition(p), intake.Called(), intake.Withdraw()} {
		for _, id := range f.TextIDs() {
			out[id] = "flow " + f.Name
		}
	}
	status := constants(t, "../store", `^Status$`)
	urgency := constants(t, "../flows", `^Urgency$`)
	kinds := constants(t, "desk", `^Kind[A-Z]`)
	// To the channel, the reporter and the coördinatoren there are texts of
	// another name.
	kinds = slices.DeleteFunc(kinds, func(k string) bool {
		return slices.Contains([]string{"card", "erased", "read", "alarm", "feedback", "moved", "receipt", "enddrill"}, k)
	})
	together := map[string][]string{
		"d.status.": status, "desk.status.": status, "desk.urgency.": urgency, "desk.notice.": kinds,
		"desk.mark.": constants(t, "../store", `^Mark[A-Z]`),
		"keys.use.":  constants(t, "../store/vault", `^Use$`),
		"rights.":    strings.Fields("officer coordinator dpo admin officer.never coordinator.never dpo.never admin.never"),
		"d.menu.":    {"clear", "asks", "disagrees", "card", "contact", "add", "withdraw", "stop"},
		"desk.call.": handling.CallOrder(),
		"desk.ask.":  handling.CallOrder(),
		"desk.f.":    nil, // only cut off
		"q.":         nil, // TestOptionsAreSaid
		"g.":         nil,
		// Windows about the team, and the parts of the overview.
		"people.":            strings.Fields("absent absent.intro duty duty.intro hours hours.intro advice advice.intro leave figures rights"),
		"people.figures.as.": strings.Fields("page table merge charts"),
		"people.t.":          named(t, "x", "desk/absent.go", "desk/duty.go", "desk/hours.go", "desk/leave.go", "desk/figures.go", "desk/training.go"),
		"people.hours.":      {"own", "team"},
		"desk.overview.":     constants(t, "../store", `^Pick[A-Z]`),
	}
	together["desk.overview."] = slices.DeleteFunc(together["desk.overview."], func(w string) bool { return w == "" })
	for _, id := range roster.TextIDs() {
		out[id] = "flows/roster"
		together["roster."] = append(together["roster."], strings.TrimPrefix(id, "roster."))
	}
	together["desk.t."] = literalsIn(t, "desk/task.go", "desk/partner.go", "desk/measure.go", "desk/outside.go", "desk/leak.go", "desk/file.go", "desk/keep.go", "desk/access.go", "desk/rectify.go")
	for _, name := range strings.Fields("keep rectify suggest agree unreached anonymous leak involved check measure give hours take lookups facts confidant table acute handover depart answer message note close reopen calls enddrill") {
		together["desk.task."] = append(together["desk.task."], name)
		if name != "take" && name != "enddrill" {
			out["desk.task."+name+".intro"] = "desk"
		}
	}
	for _, id := range handling.TextIDs() {
		out[id] = "flows/handling"
	}
	copenIDs(t, out, together)
	for _, tp := range handling.Templates() {
		out[tp.ID] = "desk"
		if !tp.Words {
			out["desk."+tp.ID] = "desk"
		}
	}
	together["remind."] = strings.Fields("youth rights meeting")
	together["remind.contacts."] = strings.Fields("right more")
	together["desk."] = []string{"answer.refused", "answer.recall", "answer.ask", "keep.extend", "keep.hold", "keep.release", "access.intro", "access.found.intro", "access.made.intro"}
	for _, dir := range []string{".", "dialogue", "desk", "copen", "reminder", "../adapters/mail"} {
		for _, s := range literals(t, dir) {
			switch {
			case wholeID.MatchString(s):
				out[s] = dir
			case prefixID.MatchString(s):
				ends, ok := together[s]
				if !ok {
					t.Errorf("%s puts ids together with %q: say in this test which", dir, s)
				}
				for _, end := range ends {
					out[s+end] = dir
				}
			}
		}
	}
	return out
}

// copenIDs are what the Copen meeting puts together: what each kind of notice
// says in the chat and by mail, its buttons, and the fields of its forms.
func copenIDs(t *testing.T, out map[string]string, together map[string][]string) {
	t.Helper()
	const chat, post = "plan plan.again poll invite invite.again cancel ask remind pack share minutes report action gap",
		"poll invite invite.again cancel ask remind share report action"
	together["copen.m."] = strings.Fields(chat)
	for _, kind := range strings.Fields(post) {
		together["copen.m."] = append(together["copen.m."], kind+".mail")
	}
	together["copen.press."] = constants(t, "copen", `^press[A-Z][a-z]+$`)
	together["copen.guest."] = []string{"poll", "talk", "done"}
	together["copen.guest.nopage."] = []string{"date", "pack"}
	together["copen.o.type."] = constants(t, "copen", `^Action[A-Z]`)
	together["copen.task."] = strings.Fields("date propose answers talk pack share minutes missed action done cancel")
	for _, name := range together["copen.task."] {
		if name != "pack" {
			out["copen.task."+name+".intro"] = "copen"
		}
	}
	together["copen.t."] = strings.Fields("date time date1 date2 date3 date4 despite who dates talk minutes type what owner due actions")
	together["copen."] = nil // the journal's
}

// literalsIn are the names of the fields that the desk's tasks ask for: the
// first words of field, choose and dated.
func literalsIn(t *testing.T, files ...string) []string {
	t.Helper()
	return append(named(t, "w", files...), "look_person", "look_organisation", "look_address")
}

// named are the first words of a receiver's field, choose and dated.
func named(t *testing.T, receiver string, files ...string) []string {
	t.Helper()
	named := regexp.MustCompile(receiver + `\.(?:field|choose|dated)\("([a-z]+)"`)
	var out []string
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range named.FindAllStringSubmatch(string(b), -1) {
			out = append(out, m[1])
		}
	}
	return out
}

// Every text id that the program can emit exists, in both languages and with
// the same placeholders (LoadTexts refuses anything else).
func TestStoryTextsExist(t *testing.T) {
	t.Parallel()
	texts, err := config.LoadTexts(nil)
	if err != nil {
		t.Fatal(err)
	}
	ids := emitted(t)
	if len(ids) < 200 {
		t.Fatalf("found only %d ids: the search is broken", len(ids))
	}
	for id, where := range ids {
		if !texts.Has(id) {
			t.Errorf("%s says %q, which does not exist", where, id)
		}
	}
	for _, id := range texts.IDs() {
		area, _, _ := strings.Cut(id, ".")
		if _, ok := ids[id]; !ok && slices.Contains([]string{"d", "desk", "people", "roster", "remind", "q", "g", "r", "e", "w", "mail", "copen"}, area) {
			t.Logf("nobody says %s", id)
		}
	}
}

// Every answer that a flow offers in words of its own is shown to the desk in
// words, not as the option's id.
func TestStoryOptionsAreSaid(t *testing.T) {
	t.Parallel()
	texts, err := config.LoadTexts(nil)
	if err != nil {
		t.Fatal(err)
	}
	p := dialogue.Params(config.Default())
	for _, f := range []flows.Flow{intake.Build(p), intake.Enter(p), intake.Addition(p), intake.Called()} {
		for _, st := range f.Steps {
			for _, q := range st.Questions {
				if st.Aside && f.Name == intake.Name || st.Review {
					continue
				}
				for _, o := range q.Options {
					if o.Label.ID == "" || q.ID == "start" || q.ID == "more" {
						continue // the configuration's own words; no answers
					}
					if !texts.Has("q."+q.ID+"."+o.ID) && !texts.Has("g."+o.ID) {
						t.Errorf("the desk would read %q for %s of %s", o.ID, q.ID, f.Name)
					}
				}
			}
		}
	}
}

// What employees and officers read is at level B1: all Dutch catalogs, and the
// words of the configuration that are asked or said.
func TestStoryTextsAreReadable(t *testing.T) {
	t.Parallel()
	texts, err := config.LoadTexts(nil)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, id := range texts.IDs() {
		args := map[string]any{}
		for _, name := range texts.Slots(id) {
			args[name] = "woord"
		}
		all[id] = texts.Say("nl", id, args)
	}
	p := dialogue.Params(config.Default())
	for _, st := range intake.Build(p).Steps {
		all["step "+st.ID] = st.Say.NL
		for _, q := range st.Questions {
			all["question "+st.ID+"."+q.ID] = q.Label.NL
			for _, o := range q.Options {
				all["option "+st.ID+"."+q.ID+"."+o.ID] = o.Label.NL
			}
		}
	}
	total, count := 0.0, 0.0
	for id, text := range all {
		mean, longest := config.Readability(text)
		n := float64(len(config.Sentences(text)))
		total, count = total+mean*n, count+n
		if longest > 15 {
			t.Errorf("%s has a sentence of %d words: %s", id, longest, text)
		}
	}
	if mean := total / count; mean > 10 {
		t.Errorf("got %.1f words a sentence, want at most 10", mean)
	}
}

// No transcript holds the mark of a text that could not be said.
func TestStoriesAreSaidWhole(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/stories/*.golden")
	if err != nil || len(files) < 12 {
		t.Fatalf("got %d stories, want at least 12 (%v)", len(files), err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if m := unsaid.Find(b); m != nil {
			t.Errorf("%s holds %s", name, m)
		}
	}
}

// unsaid is what Texts.Say gives for a text that is not there, or lacks an
// argument.
var unsaid = regexp.MustCompile(`\[(?:d|g|q|e|w|r|desk|people|roster|remind|check|web|mail|copen|config|keys|backup|restore|rights|journal)(?:\.[a-z0-9]+)+\]|<no value>|\{\{`)
