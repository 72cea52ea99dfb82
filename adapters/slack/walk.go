package slack

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/meldroute/meldroute/adapters"
)

// lateAfter is how long the walk takes to answer when it is to be late: longer
// than Slack waits, and than a trigger lives.
const lateAfter = 4 * time.Second

// The tokens of a walk. They open nothing: there is no store behind it.
const (
	tokenGo, tokenYes, tokenNo        = "probe-go", "probe-yes", "probe-no"
	tokenFirst, tokenNext, tokenLarge = "probe-first", "probe-next", "probe-large"
	tokenRead, tokenLate              = "probe-read", "probe-late"
)

// begin looks at what must be there before anything can be asked.
func (w *walk) begin(ctx context.Context) bool {
	held := w.step(ctx, "slack.probe.token", func(ctx context.Context) (string, error) {
		_, err := w.a.who(ctx)
		return "", err
	})
	if !held {
		return false
	}
	w.step(ctx, "slack.probe.scopes", func(ctx context.Context) (string, error) {
		lacks, more, err := w.a.scopes(ctx)
		switch {
		case err != nil:
			return "", err
		case len(lacks) > 0:
			return "", unlike(w.say("slack.probe.lacks", "Scopes", strings.Join(lacks, ", ")))
		case len(more) > 0:
			return w.say("slack.probe.more", "Scopes", strings.Join(more, ", ")), nil
		}
		return "", nil
	})
	return w.step(ctx, "slack.probe.person", func(ctx context.Context) (string, error) {
		p, err := w.a.people.get(ctx, w.Person, knownTalking)
		if err == nil && (p.guest || p.bot || p.gone) {
			err = unlike(w.say("slack.probe.guest"))
		}
		return "", err
	})
}

// all does what is asked and looked at once the adapter is linked.
func (w *walk) all(ctx context.Context) {
	if w.a.opt.Listen == "" {
		w.step(ctx, "slack.probe.alone", func(context.Context) (string, error) {
			if n := w.a.peers.Load(); n != 1 {
				return "", unlike(w.say("slack.probe.peers", "N", strconv.Itoa(int(n))))
			}
			return "", nil
		})
	}
	talks := w.step(ctx, "slack.probe.dialogue", func(ctx context.Context) (_ string, err error) {
		w.at, err = w.a.place(ctx, address(w.Person))
		return "", err
	})
	if talks {
		w.modal(ctx)
		w.notice(ctx)
		w.messages(ctx)
		w.late(ctx)
		w.typed(ctx)
	}
	w.entries(ctx)
	w.channel(ctx)
}

// post sends a message to the person, or in the channel.
func (w *walk) post(ctx context.Context, to, key, over, text string, choices ...adapters.Choice) error {
	return w.a.Send(ctx, address(to), adapters.Reply{Key: "probe." + key, Over: over, Text: text, Choices: choices})
}

// button posts a message with a button and asks to press it.
func (w *walk) button(ctx context.Context, key, ask string, answer func(context.Context, adapters.Message) adapters.Answer) error {
	err := w.post(ctx, w.Person, key, "", w.say("slack.probe.message"), adapters.Choice{Token: tokenGo, Label: w.say("slack.probe.button")})
	if err == nil {
		w.ask(ask, answer)
	}
	return err
}

// question asks by two buttons whether something was seen.
func (w *walk) question(ctx context.Context, key, text string) error {
	err := w.post(ctx, w.Person, key, "", w.say(text),
		adapters.Choice{Token: tokenYes, Label: w.say("slack.probe.yes")}, adapters.Choice{Token: tokenNo, Label: w.say("slack.probe.no")})
	if err != nil {
		return err
	}
	w.ask(text, nil)
	yes := false
	err = w.until(ctx, acted(func(m adapters.Message) bool {
		yes = m.Press == tokenYes
		return yes || m.Press == tokenNo
	}))
	if err == nil && !yes {
		err = unlike(w.say("slack.probe.unseen"))
	}
	return err
}

// form is a window of the walk.
func (w *walk) form(token, intro string, fields ...adapters.Field) *adapters.Form {
	return &adapters.Form{Token: token, Title: w.say("slack.probe.title"), Intro: intro, Submit: w.say("slack.probe.send"), Fields: fields}
}

