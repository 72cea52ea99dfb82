package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/mail"
	"github.com/meldroute/meldroute/adapters/web"
	"github.com/meldroute/meldroute/bot/copen"
	"github.com/meldroute/meldroute/bot/desk"
	"github.com/meldroute/meldroute/bot/dialogue"
	"github.com/meldroute/meldroute/bot/figures"
	"github.com/meldroute/meldroute/bot/reminder"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/store"
)

// serveCmd is the main job.
type serveCmd struct{}

// Run serves until the process is told to stop.
func (serveCmd) Run(e *env) error {
	log, err := newLog(e.err, e.config.Operations.LogLevel)
	if err != nil {
		return err
	}
	b, err := assemble(e, serving, log)
	if err != nil {
		return err
	}
	return b.serve(e.ctx)
}

// bot is everything that runs.
type bot struct {
	e        *env
	log      *slog.Logger
	texts    *config.Texts
	calendar *config.Calendar
	store    *store.Store
	driver   store.Driver
	adapters []adapters.Adapter
	pages    *web.Pages // nil: there are none
	dialogue *dialogue.Dialogue
	desk     *desk.Desk
	copen    *copen.Copen
	reminder *reminder.Reminder
	loop     *reminder.Loop
	ops      *operations
	tally    store.Tally // the figures that outlive an erased case (D14)
	said     sync.Mutex  // held while something is printed
	where    bool        // where data and keys are is printed
}

// assemble opens the store and wires every adapter: the one place that names
// them all.
func assemble(e *env, m mode, log *slog.Logger) (*bot, error) {
	b, err := newBot(e, m, log)
	if err != nil {
		return nil, err
	}
	if err = b.open(e.config); err == nil {
		err = b.wire()
	}
	if err != nil {
		_ = b.store.Close()
		return nil, err
	}
	return b, nil
}

// newBot is a bot with a store, and nobody to talk to yet.
func newBot(e *env, m mode, log *slog.Logger) (*bot, error) {
	b := &bot{e: e, log: log}
	var err error
	if b.texts, err = config.LoadTexts(e.config.Texts); err != nil {
		return nil, err
	}
	if b.calendar, err = config.NewCalendar(e.config); err != nil {
		return nil, err
	}
	if b.store, b.driver, err = openStoreAt(e.ctx, e.config, m, log, e.now); err != nil {
		return nil, err
	}
	if b.pages, err = b.openPages(); err != nil {
		_ = b.store.Close()
		return nil, err
	}
	return b, nil
}

