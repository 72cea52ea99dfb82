package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// atNight are the cases that are told in the browser with -long only: the others
// take two minutes on two cores.
var atNight = []string{"telefoon", "liep-al", "oefening"}

// Whole cases are told in a real browser by keyboard alone, the reporter on a
// phone and the officer at a desk, and come to the same transcript. Every
// window has a mark of the focus in sight, needs no scrolling sideways, also on
// a phone's width and at 200 %, and no violation of WCAG 2.2 AA.
func TestBrowserCases(t *testing.T) {
	b := openBrowser(t)
	for name, play := range cases() {
		t.Run(name, func(t *testing.T) {
			if !*long && slices.Contains(atNight, name) {
				t.Skip("with -long")
			}
			t.Parallel()
			play(t, b.tellCase)
		})
	}
}

// tellCase begins a case whose people use the page.
func (b *browser) tellCase(t *testing.T, name string, plants ...string) (s *story, melder, officer *actor) {
	t.Helper()
	mine := *b
	mine.t = t
	s = tell(t, filepath.Join("..", "cases", name), covered, plants...)
	melder, officer = s.usual()
	melder.page = mine.page(name+"-melder", s.p.url, melder.id, true)
	officer.page = mine.page(name+"-officier", s.p.url, officer.id, false)
	officer.says("")
	return s, melder, officer
}

// page opens a tab for somebody; the page itself he opens later.
func (b *browser) page(name, url, id string, narrow bool) *page {
	b.t.Helper()
	width, height, looked := int64(deskWidth), int64(deskHeight), &b.windows.desk
	if narrow {
		width, height, looked = phoneWidth, phoneHeight, &b.windows.phone
	}
	if *long { // by night each window of each case is looked at
		looked = &sync.Map{}
	}
	return &page{
		tab: b.tab(name, "about:blank", width, height, false, 1), url: url + "/p/" + id, id: id, narrow: narrow, looked: looked,
	}
}

// looksAt looks at the first window of a kind with axe-core, and at all widths.
// Of each that opens pictures are kept when somebody wants them.
func (p *page) looksAt(title string) {
	p.b.t.Helper()
	kept := os.Getenv("MELDROUTE_SCREENSHOTS") != ""
	_, again := p.looked.LoadOrStore(title, true)
	if again && !kept {
		return
	}
	p.shots++
	desk, phone := [2]int64{deskWidth, deskHeight}, [2]int64{phoneWidth, phoneHeight}
	sizes := [][2]int64{{deskWidth / 2, deskHeight / 2}, phone, desk} // the first is a desk at 200 %, the last its own
	if p.narrow {
		slices.Reverse(sizes[1:])
	}
	for i, size := range sizes {
		width, height := size[0], size[1]
		p.run(chromedp.EmulateViewport(width, height))
		if wide := read[string](p, `
			const wide = [document.documentElement, open(), ...(open()?.querySelectorAll('*') ?? [])].find((e) => e && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== 'visible');
			return wide ? wide.tagName + '.' + wide.className : ''`); wide != "" {
			p.b.t.Errorf("%s, %s: has to be scrolled sideways at %d: %s", p.name, title, width, wide)
		}
		if kept && i > 0 {
			p.keeps(fmt.Sprintf("%02d-%d", p.shots, width), width, height, width == phoneWidth)
		}
	}
	if !again {
		p.audit(title)
	}
}

// keeps a picture; on a phone's width of the whole window, however long.
func (p *page) keeps(what string, width, height int64, whole bool) {
	p.b.t.Helper()
	if whole {
		all := read[int64](p, `return open() ? open().scrollHeight + 20 : 0`)
		p.run(chromedp.EmulateViewport(width, max(height, min(all, 6000))))
		defer p.run(chromedp.EmulateViewport(width, height))
	}
	p.picture(what)
}
