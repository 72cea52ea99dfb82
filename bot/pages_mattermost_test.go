package main_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/meldroute/meldroute/adapters/mattermost/mattermosttest"
)

var linkRE = regexp.MustCompile(`\((` + regexp.QuoteMeta(pageAt) + `/f/[^)]+)\)`)

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
			link := func(x *seat) (url, note string) {
				t.Helper()
				if callback != "" {
					if x.dialog == nil || len(x.dialog.Elements) > 0 {
						t.Fatalf("%s: no window with a link: %+v", x.id, x.dialog)
					}
					return linkRE.FindStringSubmatch(x.dialog.Intro)[1], x.dialog.Intro
				}
				until(t, "a link for "+x.id, func() bool {
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
			melder, page := w.seat(t, "medewerker-1"), newReader(t, "melder", at)
			melder.says("hallo")
			melder.presses(melder.id, "Melden")
			if callback != "" {
				melder.presses(melder.id, "Invullen")
			}
			page.opens(link(melder))
			page.reports("Twaalf mannen slapen in een kooibedloods.")
			officer, desk := w.seat(t, readers[0]), newReader(t, "officer", at)
			until(t, "the card", func() bool { return len(officer.read("desk")) > 0 })
			if callback != "" {
				officer.presses("desk", "Openen")
			} else {
				officer.says("overzicht")
				officer.says("Open " + referenceRE.FindString(officer.read("desk")[0].Text))
			}
			desk.opens(link(officer))
			desk.reads("Twaalf mannen slapen in een kooibedloods.")
			desk.sends("Ik neem het")
			desk.reads("Twaalf mannen slapen in een kooibedloods.")
			until(t, "the reporter hears it", func() bool {
				return slices.ContainsFunc(melder.read(melder.id), func(p mattermosttest.Post) bool { return strings.Contains(p.Text, "heeft je signaal gelezen") })
			})
			if callback == "" {
				for _, x := range []*seat{melder, officer} {
					until(t, "the links are gone", func() bool {
						return !slices.ContainsFunc(x.read(x.id), func(p mattermosttest.Post) bool { return linkRE.MatchString(p.Raw) })
					})
				}
			}
			w.sealed(s)
		})
	}
}

var referenceRE = regexp.MustCompile(`SIG-\d{4}-[0-9A-Z]{5}`)
