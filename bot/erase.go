package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/meldroute/meldroute/bot/figures"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
)

// eraseCmd holds the acts on what is kept (P27-P29). They work beside a serving
// bot.
type eraseCmd struct {
	Due  eraseDueCmd  `cmd:"" default:"withargs" help:"Toon wat binnenkort wordt gewist; --now wist wat nu aan de beurt is; een kenmerk met --reason wist dat ene signaal, in opdracht van de FG."`
	List eraseListCmd `cmd:"" help:"Toon en controleer de vernietigingsverklaring."`
}

type eraseDueCmd struct {
	Ref    string `arg:"" optional:"" name:"kenmerk" help:"Wis dit ene signaal nu, in opdracht van de FG."`
	Reason string `placeholder:"BESTAND" help:"Bestand met de reden, of - voor de invoer. De reden blijft bij de vernietigingsverklaring: noem geen namen."`
	Now    bool   `help:"Wis nu wat aan de beurt is."`
}

// reasonMost is the longest reason, in bytes.
const reasonMost = 4000

// Run shows, or erases. Of a signal it prints its reference and dates only.
func (c eraseDueCmd) Run(e *env) error {
	return e.keeping(func(k *keeper) error {
		switch {
		case c.Ref != "" && c.Now, c.Ref == "" && c.Reason != "", c.Ref != "" && c.Reason == "":
			return k.refuse("erase.how", nil)
		case c.Ref != "":
			return k.order(e.ctx, store.Reference(strings.ToUpper(strings.TrimSpace(c.Ref))), c.Reason)
		case c.Now:
			done, err := k.store.EraseDue(e.ctx, time.Now(), k.tally)
			k.say("erase.done", map[string]any{"Signals": done.Signals, "Reporters": done.Reporters})
			return errors.Join(err, k.pending(e.ctx))
		}
		return k.due(e.ctx, time.Now())
	})
}

type eraseListCmd struct{}

// Run prints the destruction records and proves them: how many, which, when and
// why by class, no content. One that is changed or missing is an error, so that
// a script notices.
func (eraseListCmd) Run(e *env) error {
	return e.keeping(func(k *keeper) error { return k.list(e.ctx) })
}

// keeper is a command on what is kept.
type keeper struct {
	store    *store.Store
	tally    store.Tally
	texts    *config.Texts
	calendar *config.Calendar
	lang     string
	warn     int // days
	out      io.Writer
}

// keeping opens the store beside a serving bot.
func (e *env) keeping(f func(*keeper) error) error {
	texts, err := config.LoadTexts(e.config.Texts)
	if err != nil {
		return err
	}
	calendar, err := config.NewCalendar(e.config)
	if err != nil {
		return err
	}
	st, _, err := openStore(e.ctx, e.config, alongside, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	return f(&keeper{
		store: st, tally: figures.New(figures.Options{Store: st, Config: e.config, Texts: texts, Now: time.Now}).Tally, texts: texts, calendar: calendar, lang: e.config.Municipality.Language, warn: e.config.Retention.WarnDays[0], out: e.out,
	})
}

func (k *keeper) say(id string, args map[string]any) {
	_, _ = fmt.Fprintln(k.out, k.texts.Say(k.lang, id, args))
}

// refuse says why nothing was done.
func (k *keeper) refuse(id string, args map[string]any) error {
	k.say(id, args)
	return errTold
}

// due lists what is erased in the days in which officers are warned.
func (k *keeper) due(ctx context.Context, now time.Time) error {
	all, err := k.store.Expiring(ctx, now.AddDate(0, 0, k.warn))
	if err != nil {
		return err
	}
	k.say("erase.due", map[string]any{"Count": len(all), "Days": k.warn})
	for _, s := range all {
		id := "erase.until"
		if !s.Keep.Until.After(now) {
			id = "erase.over"
		}
		k.say(id, map[string]any{"Ref": string(s.Ref), "Date": k.calendar.LastDay(s.Keep.Until).String()})
	}
	return nil
}

// order erases one signal on the order of the FG.
func (k *keeper) order(ctx context.Context, ref store.Reference, file string) error {
	why, err := readReason(file)
	if err != nil {
		return err
	}
	if why.Empty() {
		return k.refuse("erase.how", nil)
	}
	args := map[string]any{"Ref": string(ref)}
	switch err := k.store.EraseNow(ctx, ref, why, k.tally); {
	case errors.Is(err, store.ErrNotFound):
		return k.refuse("erase.notfound", args)
	case errors.Is(err, store.ErrHeld):
		return k.refuse("erase.held", args)
	case err != nil:
		return err
	}
	k.say("erase.one", args)
	return k.pending(ctx)
}

// readReason reads a reason from a file, "-" for the input.
func readReason(file string) (private.Text, error) {
	in := io.Reader(os.Stdin)
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return private.Text{}, err
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, reasonMost))
	return private.New(strings.TrimSpace(string(b))), err
}

// pending says when the database's own files may still hold a key.
func (k *keeper) pending(ctx context.Context) error {
	n, err := k.store.Unsigned(ctx)
	if err == nil && n > 0 {
		k.say("erase.pending", map[string]any{"Count": n})
	}
	return err
}

func (k *keeper) list(ctx context.Context) error {
	all, err := k.store.Destroyed(ctx)
	if err != nil {
		return err
	}
	reasons, err := k.store.Orders(ctx)
	if err != nil {
		return err
	}
	k.say("erase.list", map[string]any{"Count": len(all)})
	for _, d := range all {
		why := k.texts.Say(k.lang, "erase.ground."+string(d.Ground), nil)
		if r := reasons[d.Ref]; !r.Empty() {
			why += ": " + r.Reveal()
		}
		k.say("erase.record", map[string]any{"N": d.N, "Ref": string(d.Ref), "Date": k.calendar.Date(d.At).String(), "Why": why})
	}
	if err := k.pending(ctx); err != nil {
		return err
	}
	rep := k.store.ProveDestroyed(all)
	if rep.OK() {
		k.say("erase.proven", nil)
		return nil
	}
	if len(rep.Changed) > 0 {
		k.say("erase.changed", map[string]any{"Records": numbers(rep.Changed)})
	}
	if len(rep.Missing) > 0 {
		k.say("erase.missing", map[string]any{"Records": spans(rep.Missing)})
	}
	return errTold
}
