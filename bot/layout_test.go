package main_test

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

const module = "github.com/meldroute/meldroute/"

// house is the import law: every package, and which packages of ours it may
// import. Everyone may also import config/private. A package that is not here
// is refused, so that a new room is drawn before it is built.
//
// Floors never import each other, except that store may stand on flows, the
// pure ground. A child imports its parent for the contract, a parent never its
// child, except store, which alone seals with store/vault. The packages of bot
// never import each other, nor a driver or an adapter: only bot names those.
// The test server of Mattermost needs a PostgreSQL, which storetest starts.
var house = map[string]string{
	"bot":          "*",
	"bot/dialogue": "adapters flows flows/intake flows/handling flows/roster store config",
	"bot/desk":     "adapters flows flows/handling flows/roster store config",
	"bot/reminder": "adapters flows flows/roster store config",
	"bot/copen":    "adapters store config",
	"bot/figures":  "adapters flows flows/handling flows/roster store config",

	"adapters":                           "",
	"adapters/web":                       "adapters",
	"adapters/web/providertest":          "",
	"adapters/mattermost":                "adapters",
	"adapters/mattermost/mattermosttest": "store/storetest",
	"adapters/mattermost/setup":          "adapters",
	"adapters/slack":                     "adapters",
	"adapters/slack/slacktest":           "",
	"adapters/mail":                      "adapters",
	"adapters/mail/mailtest":             "adapters adapters/mail",
	"adapters/adaptertest":               "adapters",

	"flows":          "",
	"flows/intake":   "flows",
	"flows/handling": "flows",
	"flows/roster":   "flows",
	"flows/flowtest": "flows",

	"store":                "flows store/vault",
	"store/vault":          "",
	"store/internal/drive": "store",
	"store/sqlite":         "store store/internal/drive",
	"store/postgres":       "store store/internal/drive",
	"store/storetest":      "store store/vault flows",

	"config":         "",
	"config/private": "",
}

// outside are the libraries of others, by prefix, and which packages may
// import them. What is not here is refused: a new dependency is a decision.
// Tests, and the packages whose name ends in test, may also use those marked
// "test".
var outside = map[string]string{
	"github.com/slack-go/":                  "adapters/slack",
	"github.com/mattermost/":                "adapters/mattermost adapters/mattermost/mattermosttest adapters/mattermost/setup",
	"github.com/gorilla/websocket":          "adapters/mattermost adapters/slack test",
	"github.com/coreos/go-oidc/v3":          "adapters/web",
	"golang.org/x/oauth2":                   "adapters/web",
	"github.com/wneessen/go-mail":           "adapters/mail",
	"github.com/arran4/golang-ical":         "adapters/mail",
	"github.com/emersion/":                  "test",
	"github.com/jackc/pgx/v5":               "store/postgres store/storetest adapters/mattermost/mattermosttest",
	"modernc.org/sqlite":                    "store/sqlite",
	"github.com/gofrs/flock":                "store/sqlite adapters/mattermost/mattermosttest",
	"github.com/pressly/goose/v3":           "store/sqlite store/postgres",
	"github.com/tink-crypto/tink-go/v2":     "store/vault",
	"github.com/nyaruka/phonenumbers":       "store",
	"golang.org/x/text/unicode/norm":        "store",
	"golang.org/x/text/language":            "config",
	"github.com/nicksnyder/go-i18n/v2":      "config",
	"github.com/rickar/cal/v2":              "config",
	"go.yaml.in/yaml/v3":                    "config test",
	"github.com/robfig/cron/v3":             "config bot/reminder",
	"github.com/go-analyze/charts":          "bot/figures",
	"github.com/alecthomas/kong":            "bot",
	"github.com/prometheus/client_golang":   "bot",
	"github.com/prometheus/common/expfmt":   "test",
	"github.com/prometheus/client_model/go": "test",
	"github.com/google/go-cmp":              "test",
	"go.uber.org/goleak":                    "test",
	"pgregory.net/rapid":                    "test",
	"github.com/chromedp/":                  "test",
	"golang.org/x/net/html":                 "test",
	"golang.org/x/term":                     "bot",
}

