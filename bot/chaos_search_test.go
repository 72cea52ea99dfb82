//go:build unix

package main_test

import (
	"bytes"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	_ "modernc.org/sqlite" // to look at what the program wrote
)

// planted are names and words that go in through every door and may come to
// rest in no open place.
var planted = []string{
	"Zilvervos", "Kwartelkoning", "Wielewaal", "Boomvalk", "Ijsvogel", "Grutto Zwartstaart", "Roerdompweg", "Nachtzwaluw",
	"Tapuit Holding", "Blauwborst", "Draaihals", "Goudplevier", "Houtsnip", "Kramsvogel", "Pestvogel", "Sperwergriend",
	"Vuurgoudhaan", "Steenloper", "Ortolaan", "Reigersbos",
	"0612349876", "612349876", "AB-12-CD", "AB12CD",
}

// The database, its log, a dump, every log line, the metrics and every error
// that is answered hold none of twenty names and words that were typed, filled
// in, refused, or sent when nothing worked.
func TestSearchFindsNothing(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		p := start(t, planting)
		s := &seeker{p: p}
		s.plant()
		db := s.raw()
		s.broken(func() func() {
			tx, err := db.Begin()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tx.Exec(`DELETE FROM meta WHERE name = 'nothing'`); err != nil { // takes the only place for writers
				t.Fatal(err)
			}
			return func() { _ = tx.Rollback() }
		})
		s.folder("data", filepath.Join(p.dir, "data"))
		s.none("meldroute.db", "meldroute.db-wal", "stderr", "metrics", "replies", "page of medewerker-1")

		if _, err := db.Exec(`INSERT INTO meta (name, value) VALUES ('plain', ?1)`, []byte("de heer "+planted[0])); err != nil {
			t.Fatal(err)
		}
		s.folder("data", filepath.Join(p.dir, "data"))
		s.some(planted[0], "meldroute.db")
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		pg := ownPostgres(t)
		p := start(t, planting+onPostgres(pg.url()))
		s := &seeker{p: p}
		s.plant()
		s.broken(func() func() { pg.stop(); return pg.start })
		s.add("pg_dump", pg.dump())
		s.folder("server", pg.folder)
		s.folder("data", filepath.Join(p.dir, "data"))
		s.none("pg_dump", "server/log", "server/data/pg_wal", "stderr", "metrics", "replies", "page of medewerker-1")

		pg.exec(`INSERT INTO meta (name, value) VALUES ('plain', '` + planted[0] + `')`)
		s.add("pg_dump", pg.dump())
		s.some(planted[0], "pg_dump")
	})
}

// planting goes on where the harness began: under operations.
const planting = `  log_level: debug
web:
  listen: 127.0.0.1:0
  people:
    - {id: medewerker-1, name: Ortolaan, role: employee}
    - {id: aandachtsfunctionaris-1, name: A1, role: officer}
    - {id: aandachtsfunctionaris-2, name: A2, role: officer}
    - {id: coordinator, name: C, role: coordinator}
`

// seeker plants the words and looks for them.
type seeker struct {
	p       *program
	sources map[string][]byte
	replies []byte
}

func (s *seeker) add(name string, b []byte) {
	if s.sources == nil {
		s.sources = map[string][]byte{}
	}
	s.sources[name] = b
}

