package main_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"unicode/utf8"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
)

// fuzzed brings what was fuzzed to a dialogue at one of its stages and looks
// at what comes back.
type fuzzed struct {
	r *replica
	n atomic.Int64
}

func newFuzzed(f *testing.F) *fuzzed {
	f.Helper()
	return &fuzzed{r: onFile(f).replica(f, newChat(), monday())}
}

// stages are where a dialogue can be: at nothing, at the first question, in a
// form, at a question with choices, at the end.
var stages = []string{"", "hallo", "melden", "twijfel", "stop", "mijn signalen"}

// someone is a new employee at a stage, with the form he has open, if any.
func (z *fuzzed) someone(t *testing.T, stage uint8) (who string, form *adapters.Form) {
	t.Helper()
	who = fmt.Sprint("f-", z.n.Add(1))
	switch s := stages[int(stage)%len(stages)]; s {
	case "":
	case "twijfel", "stop":
		z.do(t, typed(z.r.message(who, who+"-a"), "melden"))
		a := z.do(t, typed(z.r.message(who, who+"-b"), s))
		return who, a.Form
	default:
		a := z.do(t, typed(z.r.message(who, who+"-a"), s))
		return who, a.Form
	}
	return who, nil
}

// do takes one message: no error, no silence, and nothing of what came in goes
// out again in the chat.
func (z *fuzzed) do(t *testing.T, m adapters.Message) adapters.Answer {
	t.Helper()
	ctx := context.Background()
	before := z.r.chat.sent(m.From.Key())
	early := z.r.dialogue.Early(m)
	a, err := z.r.dialogue.Handle(ctx, m)
	if err != nil {
		t.Fatalf("an error: %v", err)
	}
	if early == nil && a.Form == nil && a.Notice == "" && len(a.Errors) == 0 && z.r.chat.sent(m.From.Key()) == before {
		t.Fatal("answered with silence")
	}
	for _, r := range z.r.chat.at(m.From.Key()) {
		if !utf8.ValidString(r.Text) {
			t.Fatal("a reply is not UTF-8")
		}
	}
	return a
}

// echoed fails when a long enough input stands in the chat.
func (z *fuzzed) echoed(t *testing.T, who, in string) {
	t.Helper()
	if in = strings.TrimSpace(in); len(in) < 24 {
		return // shorter ones can be words of the bot's own
	}
	for _, r := range z.r.chat.at("web:" + who) {
		if strings.Contains(r.Text, in) {
			t.Fatalf("the chat holds what was typed: %q", r.Text)
		}
	}
}

// Whatever is typed at whatever stage is answered in words.
func FuzzTyped(f *testing.F) {
	z := newFuzzed(f)
	for i, s := range append(append([]string{}, typings...), "M-7K3QF", "status M-7K3QF", "aanvullen m-7k3qf", "trek in M 7K3QF", "\"SPOED!\"",
		"1,2,3", "1 en 3", "0", "00001", strings.Repeat("1,", 500), "９", "١", "ı", "İ", "ﬁ", "ﬀ", "e\u0301", "\u0000", "nee.", "JA", " ja ", "weet\u00a0ik\u00a0niet") {
		f.Add(s, uint8(i))
	}
	f.Fuzz(func(t *testing.T, text string, stage uint8) {
		who, _ := z.someone(t, stage)
		m := typed(z.r.message(who, who+"-z"), text)
		z.do(t, m)
		z.do(t, m) // and delivered again
		z.echoed(t, who, text)
	})
}

// Whatever is pressed, what no button ever held included, is answered in words
// and files nothing.
func FuzzPress(f *testing.F) {
	z := newFuzzed(f)
	for i, s := range tokens {
		f.Add(s, uint8(i))
	}
	for _, s := range []string{"cmd-danger-M-7K3QF", "cmd-nl-", "cmd--", "cmd-add-M-7K3QF-", "-1", "--1", "-99999999999999999999", "-+1", "-0x1", "\xff-0"} {
		f.Add(s, uint8(2))
	}
	f.Fuzz(func(t *testing.T, token string, stage uint8) {
		who, form := z.someone(t, stage)
		if token == "" {
			return // that is no press
		}
		z.do(t, pressed(z.r.message(who, who+"-z"), token))
		if form != nil { // with the nonce that is current
			nonce, _, _ := strings.Cut(form.Token, "-")
			z.do(t, pressed(z.r.message(who, who+"-y"), nonce+token))
			z.do(t, pressed(z.r.message(who, who+"-x"), nonce+"-"+token))
		}
		z.nothing(t, who)
		z.echoed(t, who, token)
	})
}

// Whatever a form is filled in with, it is answered in words, files nothing by
// itself, and nothing of it comes into the chat.
func FuzzFilled(f *testing.F) {
	z := newFuzzed(f)
	for i, act := range formActs {
		for _, v := range fillings {
			f.Add("", act, "what", v, uint8(i))
		}
	}
	f.Add("x-form", "", "", "", uint8(2))
	f.Add("", "change:persons/99999999999999999999", "name", "x", uint8(2))
	f.Fuzz(func(t *testing.T, token, act, field, value string, stage uint8) {
		who, form := z.someone(t, stage)
		if form == nil {
			form = &adapters.Form{Token: token}
		}
		m := filled(z.r.message(who, who+"-z"), form, act, field, value, "when", "today", "seen", "self")
		m.Filled.Token += token
		a := z.do(t, m)
		for _, text := range append([]string{a.Notice}, complaints(a.Errors)...) {
			if len(value) > 24 && strings.Contains(text, value) {
				t.Fatalf("an answer holds what was filled in: %q", text)
			}
		}
		z.nothing(t, who)
		z.echoed(t, who, value)
	})
}

func (z *fuzzed) nothing(t *testing.T, who string) {
	t.Helper()
	own, err := z.r.store.Mine(context.Background(), private.New("web:"+who))
	if err != nil {
		t.Fatal(err)
	}
	if len(own) > 0 {
		t.Fatal("a signal was filed by one act")
	}
}

func complaints(m map[string]string) []string {
	var out []string
	for _, v := range m {
		out = append(out, v)
	}
	return out
}

// Whatever token an officer, or anybody else, sends to the desk opens nothing.
func FuzzDesk(f *testing.F) {
	z := newFuzzed(f)
	z.r.acute("e-1")
	for _, s := range append(append([]string{}, tokens...), "desk-", "desk-0", "desk-"+strings.Repeat("A", 52), "desk-\x00", "desk-'--") {
		f.Add(s, "", true)
		f.Add(s, "read", false)
	}
	f.Fuzz(func(t *testing.T, token, act string, officer bool) {
		who := "e-2"
		if officer {
			who = "aandachtsfunctionaris-1"
		}
		id := fmt.Sprint("d-", z.n.Add(1))
		for _, m := range []adapters.Message{
			pressed(z.r.message(who, id), token),
			filled(z.r.message(who, id+"f"), &adapters.Form{Token: token}, act, "reason", "waarom"),
		} {
			a, err := z.r.desk.Handle(context.Background(), m)
			if err != nil || a.Form != nil {
				t.Fatalf("%v, and a form: %t", err, a.Form != nil)
			}
			if a.Notice == "" {
				t.Fatal("answered with silence")
			}
			if len(token) > 24 && strings.Contains(a.Notice, token) {
				t.Fatalf("the answer holds the token: %q", a.Notice)
			}
		}
	})
}