// topLevel is what may stand beside the floors; a name that begins with a dot
// may too, and what git ignores is not looked at.
var topLevel = strings.Fields("bot adapters flows store config deploy docs go.mod go.sum README.md LICENSE CHANGELOG.md SECURITY.md publiccode.yml")

// ignored is what running and building leaves behind (.gitignore).
var ignored = strings.Fields("data meldroute node_modules cijfers meldroute.html")

// noNoun are names that say nothing of what is inside.
var noNoun = strings.Fields("util utils common helper helpers type types model models misc shared base lib core")

// maxLines is the longest a file may be that is not a test.
const maxLines = 500

// The house stands as it is drawn: no import goes up or sideways, no library
// is used outside its room, every package says what it is.
func TestLayoutFollowsTheImportLaw(t *testing.T) {
	t.Parallel()
	root := os.DirFS("..")
	for _, broken := range survey(t, root) {
		t.Error(broken)
	}
	for _, name := range topLevel {
		if _, err := fs.Stat(root, name); err != nil && name != "docs" { // docs only when README.md gets too long
			t.Error(err)
		}
	}
}

// Every breach of the law is seen, and named once.
func TestLayoutSeesEveryBreach(t *testing.T) {
	t.Parallel()
	file := func(pkg string, lines ...string) string {
		return "// Package " + pkg + " is a fixture of the test.\npackage " + pkg + "\n" + strings.Join(lines, "\n") + "\n"
	}
	tests := []struct {
		name, path, content, want string
	}{
		{"a lawful import", "store/open.go", file("store", `import _ "`+module+`flows"`), ""},
		{"the leaf", "flows/open.go", file("flows", `import _ "`+module+`config/private"`), ""},
		{"floor to floor", "flows/open.go", file("flows", `import _ "`+module+`store"`), "flows/open.go: flows must not import store"},
		{"floor to bot", "config/open.go", file("config", `import _ "`+module+`bot/desk"`), "config/open.go: config must not import bot/desk"},
		{"parent to child", "adapters/open.go", file("adapters", `import _ "`+module+`adapters/web"`), "adapters/open.go: adapters must not import adapters/web"},
		{"brother to brother", "bot/desk/open.go", file("desk", `import _ "`+module+`bot/dialogue"`), "bot/desk/open.go: bot/desk must not import bot/dialogue"},
		{"a driver below bot", "bot/desk/open.go", file("desk", `import _ "`+module+`store/sqlite"`), "bot/desk/open.go: bot/desk must not import store/sqlite"},
		{"a test beside its child", "store/open_test.go", "package store_test\n" + `import _ "` + module + `store/sqlite"`, ""},
		{"a test on its floor's ground", "store/sqlite/open_test.go", "package sqlite_test\n" + `import _ "` + module + `flows"`, ""},
		{"a test on another floor", "store/open_test.go", "package store_test\n" + `import _ "` + module + `adapters/web"`, "store/open_test.go: store must not import adapters/web, in a test either"},
		{"a test of a brother", "bot/desk/open_test.go", "package desk_test\n" + `import _ "` + module + `bot/dialogue"`, "bot/desk/open_test.go: bot/desk must not import bot/dialogue, in a test either"},
		{"a library elsewhere", "bot/desk/open.go", file("desk", `import _ "github.com/slack-go/slack"`), "bot/desk/open.go: github.com/slack-go/slack is not for bot/desk"},
		{"a library below its room", "adapters/slack/open.go", file("slack", `import _ "github.com/slack-go/slack/socketmode"`), ""},
		{"a test's library in the program", "flows/open.go", file("flows", `import _ "pgregory.net/rapid"`), "flows/open.go: pgregory.net/rapid is not for flows"},
		{"a test's library in a test", "flows/open_test.go", "package flows_test\n" + `import _ "pgregory.net/rapid"`, ""},
		{"a new library", "store/open.go", file("store", `import _ "example.org/orm"`), "store/open.go: example.org/orm is not in the table of libraries"},
		{"a new package", "bot/extra/extra.go", file("extra"), "bot/extra: not in the table of packages"},
		{"no doc comment", "flows/handling/handling.go", "package handling\n", "flows/handling: no comment that begins with \"Package handling\""},
		{"a package of odds and ends", "flows/util/util.go", file("util"), "flows/util/util.go: \"util\" is not a noun that says what is inside\nflows/util: not in the table of packages"},
		{"a file of odds and ends", "flows/helpers.go", file("flows"), "flows/helpers.go: \"helpers\" is not a noun that says what is inside"},
		{"a long file", "flows/long.go", file("flows", strings.Repeat("\n", maxLines)), "flows/long.go: 503 lines, more than 500"},
		{"a long test", "flows/long_test.go", file("flows", strings.Repeat("\n", maxLines)), ""},
		{"an init function", "flows/open.go", file("flows", "func init() {}"), "flows/open.go: has an init function"},
		{"a stray folder", "scripts/run.sh", "", "scripts: does not belong at the top"},
		{"what a run leaves", "data/meldroute.db", "", ""},
		{"a module of its own", "adapters/mattermost/testserver/main.go", "package main\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			root := fstest.MapFS{
				"go.mod":                                {Data: []byte("module " + strings.TrimSuffix(module, "/") + "\n")},
				"bot/main.go":                           {Data: []byte("// Command bot is a fixture of the test.\npackage main\n")},
				"adapters/mattermost/testserver/go.mod": {Data: []byte("module example.org/server\n")},
			}
			for pkg := range house {
				if pkg != "bot" && pkg != path.Dir(tt.path) {
					root[pkg+"/doc.go"] = &fstest.MapFile{Data: []byte(file(path.Base(pkg)))}
				}
			}
			if strings.HasSuffix(tt.path, "_test.go") {
				root[path.Dir(tt.path)+"/doc.go"] = &fstest.MapFile{Data: []byte(file(path.Base(path.Dir(tt.path))))}
			}
			root[tt.path] = &fstest.MapFile{Data: []byte(tt.content)}
			if diff := cmp.Diff(tt.want, strings.Join(survey(t, root), "\n")); diff != "" {
				t.Errorf("breaches (-want +got):\n%s", diff)
			}
		})
	}
}

