package main_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/meldroute/meldroute/adapters/slack/slacktest"
	"github.com/meldroute/meldroute/bot/dialogue"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/flows/intake"
)

// What the program sends to Slack, for each screen that a tour of it comes upon:
// with the longest and strangest that can stand there, as it goes over the wire,
// in both languages. Slack's own types take all of it, and no window and no step
// of a flow is left out.
func TestSlackGolden(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"nl", "en"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			if lang == "nl" || !raced || *long || *update { // races are found in one language
				visit(t, lang)
			}
			var all []slacktest.Payload
			files, err := filepath.Glob(filepath.Join(galleryDir, "*."+lang+".golden"))
			if err != nil || len(files) != galleryFiles {
				t.Fatalf("%d files (%v), want %d", len(files), err, galleryFiles)
			}
			for _, file := range files {
				all = append(all, payloads(t, file)...)
			}
			slacktest.FitTypes(t, all)
		})
	}
}

// galleryDir is where the payloads are, in as many files for each language.
const (
	galleryDir   = "testdata/gallery"
	galleryFiles = 7
)

// visit makes the tour, and compares what is sent with the files.
func visit(t *testing.T, lang string) {
	t.Helper()
	g := openGallery(t, lang)
	g.tour()
	all := g.exhibits()
	g.unseen(all)
	files := map[string][]slacktest.Payload{}
	for _, x := range paint(t, lang, g.dialogue.Phones(lang), all) {
		files[x.room] = append(files[x.room], x.Payload)
	}
	for _, room := range slices.Sorted(maps.Keys(files)) {
		compare(t, filepath.Join(galleryDir, room+"."+lang+".golden"), golden(t, files[room]))
	}
	t.Logf("%d screens, %d acts", len(all), g.ids)
}

// payloads are what stands in a file.
func payloads(t *testing.T, file string) (out []slacktest.Payload) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for from := json.NewDecoder(bytes.NewReader(b)); from.More(); {
		var p slacktest.Payload
		if err := from.Decode(&p); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		p.Name = filepath.Base(file) + ": " + p.Name
		out = append(out, p)
	}
	return out
}

// compare holds a file against what it should be, or writes it anew.
func compare(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(want, got) {
		t.Errorf("%s is not what is sent (%v): go test ./bot -run TestSlackGolden -update, and look at the difference", file, err)
	}
}

// unseen fails for every window that the program has and the tour did not see:
// each says in an intro of its own what it is for.
func (g *gallery) unseen(all []*exhibit) {
	g.t.Helper()
	var b strings.Builder
	for _, e := range all {
		b.WriteString(e.text() + "\n")
	}
	ids := map[string]bool{}
	for id := range emitted(g.t) {
		ids[id] = strings.HasSuffix(id, ".intro")
	}
	p := dialogue.Params(g.config)
	for _, f := range []flows.Flow{intake.Build(p), intake.Enter(p), intake.Addition(p), intake.Called(), intake.Withdraw()} {
		for _, st := range f.Steps {
			ids[st.Say.ID], ids[st.SkipLabel.ID] = true, true
			if st.Asks() == flows.Window {
				ids[st.Title.ID] = true
			}
			for _, q := range st.Questions {
				ids[q.Label.ID] = true
				for _, o := range q.Options {
					ids[o.Label.ID] = true
				}
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		if !ids[id] || !g.texts.Has(id) {
			continue
		}
		args := map[string]any{}
		for _, slot := range g.texts.Slots(id) {
			args[slot] = "\x00"
		}
		like := strings.ReplaceAll(regexp.QuoteMeta(g.texts.Say(g.lang, id, args)), "\x00", ".*")
		if !regexp.MustCompile("(?s)" + like).MatchString(b.String()) {
			g.t.Errorf("the tour does not see the window of %s", id)
		}
	}
}