// wide is a text of just so many UTF-16 units, with signs that are two of them.
func wide(n int) string { return strings.Repeat("a", n%2) + strings.Repeat("😀", n/2) }

// boxes are as many options as fit in a group, one of them as long as can be.
func (w *walk) boxes() adapters.Field {
	f := adapters.Field{Name: "boxes", Label: w.say("slack.probe.boxes"), Kind: adapters.Many, Optional: true}
	for i := range maxGroup {
		f.Options = append(f.Options, adapters.Option{Value: strconv.Itoa(i), Label: strconv.Itoa(i + 1)})
	}
	f.Options[0].Label = wide(maxOption)
	return f
}

// modal goes from a press through a window that is refused, goes on, and grows
// larger than an answer can be.
func (w *walk) modal(ctx context.Context) {
	line := adapters.Field{Name: "word", Label: w.say("slack.probe.word"), Kind: adapters.Line, Max: 100}
	refused := false
	answer := func(_ context.Context, m adapters.Message) adapters.Answer {
		switch {
		case m.Press == tokenGo:
			return adapters.Answer{Form: w.form(tokenFirst, "", line, w.boxes())}
		case filling(tokenFirst)(m) && !refused:
			refused = true
			return adapters.Answer{Errors: map[string]string{"word": w.say("slack.probe.wrong")}}
		case filling(tokenFirst)(m):
			return adapters.Answer{Form: w.form(tokenNext, w.say("slack.probe.next"))}
		case filling(tokenNext)(m):
			filler := w.say("slack.probe.filler") + " "
			return adapters.Answer{Form: w.form(tokenLarge, strings.Repeat(filler, maxAck/len(filler)+1), line)}
		case filling(tokenLarge)(m):
			return adapters.Answer{Notice: w.say("slack.probe.over")}
		}
		return adapters.Answer{}
	}
	var pressed adapters.Message
	w.chain(ctx,
		part{"slack.probe.posted", func(ctx context.Context) (string, error) {
			return "", w.button(ctx, "press", "slack.probe.press.ask", answer)
		}},
		part{"slack.probe.press", func(ctx context.Context) (string, error) {
			err := w.until(ctx, acted(func(m adapters.Message) bool { pressed = m; return m.Press == tokenGo }))
			return w.after(pressed), err
		}},
		part{"slack.probe.modal", func(ctx context.Context) (string, error) {
			return "", w.until(ctx, called("views.open"))
		}},
		part{"slack.probe.submit", func(ctx context.Context) (string, error) {
			w.request("slack.probe.submit.ask")
			return "", w.until(ctx, acted(filling(tokenFirst)))
		}},
		part{"slack.probe.errors", func(ctx context.Context) (string, error) {
			w.request("slack.probe.errors.ask")
			return "", w.until(ctx, acted(filling(tokenFirst)))
		}},
		part{"slack.probe.update", func(ctx context.Context) (string, error) {
			w.request("slack.probe.update.ask")
			return "", w.until(ctx, acted(filling(tokenNext)))
		}},
		part{"slack.probe.large", func(ctx context.Context) (string, error) {
			if err := w.until(ctx, called("views.update")); err != nil {
				return "", err
			}
			w.request("slack.probe.large.ask")
			return "", w.until(ctx, acted(filling(tokenLarge)))
		}},
	)
}

// after says how long an act was on its way, by Slack's clock and ours.
func (w *walk) after(m adapters.Message) string {
	if m.Sent.IsZero() {
		return ""
	}
	return w.say("slack.probe.after", "Seconds", fmt.Sprintf("%.1f", w.a.opt.Now().Sub(m.Sent).Seconds()))
}

// notice shows what only the person sees, and asks whether he did.
func (w *walk) notice(ctx context.Context) {
	w.step(ctx, "slack.probe.notice", func(ctx context.Context) (string, error) {
		err := w.button(ctx, "notice", "slack.probe.notice.ask", func(_ context.Context, m adapters.Message) adapters.Answer {
			if m.Press == tokenGo {
				return adapters.Answer{Notice: w.say("slack.probe.notice.text")}
			}
			return adapters.Answer{}
		})
		if err == nil {
			err = w.until(ctx, called("chat.postEphemeral"))
		}
		if err == nil {
			err = w.question(ctx, "notice.seen", "slack.probe.notice.seen")
		}
		return "", err
	})
}

