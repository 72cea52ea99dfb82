package desk

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows/handling"
	"github.com/meldroute/meldroute/store"
)

// kindShare, with a partner's code, is the token of the form that shows what a
// partner may read and records the hand-over (step 4).
const kindShare = "share."

// fieldCopy is the text to copy.
const fieldCopy = "copy"

// partnerFields lets the officer pick a partner: what the rules propose first.
func partnerFields(w *work) []adapters.Field {
	var first, rest []adapters.Option
	for _, p := range handling.Propose(w.fact, w.rec) {
		for _, code := range p.Partners {
			if _, ok := w.d.o.Config.Partner(code); !ok || p.Kind == handling.Through || has(first, code) {
				continue
			}
			first = append(first, adapters.Option{Value: code, Label: w.partner(code), Help: w.say(p.Reason, w.partner(p.Via))})
		}
	}
	for _, p := range w.d.o.Config.Partners {
		if !has(first, p.Code) {
			rest = append(rest, adapters.Option{Value: p.Code, Label: p.Name.In(w.lang)})
		}
	}
	rest = append(rest, w.agreed()...)
	out := []adapters.Field{w.choose("proposed", adapters.One, first), w.choose("other", adapters.One, rest)}
	return slices.DeleteFunc([]adapters.Field{optional(out[0]), optional(out[1])}, func(f adapters.Field) bool { return len(f.Options) == 0 })
}

func has(opts []adapters.Option, value string) bool {
	return slices.ContainsFunc(opts, func(o adapters.Option) bool { return o.Value == value })
}

// share shows what a partner may read, and what not, before anything is
// recorded. The officer sends it by his own secure means: the bot never does.
func (x act) share(ctx context.Context, in adapters.Values) (adapters.Answer, error) {
	partner := in.One("proposed")
	if partner == "" {
		partner = in.One("other")
	}
	var form *adapters.Form
	again, err := x.turn(ctx, func(v store.View) (store.Effects, error) {
		w, err := x.work(v)
		if err != nil {
			return store.Effects{}, err
		}
		if !w.knows(partner) {
			return store.Effects{}, told{x.d.say(w.lang, "desk.choose", nil)}
		}
		fields, err := w.pack(partner)
		if err != nil {
			return store.Effects{}, w.inWords(err)
		}
		tk := x.form(kindShare+partner, v)
		form = w.shareForm(partner, fields, tk)
		l := x.line("case.package")
		l.Reason = private.New(partner) // sealed: it tells the form of exploitation
		return store.Effects{Tokens: []store.Token{tk}, Journal: []store.Line{l}}, nil
	})
	return x.answer(ctx, cmp.Or(again, form), err)
}

// pack is what a partner may read, if his gate is open (R20).
func (w *work) pack(partner string) ([]handling.Field, error) {
	return handling.Package(partner, w.fact, w.rec)
}

func (w *work) shareForm(partner string, fields []handling.Field, tk store.Token) *adapters.Form {
	s := sheet{d: w.d, lang: w.lang}
	s.fact("desk.f.partner", w.partner(partner))
	s.heading("desk.h.share")
	s.facts = append(s.facts, w.shared(fields)...)
	if !slices.ContainsFunc(fields, func(f handling.Field) bool { return f.Name == handling.FieldSummary }) {
		s.fact("desk.f.note", w.d.say(w.lang, "desk.share.nosummary", nil))
	}
	s.heading("desk.h.withheld")
	var kept []string
	for _, f := range handling.Withheld(partner, w.fact, w.rec) {
		kept = append(kept, w.d.say(w.lang, "handling.field."+string(f), nil))
	}
	s.fact("desk.f.withheld", strings.Join(kept, ", "))
	copied := optional(w.field(fieldCopy, adapters.Area))
	copied.Value = []private.Text{w.letter(partner, fields)}
	copied.Max = 0
	out := []adapters.Field{
		copied,
		w.choose("way", adapters.One, w.options("way", handling.WayPhone, handling.WaySecureMail, handling.WayPortal, handling.WayTalk)),
		w.field("contact", adapters.Line), w.dated("date"), w.field("ground", adapters.Line),
		w.asked("feedback"), optional(w.field("why", adapters.Area)),
	}
	if partner == handling.IntegralCheck {
		out = append(out, w.field("sleep", adapters.Line))
	}
	return &adapters.Form{
		Token: tk.ID, Title: w.title("handover"), Intro: w.d.say(w.lang, "desk.share.intro", nil),
		Submit: w.d.say(w.lang, "desk.share.done", nil), Facts: s.facts, Fields: out, Sensitive: true,
		Acts: append(w.fileAct(), adapters.Act{Value: actClose, Label: w.d.say(w.lang, "desk.act.cancel", nil), Tone: adapters.ToneQuiet}),
	}
}