// survey walks the tree and returns its breaches of the law, sorted.
func survey(t *testing.T, root fs.FS) []string {
	t.Helper()
	s := &surveyor{root: root, documented: map[string]bool{}, names: map[string]string{}}
	if err := fs.WalkDir(root, ".", s.visit); err != nil {
		t.Fatal(err)
	}
	for dir, name := range s.names {
		kind := "Package " + name
		if name == "main" {
			kind = "Command " + path.Base(dir)
		}
		if !s.documented[dir] {
			s.breach("%s: no comment that begins with %q", dir, kind)
		}
		if _, ok := house[dir]; !ok {
			s.breach("%s: not in the table of packages", dir)
		}
	}
	slices.Sort(s.breaches)
	return s.breaches
}

type surveyor struct {
	root       fs.FS
	documented map[string]bool
	names      map[string]string // of packages, by folder
	breaches   []string
}

func (s *surveyor) breach(format string, args ...any) {
	s.breaches = append(s.breaches, fmt.Sprintf(format, args...))
}

func (s *surveyor) visit(p string, d fs.DirEntry, err error) error {
	if err != nil || p == "." {
		return err
	}
	top := !strings.Contains(p, "/")
	switch {
	case strings.HasPrefix(d.Name(), "."), d.Name() == "testdata", top && slices.Contains(ignored, p):
		return skip(d)
	case top && !slices.Contains(topLevel, p):
		s.breach("%s: does not belong at the top", p)
		return skip(d)
	case d.IsDir():
		if _, err := fs.Stat(s.root, p+"/go.mod"); !errors.Is(err, fs.ErrNotExist) {
			return fs.SkipDir // a module of its own
		}
	case strings.HasSuffix(p, ".go"):
		return s.file(p)
	}
	return nil
}