// wire puts dialogue, desk and reminders between the adapters and the store.
func (b *bot) wire() (err error) {
	c := b.e.config
	senders, rooms, pages := map[string]adapters.Sender{}, map[string]adapters.Rooms{}, map[string]adapters.Pages{}
	pictures := map[string]adapters.Pictures{}
	for _, a := range b.adapters {
		senders[a.Name()] = a
		if r, ok := a.(adapters.Rooms); ok {
			rooms[a.Name()] = r
		}
		if p, ok := a.(adapters.Pages); ok {
			pages[a.Name()] = p
		}
		if p, ok := a.(adapters.Pictures); ok {
			pictures[a.Name()] = p
		}
	}
	var alarms []adapters.Address
	for _, to := range c.Mail.Alarms {
		alarms = append(alarms, adapters.NewAddress(mail.Platform, to))
	}
	book := figures.New(figures.Options{Store: b.store, Config: c, Texts: b.texts, Now: b.e.now})
	b.tally = book.Tally
	screen := figuresScreen{book: book, texts: b.texts, config: c}
	b.desk, err = desk.New(desk.Options{
		Store: b.store, Config: c, Calendar: b.calendar, Texts: b.texts, Senders: senders, Rooms: rooms, Pages: pages,
		Pictures: pictures, Alarms: alarms, Rights: rightsScreen(b.store, c, b.texts), Figures: screen, Training: screen,
		Copen: copen.PressOpen, Now: b.e.now, Log: b.log,
	})
	if err != nil {
		return err
	}
	b.dialogue, err = dialogue.New(b.e.ctx, dialogue.Options{
		Store: b.store, Config: c, Calendar: b.calendar, Texts: b.texts, Senders: senders, Desk: b.desk, Now: b.e.now, Log: b.log,
	})
	if err != nil {
		return err
	}
	b.copen = copen.New(copen.Options{
		Store: b.store, Config: c, Calendar: b.calendar, Texts: b.texts, Senders: senders, Pages: pages,
		Coordinator: b.desk.Coordinator, Coordinators: b.desk.Coordinators, Invitation: invitation(c),
		Pack: screen.meeting, Now: b.e.now, Log: b.log,
	})
	b.reminder = reminder.New(reminder.Options{
		Store: b.store, Config: c, Calendar: b.calendar, Texts: b.texts, Senders: senders,
		Open: b.desk.OpenToken, Overview: desk.OverviewPress(), May: b.desk.Viewer,
		Figures: b.desk.ShowFigures, FiguresPress: desk.FiguresPress(), Now: b.e.now, Log: b.log,
	})
	b.ops = newOperations(c.Operations.Listen, b.store, b.log)
	for _, a := range b.adapters {
		if l, ok := a.(adapters.Linked); ok {
			b.ops.links = append(b.ops.links, l)
		}
		if q, ok := a.(adapters.Queue); ok {
			b.ops.queue(a.Name(), q)
		}
	}
	b.loop = &reminder.Loop{
		Ledger: b.store, Plan: b.reminder.Plan, Changed: b.driver.Changed(), Now: b.e.now, Log: b.log, Sent: b.ops.sent,
		Deliver: map[store.Role]reminder.Deliver{
			store.ToReporter: b.dialogue.Deliver, store.ToChannel: b.desk.Deliver,
			store.ToOfficers: b.desk.Deliver, store.ToCoordinators: b.desk.Deliver,
			store.ToCopen: b.meeting, store.ToConcerned: b.reminder.Deliver,
		},
	}
	return nil
}

// meeting says what is owed about the Copen meeting. What follows from its
// schedule waits until people work, also when it was due and nothing ran.
func (b *bot) meeting(ctx context.Context, n store.Notice) error {
	now := b.e.now()
	if at := b.calendar.NextOfficeHours(now); !copen.Caused(n) && at.After(now) {
		return reminder.Later{Until: at}
	}
	return b.copen.Deliver(ctx, n)
}

// open makes the adapters that the configuration asks for.
func (b *bot) open(c config.Config) error {
	for _, p := range []struct {
		on   bool
		open func(config.Config) (adapters.Adapter, error)
	}{
		{c.Web.Enabled, b.openWeb}, {c.Mattermost.Enabled, b.openMattermost}, {c.Slack.Enabled, b.openSlack}, {c.Mail.On(), b.openMail},
	} {
		if !p.on {
			continue
		}
		a, err := p.open(c)
		if err != nil {
			return err
		}
		b.adapters = append(b.adapters, a)
	}
	return nil
}

// ready prints where the bot keeps its data and where it can be reached.
func (b *bot) ready(url string) {
	b.said.Lock()
	defer b.said.Unlock()
	if p := pathsOf(b.e.config); !b.where {
		b.where = true
		if p.database != "" {
			_, _ = fmt.Fprintf(b.e.out, "Gegevens: %s\n", p.database)
		}
		_, _ = fmt.Fprintf(b.e.out, "Sleutels: %s\n", p.keys)
	}
	b.ops.setReady(true) // before it is said: who reads the line may ask
	_, _ = fmt.Fprintf(b.e.out, "Meldroute draait op %s\n", url)
}

