package main_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// page is a person's page in Chromium, used by keyboard alone: Tab to get
// somewhere, Enter, Space, arrows and letters to do something. Scripts only look,
// and plan the way.
type page struct {
	*tab
	url, id string
	opened  bool
	looked  *sync.Map // kinds of window that axe-core has seen, here or elsewhere
	shots   int
	narrow  bool // a phone, else a desk
}

// The sizes of the screens: WCAG's narrowest phone, and a desk.
const (
	phoneWidth, phoneHeight = 360, 740
	deskWidth, deskHeight   = 1280, 800
)

// eye is what every script may use: what is in sight, and where a person would
// press.
const eye = `
	const open = () => document.querySelector('dialog[open]');
	const seen = (e) => !!e && e.checkVisibility({visibilityProperty: true});
	const label = (b) => (b.querySelector(':scope > span') ?? b).textContent.trim();
	const log = (id) => document.querySelector('[data-log="' + id + '"]');
	const field = (name) => open()?.querySelector('[data-field="' + CSS.escape(name) + '"]');
	const radio = (name) => [...field(name).querySelectorAll('input')];
`

// read evaluates a script and returns its value.
func read[T any](p *page, js string, args ...any) T {
	p.b.t.Helper()
	return value(p.tab, chromedp.Evaluate[T]("(() => {"+eye+fmt.Sprintf(js, args...)+"})()"))
}

// until waits for a script to be true.
func (p *page) until(js string, args ...any) {
	p.b.t.Helper()
	p.wait("(() => {" + eye + fmt.Sprintf(js, args...) + "})()")
}

// types presses keys.
func (p *page) types(keys string, opts ...chromedp.KeyOption) {
	p.b.t.Helper()
	p.run(chromedp.KeyEvent(keys, opts...))
}

// plan finds out how far a target is in the order of focus: a target in js, as an
// expression. It is 0 when the focus is there.
const plan = `
	const to = %s;
	if (!to) return null;
	window.goal = to;
	if (document.activeElement === to) return 0;
	const group = (e) => e.type === 'radio' ? e.name : e;
	if (to.type === 'radio' && group(document.activeElement) === to.name) return 0;
	const root = open() ?? document;
	const stops = [...root.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]')]
		.filter((e, i, all) => seen(e) && !e.disabled && (e.type !== 'radio' || e.checked || !all.slice(0, i).some((o) => o.name === e.name) && !all.some((o) => o.name === e.name && o.checked)));
	const at = (e) => stops.findIndex((s) => s === e || e.type === 'radio' && s.name === e.name);
	const from = stops.findLastIndex((s) => s === document.activeElement || (s.compareDocumentPosition(document.activeElement) & Node.DOCUMENT_POSITION_FOLLOWING) || s.contains(document.activeElement));
	return at(to) - from;
`

// there says what is wrong with the focus, "" when it is on the goal and can be
// seen there.
const there = `
	const on = document.activeElement, to = window.goal;
	if (on !== to && !(to.type === 'radio' && on.name === to.name)) return 'elsewhere';
	const mark = on.matches('[type=radio], [type=checkbox]') ? on.nextElementSibling : on;
	const style = getComputedStyle(mark);
	if (style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 2) return 'no mark of the focus';
	const box = mark.getBoundingClientRect();
	if (box.bottom < 1 || box.top > innerHeight - 1 || box.right < 1 || box.left > innerWidth - 1) return 'out of sight';
	return '';
`

// reaches goes to a target with Tab, or with Shift and Tab when that is nearer.
func (p *page) reaches(what, target string) {
	p.b.t.Helper()
	way := read[*int](p, plan, target)
	if way == nil {
		p.fails("%s is not there", what)
	}
	step := func(n int) {
		back := []chromedp.KeyOption{}
		if n < 0 {
			n, back = -n, append(back, chromedp.KeyModifiers(chromedp.ModifierShift))
		}
		p.types(strings.Repeat(kb.Tab, n), back...)
	}
	if *way != 0 {
		step(*way)
	}
	why := read[string](p, there)
	for range 40 { // a date is several stops
		if why != "elsewhere" {
			break
		}
		if *way < 0 {
			step(-1)
		} else {
			step(1)
		}
		why = read[string](p, there)
	}
	if why != "" {
		p.fails("%s, by keyboard: %s; the focus is on %s", what, why, read[string](p, `return document.activeElement.outerHTML.slice(0, 300)`))
	}
}

func (p *page) fails(format string, args ...any) {
	p.b.t.Helper()
	shown := read[string](p, `return (open() ?? document.body).innerText`)
	p.b.t.Fatalf("%s: %s\nThe page shows:\n%s", p.name, fmt.Sprintf(format, args...), shown)
}

// begins opens the page, which asks for the greeting by itself.
func (p *page) begins() {
	p.b.t.Helper()
	p.opened = true
	p.run(chromedp.Navigate(p.url))
	p.until(`return !!log(%q)?.querySelector('.post.bot')`, p.id)
}