func skip(d fs.DirEntry) error {
	if d.IsDir() {
		return fs.SkipDir
	}
	return nil
}

func (s *surveyor) file(p string) error {
	src, err := fs.ReadFile(s.root, p)
	if err != nil {
		return err
	}
	f, err := parser.ParseFile(token.NewFileSet(), p, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	dir := path.Dir(p)
	test := strings.HasSuffix(p, "_test.go")
	support := strings.HasSuffix(dir, "test") // a package for tests
	stem, _, _ := strings.Cut(strings.TrimSuffix(path.Base(p), ".go"), "_")
	if slices.Contains(noNoun, stem) {
		s.breach("%s: %q is not a noun that says what is inside", p, stem)
	}
	if n := bytes.Count(src, []byte("\n")); n > maxLines && !test && !support {
		s.breach("%s: %d lines, more than %d", p, n, maxLines)
	}
	if !test {
		s.names[dir] = f.Name.Name
		want := "Package " + f.Name.Name + " "
		if f.Name.Name == "main" {
			want = "Command " + path.Base(dir) + " "
		}
		s.documented[dir] = s.documented[dir] || f.Doc != nil && strings.HasPrefix(f.Doc.Text(), want)
	}
	for _, decl := range f.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
			s.breach("%s: has an init function", p)
		}
	}
	for _, imp := range f.Imports {
		s.imports(p, dir, strings.Trim(imp.Path.Value, "\""), test, test || support)
	}
	return nil
}

func (s *surveyor) imports(p, dir, imp string, test, libs bool) {
	to, ours := strings.CutPrefix(imp, module)
	switch {
	case ours && !may(dir, to, test):
		either := ""
		if test {
			either = ", in a test either"
		}
		s.breach("%s: %s must not import %s%s", p, dir, to, either)
	case ours, !strings.Contains(strings.Split(imp, "/")[0], "."): // the standard library
	default:
		rooms, known := rooms(imp)
		switch {
		case !known:
			s.breach("%s: %s is not in the table of libraries", p, imp)
		case slices.Contains(rooms, dir), libs && slices.Contains(rooms, "test"):
		case test && slices.ContainsFunc(rooms, func(r string) bool { return strings.HasPrefix(r, dir+"/") }):
			// a floor's own test may look beneath its drivers
		case test && dir == "bot":
			// the program's own tests tamper with what the floors keep
		default:
			s.breach("%s: %s is not for %s", p, imp, dir)
		}
	}
}

// may reports whether a package may import another of ours. A test may use
// its whole floor, where its conformance suite and its drivers are, and what
// that floor stands on; a test of bot's packages may use every floor, and none
// of the others of bot.
func may(from, to string, test bool) bool {
	allowed := strings.Fields(house[from])
	if to == "config/private" || slices.Contains(allowed, to) || house[from] == "*" {
		return true
	}
	if !test {
		return false
	}
	floor := func(p string) string { f, _, _ := strings.Cut(p, "/"); return f }
	if floor(from) == "bot" {
		return from == to || floor(to) != "bot"
	}
	return floor(from) == floor(to) || slices.Contains(strings.Fields(house[floor(from)]), to)
}

// rooms are the packages that may import a library.
func rooms(imp string) ([]string, bool) {
	for prefix, packages := range outside {
		if rest, ok := strings.CutPrefix(imp, strings.TrimSuffix(prefix, "/")); ok && (rest == "" || rest[0] == '/') {
			return strings.Fields(packages), true
		}
	}
	return nil, false
}