// serve runs every part until ctx ends or one of them fails, and stops in
// order: first no more messages, then what is owed, then the store.
func (b *bot) serve(ctx context.Context) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	var parts sync.WaitGroup
	start := func(name string, f func(context.Context) error) {
		parts.Go(func() {
			if err := f(ctx); err != nil && ctx.Err() == nil {
				b.log.Error("bot: part failed", "part", name, "err", err)
				fail(fmt.Errorf("%s: %w", name, err))
			}
		})
	}
	parts.Go(func() { b.begin(ctx, start) })
	<-ctx.Done()
	b.ops.setReady(false)
	err := b.stop(ctx, parts.Wait)
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return b.explain(cause)
	}
	return err
}

// begin starts every part, in order.
func (b *bot) begin(ctx context.Context, start func(name string, f func(context.Context) error)) {
	// Before anybody can act: what he is asked then, Resume must not ask too.
	if err := b.dialogue.Resume(ctx); err != nil {
		b.log.Error("bot: dialogues not resumed", "err", err)
	}
	start("operations", b.ops.run)
	for _, a := range b.adapters {
		start(a.Name(), func(ctx context.Context) error { return a.Run(ctx, b.handler()) })
	}
	if b.pages != nil {
		start("page", func(ctx context.Context) error { return b.pages.Run(ctx, b.handler()) })
	}
	if pathsOf(b.e.config).database != "" { // no other process serves
		if err := b.store.Free(ctx); err != nil {
			b.log.Error("bot: leases not freed", "err", err)
		}
	}
	b.compareHeads(ctx)
	start("reminder", b.loop.Run)
	start("upkeep", b.upkeep)
}

// explain says in words what an operator can mend: an address that is taken.
func (b *bot) explain(err error) error {
	var op *net.OpError
	if errors.Is(err, syscall.EADDRINUSE) && errors.As(err, &op) && op.Addr != nil {
		return errors.New(b.texts.Say(b.e.config.Municipality.Language, "bot.busy", map[string]any{"Address": op.Addr.String()}))
	}
	return err
}

// erase erases what is past its time (P29). It runs every hour, so that the run
// of the day is at most so late after a stop.
func (b *bot) erase(ctx context.Context, now time.Time) error {
	done, err := b.store.EraseDue(ctx, now, b.tally)
	if done != (store.Erased{}) {
		b.log.Info("bot: erased", "signals", done.Signals, "reporters", done.Reporters)
	}
	return err
}

// job is something that must happen and is owed to nobody.
type job struct {
	name  string
	every time.Duration
	next  time.Time
	do    func(context.Context, time.Time) error
}

// jobs are the journal's chain, drafts, and what is old.
func (b *bot) jobs() []job {
	keys := &keyFile{path: pathsOf(b.e.config).keys, store: b.store, log: b.log}
	return []job{
		{name: "journal", every: time.Second, do: func(ctx context.Context, _ time.Time) error { _, err := b.store.SealJournal(ctx); return err }},
		{name: "keys", every: time.Second, do: keys.follow},
		{name: "shown", every: 2 * time.Second, do: func(ctx context.Context, _ time.Time) error { return b.dialogue.Flush(ctx) }},
		{name: "drafts", every: time.Minute, do: b.dialogue.Drafts},
		{name: "apart", every: time.Minute, do: b.apart},
		{name: "channel", every: 10 * time.Minute, do: func(ctx context.Context, _ time.Time) error { return b.desk.Look(ctx) }},
		{name: "prune", every: 24 * time.Hour, do: b.prune},
		{name: "copen", every: time.Minute, do: b.copen.Sweep},
		{name: "sweep", every: 10 * time.Minute, do: b.store.Sweep},
		{name: "retention", every: time.Hour, do: b.erase},
	}
}

// upkeep does the jobs, in one goroutine.
func (b *bot) upkeep(ctx context.Context) error {
	jobs := b.jobs()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		for i := range jobs {
			j := &jobs[i]
			now := b.e.now()
			if now.Before(j.next) || ctx.Err() != nil {
				continue
			}
			j.next = now.Add(j.every)
			if err := j.do(ctx, now); err != nil && ctx.Err() == nil {
				b.log.Error("bot: upkeep failed", "job", j.name, "err", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
