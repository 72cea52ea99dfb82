package main_test

import (
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/meldroute/meldroute/adapters/mattermost/mattermosttest"
	"github.com/meldroute/meldroute/store/storetest"
)

var (
	linkRE      = regexp.MustCompile(`\((` + regexp.QuoteMeta(pageAt) + `/f/[^)]+)\)`)
	referenceRE = regexp.MustCompile(`SIG-\d{4}-[0-9A-Z]{5}`)
)

// invited is the link of somebody and what stands beside it: in the window that
// he opened, or in the newest message that holds one.
func (x *seat) invited() (url, note string) {
	x.t.Helper()
	if x.dialog != nil {
		m := linkRE.FindStringSubmatch(x.dialog.Intro)
		if m == nil || len(x.dialog.Elements) > 0 {
			x.t.Fatalf("%s: no window with a link alone: %+v", x.id, x.dialog)
		}
		return m[1], x.dialog.Intro
	}
	until(x.t, "a link for "+x.id, func() bool {
		for _, p := range slices.Backward(x.read(x.id)) {
			if m := linkRE.FindStringSubmatch(p.Raw); m != nil {
				url, note = m[1], p.Text
				return true
			}
		}
		return false
	})
	return url, note
}

// On Mattermost, with forms on the bot's own page, a signal goes from a report
// to a case that is taken, with a way in for buttons and without: what was filled
// in stands in no table of Mattermost's database. A link in a message is gone
// when it was used.
func TestPagesOnMattermost(t *testing.T) {
	t.Parallel()
	for name, callback := range map[string]string{"buttons": wayIn, "none": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			place(t)
			w := settle(t, mattermosttest.Shared(t))
			w.buttons = true // nothing of a form may be kept, whichever way
			s := &story{t: t, town: w, name: filepath.Join("..", "mattermost", "pagina-"+name), numbers: map[string]string{}, plants: []string{"kooibedloods"}}
			s.p = w.start(t, w.config(t, "  free_text: web\n"+callback)+covered+pageConfig)
			at := s.p.after(s.p.out, 0, pageAt+", op ")
			melder, page := w.seat(t, "medewerker-1"), newReader(t, "melder", at)
			melder.says("hallo")
			melder.presses(melder.id, "Melden")
			if callback != "" {
				melder.presses(melder.id, "Invullen")
			}
			page.opens(melder.invited())
			page.reports("Twaalf mannen slapen in een kooibedloods.")
			officer, desk := w.seat(t, readers[0]), newReader(t, "officer", at)
			until(t, "the card", func() bool { return len(officer.read("desk")) > 0 })
			if callback != "" {
				officer.presses("desk", "Openen")
			} else {
				officer.says("overzicht")
				officer.says("Open " + referenceRE.FindString(officer.read("desk")[0].Text))
			}
			desk.opens(officer.invited())
			desk.reads("Twaalf mannen slapen in een kooibedloods.")
			desk.sends("Ik neem het")
			desk.reads("Twaalf mannen slapen in een kooibedloods.")
			until(t, "the reporter hears it", func() bool {
				return slices.ContainsFunc(melder.read(melder.id), func(p mattermosttest.Post) bool { return strings.Contains(p.Text, "heeft je signaal gelezen") })
			})
			for _, x := range []*seat{melder, officer} {
				until(t, "the links are gone", func() bool {
					return !slices.ContainsFunc(x.read(x.id), func(p mattermosttest.Post) bool { return linkRE.MatchString(p.Raw) })
				})
			}
			w.sealed(s)
		})
	}
}

// The program is killed again and again while somebody fills in forms, on SQLite
// alone and on PostgreSQL with a second replica that takes over: his browser goes
// on where it was, what is sent again is one signal, and a used link stays used.
func TestPagesSurvive(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			place(t)
			w := settle(t, mattermosttest.Shared(t))
			conf := w.config(t, "  free_text: web\n") + covered
			var all []*program
			var at []string
			add := func(more string) {
				at = append(at, free(t))
				all = append(all, w.start(t, conf+fmt.Sprintf("page: {listen: %q, url: %q}\n", at[len(at)-1], pageAt)+more))
			}
			if name == "sqlite" {
				add("")
			} else {
				data := onPostgres(storetest.Postgres(t))
				add(data)
				add(strings.Replace(data, "{database", fmt.Sprintf("{key_file: %q, database", filepath.Join(all[0].dir, "data", "sleutels.json")), 1))
			}
			turn := 0
			page := newReader(t, "melder", "")
			// dies kills the program that the browser was at, and brings it to
			// another, or to the same when it is back.
			dies := func() {
				all[turn].kill()
				all[turn].run()
				turn = (turn + 1) % len(all)
				page.moves(at[turn])
			}
			page.moves(at[0])
			melder := w.seat(t, "medewerker-1")
			melder.says("hallo")
			melder.presses(melder.id, "Melden")
			link, note := melder.invited()
			dies()
			page.opens(link, note)
			sent := 0
			page.between = func() {
				if sent++; sent%3 == 1 {
					dies()
				}
			}
			last := page.reports("Twaalf mannen slapen in een kooibedloods.")
			page.between = nil
			dies()
			page.do(http.MethodPost, pageAt+"/form", last)
			page.reads("Klaar")
			thief := newReader(t, "thief", at[turn])
			thief.do(http.MethodPost, link, url.Values{"code": {checkRE.FindString(note)}})
			thief.reads("Kijk of de code klopt")
			officer := w.seat(t, readers[0])
			until(t, "the card", func() bool { return len(officer.read("desk")) > 0 })
			dies()
			if got := officer.read("desk"); len(got) != 1 {
				t.Errorf("one report, sent twice, is %d cards", len(got))
			}
		})
	}
}