// plant brings the words in by every door that takes them, and by those that
// refuse them.
func (s *seeker) plant() {
	s.p.t.Helper()
	w := s.p.open("medewerker-1").watch()
	w.says("Zilvervos")
	w.says("Ik zag Kwartelkoning in de kas met Wielewaal en nog iemand, en ik weet niet goed of dat wel klopt. Wat nu?")
	w.presses("Melden")
	w.submit("", map[string]string{"Wat is gezien of gehoord?": "Boomvalk heeft BSN 123456782", "Wanneer?": "Vandaag", "Wie zag het?": "Ikzelf"})
	s.refused(w)
	w.submit("", map[string]string{"Wat is gezien of gehoord?": strings.Repeat("Ijsvogel ", 500), "Wanneer?": "Vandaag", "Wie zag het?": "Ikzelf"})
	s.refused(w)
	v := url.Values{"f.what": {"Boomvalk slaapt bij Zilvervos in de kas"}, "f.when": {"today"}, "f.street": {"Roerdompweg"}, "f.number": {"12"},
		"f.postcode": {"3441 AB"}, "f.town": {"Reigersbos"}, "f.place": {"achter Sperwergriend"}, "f.seen": {"external"}, "f.source": {"Grutto Zwartstaart"}}
	s.form(w, v)
	s.form(w, url.Values{"f.form": {"other"}})
	w.submit("skip", nil)
	s.form(w, url.Values{"f.name": {"Kwartelkoning"}, "f.looks": {"tatoeage van een Nachtzwaluw"}})
	w.says("nee")
	s.form(w, url.Values{"f.organisation": {"Tapuit Holding"}, "f.plate": {"AB-12-CD"}, "f.phone": {"0612349876"}, "f.handle": {"@Blauwborst"}})
	if w.form == nil {
		w.says("weet ik niet")
	}
	s.form(w, url.Values{"f.urgency": {"soon"}, "f.risk": {"Draaihals dreigt"}})
	s.form(w, url.Values{"f.department": {"boa"}, "f.involved": {"colleague"}, "f.contact": {"phone"}, "f.callback": {"0612349876"}, "f.time": {"na Goudplevier"}})
	s.form(w, url.Values{"f.who": {"Houtsnip"}})
	w.chooses("Versturen")
	w.sees(w.id, "Jouw code is")
	w.says("aanvullen")
	w.presses(numberPattern.FindStringSubmatch(wording(w.list(w.id)))[1])
	s.form(w, url.Values{"f.what": {"Kramsvogel was er ook"}})

	o := s.p.open("aandachtsfunctionaris-1").watch()
	o.sees("desk", "Nieuw signaal")
	o.pressesIn("desk", "Openen")
	o.chooses("Toon melder")
	s.form(o, url.Values{"f.reason": {"Pestvogel wil terugbellen"}})
	if o.form == nil || !slices.ContainsFunc(o.form.facts, func(f [2]string) bool { return f[1] == "Grutto Zwartstaart" }) {
		s.p.t.Fatalf("the reporter is not shown: %+v %q", o.form, o.notice)
	}
	o.says("Vuurgoudhaan in het kanaal")
	o.act("say", "desk", url.Values{"text": {"Steenloper in het kanaal"}})
	// A draft that stays, with content.
	w.says("melden")
	s.form(w, url.Values{"f.what": {"Zilvervos is terug, met Steenloper"}, "f.when": {"today"}, "f.seen": {"self"}})
	s.strange()
}

func (s *seeker) form(w *person, v url.Values) {
	s.p.t.Helper()
	v.Set("token", w.window().token)
	w.act("form", w.id, v)
	if len(w.errors) > 0 {
		s.p.t.Fatalf("refused: %v", w.errors)
	}
}

// refused keeps what a refused form was answered.
func (s *seeker) refused(w *person) {
	s.p.t.Helper()
	if len(w.errors) == 0 {
		s.p.t.Fatal("the form was taken")
	}
	s.replies = fmt.Appendln(s.replies, w.errors, w.notice)
}

