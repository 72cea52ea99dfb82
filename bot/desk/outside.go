package desk

import (
	"slices"
	"strconv"
	"strings"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows/handling"
	"github.com/meldroute/meldroute/store"
)

// suggestFields name a partner that is not on the list: a second officer must
// agree before anything can go there.
func suggestFields(w *work) []adapters.Field {
	return []adapters.Field{w.field("outsider", adapters.Line), w.field("why", adapters.Area)}
}

func suggestActs(w *work, in adapters.Values) ([]handling.Act, error) {
	return []handling.Act{handling.Suggest{Stamp: w.by, Name: in.Text("outsider"), Why: in.Text("why")}}, nil
}

// pending are the partners outside the list that a colleague named and nobody
// agreed to yet.
func (w *work) pending() []adapters.Option {
	var out []adapters.Option
	for i, o := range w.rec.Outside {
		if o.Agreed == nil && o.Stamp.By != w.by.By {
			out = append(out, adapters.Option{Value: strconv.Itoa(i), Label: o.Name.Reveal()})
		}
	}
	return out
}

func agreeFields(w *work) []adapters.Field {
	return []adapters.Field{w.choose("agree", adapters.One, w.pending())}
}

func agreeActs(w *work, in adapters.Values) ([]handling.Act, error) {
	i, err := strconv.Atoi(in.One("agree"))
	if err != nil {
		i = -1
	}
	return []handling.Act{handling.Agree{Stamp: w.by, Outside: i}}, nil
}

// agreed are the partners outside the list that two officers agreed on.
func (w *work) agreed() []adapters.Option {
	var out []adapters.Option
	for i, o := range w.rec.Outside {
		if o.Agreed != nil {
			out = append(out, adapters.Option{Value: handling.OutsideCode(i), Label: o.Name.Reveal()})
		}
	}
	return out
}

// knows reports whether a partner can be picked at all.
func (w *work) knows(code string) bool {
	_, ok := w.d.o.Config.Partner(code)
	return ok || slices.ContainsFunc(w.agreed(), func(o adapters.Option) bool { return o.Value == code })
}

func unreachedActs(w *work, in adapters.Values) ([]handling.Act, error) {
	return []handling.Act{handling.Unreached{Stamp: w.by, Why: in.Text("why")}}, nil
}

// anonymous is the page for the local meeting, without anything that leads to a
// person, an address or an organisation (step 3). It is only read.
func (w *work) anonymous(tk store.Token) *adapters.Form {
	s := sheet{d: w.d, lang: w.lang}
	s.facts = w.shared(handling.Anonymous(w.fact, w.rec))
	return &adapters.Form{
		Token: tk.ID, Title: w.title(taskAnonymous), Intro: w.d.say(w.lang, "desk.task.anonymous.intro", nil), Facts: s.facts, Sensitive: true,
		Acts: append(w.fileAct(), adapters.Act{Value: actClose, Label: w.d.say(w.lang, "desk.act.back", nil), Tone: adapters.ToneQuiet}),
	}
}

// page is the same page as a text.
func (w *work) page() private.Text {
	var b strings.Builder
	b.WriteString(w.d.marked(w.lang, w.view.Case.Drill, w.title(taskAnonymous)) + "\n")
	lines(&b, w.shared(handling.Anonymous(w.fact, w.rec)))
	return private.New(b.String())
}