// act does something and waits until the page has its answer.
func (p *page) act(at string, do func()) reply {
	p.b.t.Helper()
	before := read[[]string](p, `
		window.was = open()?.querySelector('form');
		return [...document.querySelectorAll('.entry[data-slot]')].map((e) => e.dataset.slot)`)
	do()
	p.until(`return !document.body.hasAttribute('data-busy')`)
	got := read[struct {
		Form, Notice string
		Errors       map[string]string
		New          []string
	}](p, `
		const form = open()?.querySelector('form'), errors = {};
		const fresh = form && form !== window.was;
		const note = log(%q)?.querySelector('.notice');
		let notice = seen(note) ? note.querySelector('.notice-text p')?.textContent ?? '' : '';
		if (form) notice ||= form.querySelector('.form-notice').textContent;
		if (form && !fresh) {
			for (const f of form.querySelectorAll('[data-field]')) {
				const wrong = f.querySelector('.error');
				if (seen(wrong)) errors[f.dataset.field] = wrong.textContent;
			}
			const whole = [...form.querySelectorAll('.summary li')].find((li) => seen(li) && !li.querySelector('a'));
			if (whole) errors[''] = whole.textContent;
		}
		const fresher = [...document.querySelectorAll('.entry[data-slot]')].filter((e) => e.querySelector('.post.bot.urgent'));
		return {Form: fresh ? form.outerHTML : '', Notice: notice, Errors: errors, New: fresher.map((e) => e.dataset.slot + '\n' + e.innerHTML)}`, at)
	out := reply{OK: true, Notice: got.Notice, Errors: got.Errors, Form: got.Form}
	for _, e := range got.New {
		if slot, html, _ := strings.Cut(e, "\n"); !slices.Contains(before, slot) {
			out.early = readPost(p.b.t, html).text
		}
	}
	return out
}

// says types a message; to say nothing is to open the page.
func (p *page) says(text string) reply {
	p.b.t.Helper()
	if text == "" {
		p.begins()
		return reply{OK: true}
	}
	p.leaves()
	got := p.act(p.id, func() {
		p.shown(p.id)
		p.reaches("where to type", fmt.Sprintf(`log(%q).querySelector('form.type input')`, p.id))
		p.types(text + kb.Enter)
	})
	got.early = ""
	return got
}

// presses presses the newest choice with a label.
func (p *page) presses(at, text string) reply {
	p.b.t.Helper()
	p.leaves()
	p.shown(at)
	target := fmt.Sprintf(`[...log(%q).querySelectorAll('button[data-token]')].filter((b) => seen(b) && label(b) === %q).at(-1)`, at, text)
	danger := read[bool](p, `return (%s)?.hasAttribute('data-danger') ?? false`, target)
	got := p.act(at, func() {
		p.reaches("the choice "+text, target)
		p.types(kb.Enter)
	})
	if !danger {
		got.early = ""
	} else if !read[bool](p, `return seen(document.querySelector('[data-alarm]'))`) {
		p.fails("112 is not shown")
	}
	return got
}

// leaves closes a window that is open, as somebody does who goes on in the chat.
func (p *page) leaves() {
	p.b.t.Helper()
	if read[bool](p, `return !!open()`) {
		p.types(kb.Escape)
		p.until(`return !open()`)
	}
}

// shown brings a log in sight: on a phone there is one at a time.
func (p *page) shown(at string) {
	p.b.t.Helper()
	if read[bool](p, `return seen(log(%q))`, at) {
		return
	}
	p.reaches("the switch", fmt.Sprintf(`document.querySelector('[data-show="%s"]')`, at))
	p.types(kb.Enter)
}

// fills makes the open form hold what f says, and sends it.
func (p *page) fills(f *form) reply {
	p.b.t.Helper()
	for _, fd := range f.fields {
		p.fill(fd)
	}
	return p.act(p.formAt(), func() {
		p.reaches("the button "+f.submit, `open().querySelector('.form-foot button:not([name])')`)
		p.types(kb.Enter)
	})
}

// chooses leaves the open form by another button.
func (p *page) chooses(text string) reply {
	p.b.t.Helper()
	target := fmt.Sprintf(`[...open().querySelectorAll('button[name=act]')].find((b) => label(b) === %q)`, text)
	if read[bool](p, `return !seen(%s)`, target) {
		p.reaches("all acts", `open().querySelector('details.all > summary')`)
		p.types(kb.Enter)
	}
	return p.act(p.formAt(), func() {
		p.reaches("the button "+text, target)
		p.types(kb.Enter)
	})
}

// formAt is the log that the open form was opened from.
func (p *page) formAt() string {
	p.b.t.Helper()
	return read[string](p, `return open().querySelector('form').dataset.at`)
}