// strange sends what no page sends, with the words in every part of it.
func (s *seeker) strange() {
	s.p.t.Helper()
	const word = "Zilvervos"
	form := "application/x-www-form-urlencoded"
	id := func() string { return "&at=medewerker-1&lang=nl&id=" + rand.Text() }
	for _, r := range []struct{ method, path, kind, body string }{
		{"GET", "/p/" + word, "", ""}, {"GET", "/" + word + "?naam=" + word, "", ""},
		{"GET", "/assets/" + word, "", ""}, {"PUT", "/p/medewerker-1/say", form, "text=" + word + id()},
		{"POST", "/p/" + word + "/say", form, "text=" + word + id()},
		{"POST", "/p/medewerker-1/" + word, form, "text=" + word + id()},
		{"POST", "/p/medewerker-1/say", form, "text=" + word}, {"POST", "/p/medewerker-1/say", form, "text=%zz" + word},
		{"POST", "/p/medewerker-1/say", form, "text=" + word + "%00" + id()}, {"POST", "/p/medewerker-1/say", form, "text=" + word + "%ff" + id()},
		{"POST", "/p/medewerker-1/say", form, "text=" + strings.Repeat(word, 9000) + id()},
		{"POST", "/p/medewerker-1/say", form, "text=" + strings.Repeat(word, 1000) + id()},
		{"POST", "/p/medewerker-1/say", "text/" + word, word}, {"POST", "/p/medewerker-1/say", "multipart/form-data; boundary=" + word, "--" + word + "\r\nContent-Disposition: form-data; name=\"f\"; filename=\"" + word + ".jpg\"\r\n\r\n" + word + "\r\n--" + word + "--"},
		{"POST", "/p/medewerker-1/press", form, "token=" + word + id()}, {"POST", "/p/medewerker-1/press", form, "token=desk-" + word + id()},
		{"POST", "/p/medewerker-1/press", form, "token=cmd-status-" + word + id()}, {"POST", "/p/medewerker-1/press", form, "token=cmd-" + word + id()},
		{"POST", "/p/medewerker-1/form", form, "token=" + word + "&act=" + word + "&f." + word + "=" + word + id()},
		{"POST", "/p/medewerker-1/form", form, "token=desk-" + word + "&act=read&f.reason=" + word + id()},
		{"POST", "/p/medewerker-1/say", form, "text=" + word + "&at=" + word + "&lang=nl&id=" + rand.Text()},
		{"POST", "/p/medewerker-1/say", form, "text=hoi&at=medewerker-1&lang=" + word + "&id=" + rand.Text()},
		{"POST", "/p/medewerker-1/say", form, "text=hoi&at=medewerker-1&lang=nl&id=" + word + word},
		{"POST", "/p/medewerker-1/say", form, "text=aanvullen+M-ZVVSS+" + word + id()},
	} {
		req, err := http.NewRequest(r.method, s.p.url+r.path, strings.NewReader(r.body))
		if err != nil {
			s.p.t.Fatal(err)
		}
		req.Header.Set("Content-Type", r.kind)
		req.Header.Set("User-Agent", word)
		if strings.HasSuffix(r.path, "/say") && r.kind == form {
			req.Header.Set("Referer", s.p.url+"/"+word)
		}
		s.ask(req)
	}
	req, _ := http.NewRequest("GET", s.p.url+"/", nil)
	req.Host = strings.ToLower(word) + ".example"
	s.ask(req)
	for _, path := range []string{"/readyz?x=" + word, "/" + word, "/metrics?name=" + word} {
		req, _ := http.NewRequest("GET", s.p.ops()+path, nil)
		s.ask(req)
	}
}

func (s *seeker) ask(req *http.Request) {
	s.p.t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.p.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		s.p.t.Fatal(err)
	}
	s.replies = fmt.Appendf(s.replies, "%d %v\n%s\n", resp.StatusCode, resp.Header, b)
}

// broken sends the words while the database does not work, and collects what
// can be searched when it works again.
func (s *seeker) broken(stop func() func()) {
	s.p.t.Helper()
	w := s.p.open("medewerker-1")
	again := stop()
	for kind, v := range map[string]url.Values{
		"say":   {"text": {"Zilvervos"}},
		"press": {"token": {"gevaar"}},
		"form":  {"token": {"x-form"}, "f.what": {"Kwartelkoning en 0612349876"}},
	} {
		v.Set("id", rand.Text())
		v.Set("at", w.id)
		v.Set("lang", "nl")
		got, err := w.send(kind, v)
		if err != nil {
			s.p.t.Fatal(err)
		}
		if kind == "press" && got.OK { // the others need to write nothing
			s.p.t.Error("a press was taken without a database")
		}
		s.replies = fmt.Appendf(s.replies, "%+v\n", got)
	}
	again()
	until(s.p.t, "ready again", func() bool {
		resp, err := http.Get(s.p.ops() + "/readyz")
		if err != nil {
			return false
		}
		defer func() { _ = resp.Body.Close() }()
		return resp.StatusCode == http.StatusOK
	})
	s.p.quiet()
	_, metrics := get(s.p.t, s.p.ops()+"/metrics")
	s.add("metrics", []byte(metrics))
	s.add("replies", s.replies)
	s.add("stdout", []byte(s.p.out.all()))
	s.add("stderr", []byte(s.p.log.all()))
	for _, who := range []string{"medewerker-1", "aandachtsfunctionaris-1", "coordinator"} {
		s.add("page of "+who, []byte(wording(s.p.page(who))))
	}
}

