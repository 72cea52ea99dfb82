package main_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// everyone are the people of the try-out; each reads a page.
var everyone = []string{"medewerker-1", "medewerker-2", "aandachtsfunctionaris-1", "aandachtsfunctionaris-2", "coordinator", "teamcoordinator"}

// sealed ends the program and searches everything that is not a form for the
// plants: every post on every page, notices and errors, the log, the metrics,
// and every byte of the database, while it runs and after it ended.
func (s *story) sealed() {
	s.t.Helper()
	posts := ""
	for _, id := range everyone {
		w := s.p.open(id).look()
		posts += show(w.list(id)) + show(w.list("desk"))
	}
	_, metrics := get(s.t, s.p.operations()+"/metrics")
	places := map[string][]byte{
		"a post": []byte(posts), "a notice": []byte(strings.Join(s.said, "\n")), "the metrics": []byte(metrics),
	}
	for name, b := range s.files() {
		places[name+" while it runs"] = b
	}
	s.p.stop()
	for name, b := range s.files() {
		places[name+" after the end"] = b
	}
	places["the log"] = []byte(s.p.log.all() + s.p.out.all())
	s.search(places)
	if len(held(places["meldroute.db after the end"], "signal.", "intake")) == 0 {
		s.t.Error("the search does not see what the database holds")
	}
}

// search finds no plant in any place.
func (s *story) search(places map[string][]byte) {
	s.t.Helper()
	for name, b := range places {
		for _, plant := range held(b, s.plants...) {
			s.t.Errorf("%q stands in %s: %.200q", plant, name, b)
		}
	}
}

// files are the contents of the data folder, without the keys.
func (s *story) files() map[string][]byte {
	s.t.Helper()
	out := map[string][]byte{}
	root := filepath.Join(s.p.dir, "data")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			return nil // a log that was just closed
		}
		out[filepath.Base(path)] = b
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

// held are the texts that stand in b: as they are, in any case, or encoded in a
// way that a careless program would.
func held(b []byte, texts ...string) []string {
	low := bytes.ToLower(b)
	var found []string
	for _, text := range texts {
		stands := bytes.Contains(low, []byte(strings.ToLower(text))) || bytes.Contains(low, []byte(hex.EncodeToString([]byte(text))))
		for pad := 0; pad < 3 && len(text) >= 6; pad++ { // base64 at each of its three phases, without its edges; a shorter one may be chance
			enc := base64.RawStdEncoding.EncodeToString(append(make([]byte, pad), text...))
			from := []int{0, 2, 3}[pad]
			stands = stands || bytes.Contains(b, []byte(enc[from:len(enc)-2]))
		}
		if stands {
			found = append(found, text)
		}
	}
	return found
}