// shared are the fields that a partner gets, in words.
func (w *work) shared(fields []handling.Field) []adapters.Fact {
	var out []adapters.Fact
	for _, f := range fields {
		fact := adapters.Fact{Label: w.d.say(w.lang, "handling.field."+string(f.Name), nil), Value: f.Text}
		if len(f.Options) > 0 {
			var words []string
			for _, o := range f.Options {
				words = append(words, w.optionLabel(f.Name, o))
			}
			fact.Value = private.New(strings.Join(words, "; "))
		}
		if f.Raw {
			fact.Label += " " + w.d.say(w.lang, "desk.raw", nil)
		}
		out = append(out, fact)
	}
	return out
}

// optionLabel is an option of the configuration in words.
func (w *work) optionLabel(name handling.FieldName, id string) string {
	c := w.d.o.Config
	s := sheet{d: w.d, lang: w.lang}
	forms, signs := make([]config.Option, 0, len(c.Forms)), make([]config.Option, 0, len(c.Indicators))
	for _, f := range c.Forms {
		forms = append(forms, config.Option{ID: f.ID, Label: f.Label})
	}
	for _, i := range c.Indicators {
		signs = append(signs, config.Option{ID: i.ID, Label: i.Label})
	}
	opts := map[handling.FieldName][]config.Option{
		handling.FieldForm: forms, handling.FieldIndicators: signs, handling.FieldCapacity: c.Capacities,
		handling.FieldAge: c.AgeBands, handling.FieldBranch: c.Branches,
	}[name]
	return s.label("desk.f."+string(name), id, opts)
}

// letter is the text to copy: one page with the reference, the fields and what
// is asked back (R21).
func (w *work) letter(partner string, fields []handling.Field) private.Text {
	var b strings.Builder
	b.WriteString(w.d.marked(w.lang, w.view.Case.Drill, "") + w.d.say(w.lang, "desk.letter.head", map[string]any{
		"Ref": string(w.view.Case.Ref), "Partner": w.partner(partner), "Municipality": w.d.o.Config.Municipality.Name,
	}))
	lines(&b, w.shared(fields))
	b.WriteString("\n\n" + w.d.say(w.lang, "desk.letter.ask", nil))
	return private.New(b.String())
}

// lines writes facts, one on a line.
func lines(b *strings.Builder, facts []adapters.Fact) {
	for _, f := range facts {
		b.WriteString("\n" + f.Label + ": " + f.Value.Reveal())
	}
}

// handOver records that the officer handed the case over.
func (x act) handOver(ctx context.Context, partner string) (adapters.Answer, error) {
	t := task{name: "handover", acts: func(w *work, in adapters.Values) ([]handling.Act, error) {
		return []handling.Act{handling.HandOver{
			Stamp: w.by, Partner: partner, Way: in.One("way"), Contact: in.Text("contact"), Date: in.One("date"),
			Ground: in.Text("ground"), Why: in.Text("why"), Feedback: w.until(in.One("feedback")), Sleep: in.Text("sleep"),
		}}, nil
	}}
	return x.do(ctx, t, x.m.Filled.Values)
}