// folder adds the files of a folder as they are on disk now.
func (s *seeker) folder(name, dir string) {
	s.p.t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && !d.Type().IsRegular() {
			return nil // gone meanwhile, or a socket
		}
		if err != nil {
			return err
		}
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		s.add(filepath.Join(name, strings.TrimPrefix(path, dir)), b)
		return err
	})
	if err != nil {
		s.p.t.Fatal(err)
	}
}

// raw opens the program's SQLite file beside it.
func (s *seeker) raw() *sql.DB {
	s.p.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.p.dir, "data", "meldroute.db")+"?_pragma=busy_timeout(10000)&_txlock=immediate")
	if err != nil {
		s.p.t.Fatal(err)
	}
	s.p.t.Cleanup(func() { _ = db.Close() })
	return db
}

// none fails for every word that is found. The named sources must be there and
// hold something, so that nothing was looked for in an empty place.
func (s *seeker) none(must ...string) {
	s.p.t.Helper()
	for _, name := range must {
		if !slices.ContainsFunc(keys(s.sources), func(k string) bool { return strings.Contains(k, name) && len(s.sources[k]) > 0 }) {
			s.p.t.Errorf("%s is empty or was not looked at: %v", name, keys(s.sources))
		}
	}
	if found := s.find(planted); len(found) > 0 {
		s.p.t.Errorf("found in the open:\n%s", strings.Join(found, "\n"))
	}
}

// some fails unless the word is found, in that source.
func (s *seeker) some(word, in string) {
	s.p.t.Helper()
	found := s.find([]string{word})
	if !slices.ContainsFunc(found, func(f string) bool { return strings.Contains(f, in) }) {
		s.p.t.Errorf("%q was put in %s and not found: the search is blind (found: %v)", word, in, found)
	}
}

func keys(m map[string][]byte) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	return out
}

func (s *seeker) find(ws []string) []string {
	var found []string
	for name, b := range s.sources {
		if strings.HasSuffix(name, "sleutels.json") {
			continue
		}
		folded := lower(b)
		for _, w := range ws {
			for how, guise := range guises(w) {
				in := b
				if how == "plain" || how == "hex" || how == "url" {
					in, guise = folded, lower(guise)
				}
				if i := bytes.Index(in, guise); i >= 0 {
					found = append(found, fmt.Sprintf("%s as %s in %s: %q", w, how, name, b[max(0, i-80):min(len(b), i+80)]))
				}
			}
		}
	}
	slices.Sort(found)
	return found
}

// lower folds ASCII and leaves all other bytes as they are.
func lower(b []byte) []byte {
	out := bytes.Clone(b)
	for i, c := range out {
		if 'A' <= c && c <= 'Z' {
			out[i] = c + 32
		}
	}
	return out
}

// guises are the ways in which a word could stand somewhere.
func guises(w string) map[string][]byte {
	out := map[string][]byte{"plain": []byte(w), "hex": []byte(hex.EncodeToString([]byte(w))), "url": []byte(url.QueryEscape(w))}
	var wide []byte
	for _, u := range utf16.Encode([]rune(w)) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	out["utf-16"] = wide
	// In base64 a word looks different after 0, 1 or 2 bytes; the letters at
	// its edges depend on its neighbours and are left out.
	for shift := range 3 {
		enc := base64.RawStdEncoding.EncodeToString(append(make([]byte, shift), w...))
		enc = enc[[]int{0, 2, 3}[shift]:]
		out[fmt.Sprint("base64+", shift)] = []byte(enc[:len(enc)-1])
	}
	return out
}
