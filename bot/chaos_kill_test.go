package main_test

import (
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
)

const many = 64

var (
	refPattern    = regexp.MustCompile(`SIG-\d{4}-[0-9A-Z]{5}`)
	numberPattern = regexp.MustCompile(`Jouw code is (M-[0-9A-Z]{5})`)
)

// However often the program is killed while 64 people answer, every answer
// that was acknowledged is there, every report is one signal with one card and
// one receipt, and everybody gets to the end.
func TestKilledWhileManyAnswer(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, config string) {
		kills := 3
		if *long {
			kills = 40
		}
		draw := mathrand.New(mathrand.NewPCG(*seed, 7))
		p := start(t, config+crowd(2*many))
		at := newPort(p.url)
		ws := walkers(t, at, many)
		var done sync.WaitGroup
		for _, w := range ws {
			done.Go(func() {
				if err := w.report(); err != nil {
					t.Error(err)
				}
			})
		}
		all := make(chan struct{})
		go func() { done.Wait(); close(all) }()
		// A report is ten acts: the kills fall all over the 640.
		gap := 2 * many * 10 / (2*kills + 1)
		for k := 0; k < kills; k++ {
			select {
			case <-at.after(1 + draw.IntN(gap)):
			case <-all:
				k = kills
			}
			p.kill()
			p.restart()
			at.move(p.url)
		}
		<-all
		if t.Failed() {
			t.FailNow()
		}
		if *long { // and once more among the cards: their leases take a minute to pass
			more := walkers(t, at, many)
			for i, w := range more {
				w.id = employee(many + i)
			}
			together(t, more, (*walker).report)
			p.kill()
			p.restart()
			at.move(p.url)
			ws = append(ws, more...)
		}
		resent := 0
		for _, w := range ws {
			resent += w.resent
		}
		t.Logf("%d acts were sent again", resent)
		p.account(ws)
		// The last act once more: it was taken before.
		together(t, ws, func(w *walker) error { _, err := w.lastAct(); return err })
		p.account(ws)
	})
}

// account looks whether each walker's report is one signal, with one card, one
// receipt and all that was answered.
func (p *program) account(ws []*walker) {
	p.t.Helper()
	p.quiet()
	numbers := map[string]string{}
	for _, w := range ws {
		got := numberPattern.FindAllStringSubmatch(wording(p.page(w.id)), -1)
		if len(got) != 1 {
			p.t.Errorf("%s sees %d receipts, want 1: %v", w.id, len(got), got)
			continue
		}
		if other := numbers[got[0][1]]; other != "" {
			p.t.Errorf("%s and %s have the same number", w.id, other)
		}
		numbers[got[0][1]] = w.id
	}
	cards := map[string]string{} // "Openen" by reference
	for _, c := range p.page("aandachtsfunctionaris-1") {
		ref := refPattern.FindString(c.text)
		if c.log != "desk" || ref == "" {
			continue
		}
		if cards[ref] != "" {
			p.t.Errorf("%s has two cards", ref)
		}
		if len(c.choices) == 0 {
			p.t.Errorf("the card of %s has no choice", ref)
			continue
		}
		cards[ref] = c.choices[0].token
	}
	if len(cards) != len(ws) {
		p.t.Errorf("%d cards, want %d", len(cards), len(ws))
	}
	cases := p.cases(cards)
	for _, w := range ws {
		found := 0
		for ref, text := range cases {
			if !strings.Contains(text, w.mark) {
				continue
			}
			found++
			for _, said := range w.said() {
				if strings.Count(text, said) != 1 {
					p.t.Errorf("%s holds %q %d times, want 1:\n%s", ref, said, strings.Count(text, said), text)
				}
			}
		}
		if found != 1 {
			p.t.Errorf("%s has %d signals, want 1", w.id, found)
		}
	}
	if p.t.Failed() {
		p.t.FailNow()
	}
}

func wording(ps []post) string {
	var b strings.Builder
	for _, p := range ps {
		b.WriteString(p.text + "\n")
	}
	return b.String()
}

// cases opens every case as an officer.
func (p *program) cases(cards map[string]string) map[string]string {
	p.t.Helper()
	officer := p.open("aandachtsfunctionaris-1")
	out := map[string]string{}
	for ref, token := range cards {
		officer.act("press", "desk", url.Values{"token": {token}})
		f := officer.window()
		if f.title != ref {
			p.t.Errorf("the card of %s opens %s", ref, f.title)
		}
		for _, fact := range f.facts {
			out[ref] += fact[0] + ": " + fact[1] + "\n"
		}
	}
	return out
}

// 64 people submit at the same moment: 64 signals, 64 references, no error.
func TestManySubmitAtOnce(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, config string) {
		p := start(t, config+crowd(many))
		ws := walkers(t, newPort(p.url), many)
		together(t, ws, func(w *walker) error { return w.presses("gevaar") })
		together(t, ws, func(w *walker) error {
			return w.fills("what", "", url.Values{"what": {"Acuut " + w.mark}})
		})
		together(t, ws, func(w *walker) error { return w.says("ja") })
		p.quiet()
		refs := map[string]bool{}
		for _, c := range p.page("aandachtsfunctionaris-1") {
			if ref := refPattern.FindString(c.text); c.log == "desk" && ref != "" {
				refs[ref] = true
			}
		}
		numbers := map[string]bool{}
		for _, w := range ws {
			for _, m := range numberPattern.FindAllStringSubmatch(wording(p.page(w.id)), -1) {
				numbers[m[1]] = true
			}
		}
		if len(refs) != many || len(numbers) != many {
			t.Errorf("%d signals and %d receipts, want %d of each", len(refs), len(numbers), many)
		}
		if log := p.log.all(); strings.Contains(log, `"level":"ERROR"`) {
			t.Errorf("errors were logged:\n%s", log)
		}
	})
}

// The same submission delivered a hundred times at once is one signal.
func TestOneEventAHundredTimes(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, config string) {
		p := start(t, config+crowd(1))
		w := walkers(t, newPort(p.url), 1)[0]
		steps := w.steps()
		for _, step := range steps[:len(steps)-1] {
			if err := step(); err != nil {
				t.Fatal(err)
			}
		}
		v := url.Values{"token": {w.form.token}, "act": {"choose:send"}, "id": {rand.Text()}, "at": {w.id}, "lang": {"nl"}}
		errs := make(chan error, 100)
		for range cap(errs) {
			go func() {
				one := *w
				got, err := one.carry("form", v)
				if err == nil && len(got.Errors) > 0 {
					err = fmt.Errorf("a copy was refused: %v", got.Errors)
				}
				errs <- err
			}()
		}
		for range cap(errs) {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		p.account([]*walker{w})
	})
}