// messages changes one in its place, finds one again whose answer was lost, and
// finds out how Slack counts characters.
func (w *walk) messages(ctx context.Context) {
	w.step(ctx, "slack.probe.change", func(ctx context.Context) (string, error) {
		text := w.say("slack.probe.new")
		err := w.post(ctx, w.Person, "old", "", w.say("slack.probe.old"))
		if err == nil {
			err = w.post(ctx, w.Person, "new", "probe.old", text)
		}
		if err == nil {
			err = w.once(ctx, "probe.old", text)
		}
		return "", err
	})
	w.step(ctx, "slack.probe.again", func(ctx context.Context) (string, error) {
		text := w.say("slack.probe.message")
		c, err := w.a.render(adapters.Reply{Text: text}, w.a.opt.Lang)
		if err != nil {
			return "", err
		}
		seq, err := w.a.book.set(ctx, "key/"+w.at.channel, "probe.again", pointer{Since: w.a.opt.Now().UTC()})
		if err == nil { // as if its answer was lost
			err = w.beside(ctx, func() (string, error) { return w.a.book.send(ctx, w.at, append(c.posted(), withMark(seq))) })
		}
		if err == nil {
			err = w.post(ctx, w.Person, "again", "", text)
		}
		if err == nil {
			err = w.once(ctx, "probe.again", text)
		}
		return "", err
	})
	w.step(ctx, "slack.probe.length", func(ctx context.Context) (string, error) {
		if err := w.option(ctx, wide(maxOption)); err != nil {
			return "", err
		}
		err := w.option(ctx, wide(2*maxOption))
		switch {
		case err == nil:
			return w.say("slack.probe.points"), nil
		case errors.Is(err, adapters.ErrUnfit):
			return w.say("slack.probe.units"), nil
		}
		return "", err
	})
}

// once looks whether one message has the mark of key, and shows text.
func (w *walk) once(ctx context.Context, key, text string) error {
	p, err := w.a.book.pointer(ctx, w.at, key)
	if err != nil {
		return err
	}
	n, old := 0, 0
	err = w.a.history(ctx, w.at, w.a.opt.Now(), func(m slack.Message) bool {
		switch {
		case !p.marks(m):
		case m.Text == text:
			n++
		default:
			old++
		}
		return true
	})
	if err == nil && (n != 1 || old != 0) {
		err = unlike(w.say("slack.probe.count", "N", strconv.Itoa(n), "Old", strconv.Itoa(old)))
	}
	return err
}

// option posts a message with an option of this label.
func (w *walk) option(ctx context.Context, label string) error {
	block := slack.NewActionBlock("", slack.NewCheckboxGroupsBlockElement("probe", slack.NewOptionBlockObject("1", plain(label), nil)))
	return w.beside(ctx, func() (ts string, err error) {
		err = w.a.call(ctx, "chat.postMessage", func(ctx context.Context) (err error) {
			_, ts, err = w.a.api.PostMessageContext(ctx, w.at.channel, slack.MsgOptionText(w.say("slack.probe.message"), true), slack.MsgOptionBlocks(block))
			return err
		})
		return ts, err
	})
}

// beside posts something in the dialogue that the book does not know, in its
// pace.
func (w *walk) beside(ctx context.Context, send func() (ts string, err error)) error {
	if err := w.a.book.bucket(w.at.channel).take(ctx); err != nil {
		return err
	}
	ts, err := send()
	if err == nil {
		w.loose = append(w.loose, ts)
	}
	return err
}

// late answers a press later than its trigger lives.
func (w *walk) late(ctx context.Context) {
	w.step(ctx, "slack.probe.slow", func(ctx context.Context) (string, error) {
		err := w.button(ctx, "slow", "slack.probe.slow.ask", func(ctx context.Context, m adapters.Message) adapters.Answer {
			if m.Press != tokenGo || sleep(ctx, lateAfter) != nil {
				return adapters.Answer{}
			}
			return adapters.Answer{Form: w.form(tokenLate, w.say("slack.probe.slow.text"))}
		})
		for _, method := range []string{"views.open", "views.update"} {
			if err == nil {
				err = w.until(ctx, called(method))
			}
		}
		if err == nil {
			err = w.until(ctx, acted(filling(tokenLate)))
		}
		return "", err
	})
}