// fill brings one field to its value.
func (p *page) fill(fd field) {
	p.b.t.Helper()
	holds := `
		const f = field(%q), picks = f.querySelectorAll('input[type=radio], input[type=checkbox]');
		if (picks.length) return [...picks].filter((x) => x.checked).map((x) => x.value);
		const x = f.querySelector('input, textarea, select');
		return x.value ? [x.value] : []`
	want := slices.DeleteFunc(slices.Clone(fd.value), func(v string) bool { return v == "" })
	now := read[[]string](p, holds, fd.name)
	same := func() bool {
		return slices.Equal(slices.Sorted(slices.Values(now)), slices.Sorted(slices.Values(want)))
	}
	if same() {
		return
	}
	switch input := fmt.Sprintf(`field(%q).querySelector('input, textarea, select')`, fd.name); {
	case fd.kind == "checkbox":
		p.ticks(fd.name, now, want)
	case fd.kind == "radio" || fd.kind == "select":
		p.picks(fd, want)
	case read[bool](p, `return (%s).type === 'date'`, input):
		p.dates(fd.label, input, want)
	default:
		p.reaches(fd.label, input)
		p.types("a", chromedp.KeyModifiers(chromedp.ModifierCtrl))
		p.types(strings.Join(append(want, ""), "") + map[bool]string{true: kb.Delete}[len(want) == 0])
	}
	if now = read[[]string](p, holds, fd.name); !same() && fd.name != "copy" {
		p.fails("%s holds %q and not %q", fd.label, now, want)
	}
}

// ticks presses Space on every box that must change, what is to be on first: an
// option that stands alone clears the others.
func (p *page) ticks(name string, now, want []string) {
	p.b.t.Helper()
	for _, v := range want {
		if !slices.Contains(now, v) {
			p.tick(name, v)
		}
	}
	for _, v := range now {
		if !slices.Contains(want, v) && read[bool](p, `return radio(%q).find((x) => x.value === %q).checked`, name, v) {
			p.tick(name, v)
		}
	}
}

func (p *page) tick(name, option string) {
	p.b.t.Helper()
	p.reaches(option, fmt.Sprintf(`radio(%q).find((x) => x.value === %q)`, name, option))
	p.types(" ")
}

// picks goes to one of several with the arrows.
func (p *page) picks(fd field, want []string) {
	p.b.t.Helper()
	if len(want) != 1 {
		p.fails("%s cannot be %q", fd.label, want)
	}
	if fd.kind == "select" {
		p.reaches(fd.label, fmt.Sprintf(`field(%q).querySelector('select')`, fd.name))
	} else {
		p.reaches(fd.label, fmt.Sprintf(`radio(%q).find((x) => x.value === %q)`, fd.name, want[0]))
	}
	way := read[int](p, `
		const on = document.activeElement, all = on.matches('select') ? [...on.options] : radio(%q);
		const at = on.matches('select') ? on.selectedIndex : all.indexOf(on);
		return all.findIndex((x) => x.value === %q) - at`, fd.name, want[0])
	switch {
	case way == 0:
		p.types(" ")
	case way < 0:
		p.types(strings.Repeat(kb.ArrowUp, -way))
	default:
		p.types(strings.Repeat(kb.ArrowDown, way))
	}
}

// dates types a date, in the order that the browser has it.
func (p *page) dates(label, input string, want []string) {
	p.b.t.Helper()
	p.reaches(label, input)
	if len(want) == 0 {
		p.types(kb.Backspace + kb.ArrowRight + kb.Backspace + kb.ArrowRight + kb.Backspace)
		return
	}
	part := strings.Split(want[0], "-")
	p.types(part[2] + part[1] + part[0])
	if read[string](p, `return (%s).value`, input) == want[0] {
		return
	}
	p.types(kb.ArrowLeft + kb.ArrowLeft + part[1] + part[2] + part[0])
}

// shows waits until the page shows the posts that the program has, and no others.
func (p *page) shows(posts map[string]post) {
	p.b.t.Helper()
	if !p.opened {
		return
	}
	want := map[string]string{}
	for slot, x := range posts {
		want[slot] = rendered(x)
	}
	var got map[string]string
	for range 100 {
		var list []struct{ Slot, HTML string }
		text := read[string](p, `return JSON.stringify([...document.querySelectorAll('.entry[data-slot]')].map((e) => ({Slot: e.dataset.slot, HTML: e.innerHTML})))`)
		if err := json.Unmarshal([]byte(text), &list); err != nil {
			p.b.t.Fatal(err)
		}
		got = map[string]string{}
		for _, e := range list {
			got[e.Slot] = rendered(readPost(p.b.t, e.HTML))
		}
		if maps.Equal(got, want) {
			return
		}
		p.until(`window.round = (window.round ?? 0) + 1; return window.round %% 2 === 0`)
	}
	p.b.t.Fatalf("%s: the page shows %v and not %v", p.name, got, want)
}