// typed hears what the person types, and looks whether it could be removed.
func (w *walk) typed(ctx context.Context) {
	w.chain(ctx,
		part{"slack.probe.typed", func(ctx context.Context) (string, error) {
			typed := func(m adapters.Message) bool { return m.Press == "" && m.Filled == nil }
			w.ask("slack.probe.typed.ask", func(_ context.Context, m adapters.Message) adapters.Answer {
				return adapters.Answer{Stray: typed(m)}
			})
			return "", w.until(ctx, acted(typed))
		}},
		part{"slack.probe.kept", func(ctx context.Context) (string, error) {
			ts := ""
			err := w.a.history(ctx, w.at, w.a.opt.Now(), func(m slack.Message) bool {
				if m.User == w.Person {
					ts = m.Timestamp
				}
				return ts == ""
			})
			if err != nil {
				return "", err
			}
			err = w.remove(ctx, w.at.channel, ts)
			if failed(err, []string{"cant_delete_message"}) {
				return "cant_delete_message", nil
			}
			if err == nil {
				err = unlike(w.say("slack.probe.removed"))
			}
			return "", err
		}},
	)
}

// entries are the places where a report can begin.
func (w *walk) entries(ctx context.Context) {
	w.step(ctx, "slack.probe.home", func(ctx context.Context) (string, error) {
		w.ask("slack.probe.home.ask", nil)
		return "", w.until(ctx, called("views.publish"))
	})
	for _, e := range []struct{ id, ask, begins string }{
		{"slack.probe.command", "slack.probe.command.ask", "command-"},
		{"slack.probe.shortcut", "slack.probe.shortcut.ask", "shortcut-"},
	} {
		w.step(ctx, e.id, func(ctx context.Context) (string, error) {
			began := func(m adapters.Message) bool { return strings.HasPrefix(m.ID, e.begins) }
			w.ask(e.ask, func(_ context.Context, m adapters.Message) adapters.Answer {
				if !began(m) {
					return adapters.Answer{}
				}
				f := w.form(tokenRead, w.say("slack.probe.over"))
				f.Submit = ""
				return adapters.Answer{Form: f}
			})
			err := w.until(ctx, acted(began))
			if err == nil {
				err = w.until(ctx, called("views.open"))
			}
			return "", err
		})
	}
}

// channel looks at the desk's channel, posts there, and hears who joins.
func (w *walk) channel(ctx context.Context) {
	at := w.a.opt.Channel
	if at == "" {
		if ctx.Err() == nil {
			w.tell(Step{ID: "slack.probe.channel", Outcome: Skipped, Seen: w.say("slack.probe.nowhere")})
		}
		return
	}
	w.chain(ctx,
		part{"slack.probe.channel", func(ctx context.Context) (string, error) {
			room, err := w.a.room(ctx, address(at))
			if err != nil {
				return "", err
			}
			if !room.Private {
				return "", unlike(w.say("slack.probe.public"))
			}
			others := 0
			for _, m := range room.Members {
				if m.Guest || m.Bot {
					others++
				}
			}
			if others > 0 {
				return "", unlike(w.say("slack.probe.guests", "N", strconv.Itoa(others)))
			}
			return w.say("slack.probe.members", "N", strconv.Itoa(len(room.Members))), nil
		}},
		part{"slack.probe.card", func(ctx context.Context) (string, error) {
			err := w.post(ctx, at, "card", "", w.say("slack.probe.old"))
			if err == nil {
				err = w.a.Send(ctx, address(at), adapters.Reply{
					Key: "probe.card.new", Over: "probe.card", Text: w.say("slack.probe.new"), Change: w.say("slack.probe.message"),
				})
			}
			return "", err
		}},
		part{"slack.probe.joined", func(ctx context.Context) (string, error) {
			w.ask("slack.probe.joined.ask", nil)
			return "", w.until(ctx, func(e event) bool { return e.changed })
		}},
	)
}
