package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/vault"
)

// configCmd prints the configuration that is in force.
type configCmd struct{}

// Run prints YAML that Load reads back; secrets are masked.
func (configCmd) Run(e *env) error { return e.config.Print(e.out) }

// versionCmd prints the version.
type versionCmd struct{}

// Run prints the module's version and the commit it was built from.
func (versionCmd) Run(e *env) error {
	version, commit := "ontwikkelversie", ""
	if i, ok := debug.ReadBuildInfo(); ok {
		if v := i.Main.Version; v != "" && v != "(devel)" {
			version = v
		}
		for _, s := range i.Settings {
			if s.Key == "vcs.revision" {
				commit = " " + s.Value
			}
		}
	}
	_, err := fmt.Fprintf(e.out, "meldroute %s%s\n", version, commit)
	return err
}

// journalCmd holds the acts on the journal.
type journalCmd struct {
	Verify journalVerifyCmd `cmd:"" help:"Zoek regels die zijn veranderd of ontbreken."`
}

type journalVerifyCmd struct {
	Heads string `type:"path" placeholder:"BESTAND" help:"Vergelijk met het bestand waarin de bot elke dag het einde schreef."`
}

// Run reports changed, missing and unsealed lines (D10, P24). A journal that
// is not whole is an error, so that a script notices.
func (c journalVerifyCmd) Run(e *env) error {
	st, _, err := openStore(e.ctx, e.config, alongside, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	r, err := st.VerifyJournal(e.ctx)
	if err != nil {
		return err
	}
	texts, err := config.LoadTexts(e.config.Texts)
	if err != nil {
		return err
	}
	for _, f := range reported(r) {
		_, _ = fmt.Fprintln(e.out, texts.Say(e.config.Municipality.Language, f.id, map[string]any{"Lines": f.lines}))
	}
	if c.Heads != "" {
		ok, err := verifyHeads(e, st, texts, c.Heads)
		if err != nil {
			return err
		}
		if !ok {
			return errTold
		}
	}
	if !r.OK() {
		return errTold
	}
	return nil
}

type told struct{ id, lines string }

// reported is what a report says: the whole first, then each thing found.
func reported(r store.JournalReport) []told {
	out := []told{{"journal.ok", fmt.Sprint(r.Lines)}}
	if !r.OK() {
		out = []told{{"journal.bad", ""}}
	}
	for _, t := range []told{
		{"journal.changed", numbers(r.Changed)}, {"journal.moved", numbers(r.Moved)}, {"journal.missing", spans(r.Missing)},
		{"journal.forged", some(r.Forged)}, {"journal.unsealed", some(r.Unsealed)},
		{"journal.pruned", some(r.Pruned)},
	} {
		if t.lines != "" {
			out = append(out, t)
		}
	}
	if r.HeadLost {
		out = append(out, told{"journal.head", ""})
	}
	return out
}

func numbers(ns []int64) string {
	out := make([]string, len(ns))
	for i, n := range ns {
		out[i] = fmt.Sprint(n)
	}
	return strings.Join(out, ", ")
}

// spans writes runs of numbers: "3, 7-9".
func spans(all []store.Span) string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = fmt.Sprint(s.From)
		if s.To > s.From {
			out[i] += fmt.Sprintf("-%d", s.To)
		}
	}
	return strings.Join(out, ", ")
}

// some is a count, "" for none.
func some(n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// checkCmd says what is wrong or still to fill in, before anything runs.
type checkCmd struct{}

// Run looks at the configuration, the keys and the database. Only what keeps
// the bot from working makes it an error.
func (checkCmd) Run(e *env) error {
	texts, err := config.LoadTexts(e.config.Texts)
	if err != nil {
		return err
	}
	lang := e.config.Municipality.Language
	findings, err := config.Check(e.config)
	if err != nil {
		return err
	}
	blocked := false
	tell := func(level config.Level, text string) {
		blocked = blocked || level == config.Blocking
		_, _ = fmt.Fprintf(e.out, "%s: %s\n", texts.Say(lang, level.LevelID(), nil), text)
	}
	for _, f := range findings {
		tell(f.Level, f.Text)
	}
	p := pathsOf(e.config)
	say := func(id string, args map[string]any) string { return texts.Say(lang, id, args) }
	if _, err := vault.Open(p.keys); errors.Is(err, vault.ErrMissing) {
		tell(config.Note, say("check.keys.missing", map[string]any{"Path": p.keys}))
	} else if err != nil {
		tell(config.Blocking, say("check.keys.bad", map[string]any{"Path": p.keys, "Why": err.Error()}))
	} else {
		for _, b := range checkStore(e.ctx, e.config) {
			tell(b.level, say(b.id, map[string]any{"Why": b.why}))
		}
	}
	for _, f := range slices.Concat(checkSignIn(e.ctx, e.config), checkMattermost(e.ctx, e.config), checkSlack(e.ctx, e.config, texts), checkPage(e.ctx, e.config)) {
		tell(level(f.Level), say(f.ID, f.Args))
	}
	for _, f := range checkMail(e.ctx, e.config, texts, e.now) {
		tell(f.level, say(f.id, map[string]any{"Why": f.why}))
	}
	if blocked {
		return errTold
	}
	return nil
}

type found struct {
	level   config.Level
	id, why string
}

func checkStore(ctx context.Context, c config.Config) []found {
	st, _, err := openStore(ctx, c, alongside, slog.New(slog.DiscardHandler))
	if err != nil {
		return []found{{config.Blocking, "check.database.bad", err.Error()}}
	}
	defer func() { _ = st.Close() }()
	if err := st.Check(ctx); err != nil {
		return []found{{config.Blocking, "check.database.bad", err.Error()}}
	}
	return append([]found{{config.Note, "check.database.ok", ""}}, checkHeads(ctx, pathsOf(c), st)...)
}

// level is how much a finding of an adapter matters.
func level(l adapters.Level) config.Level {
	switch l {
	case adapters.Blocking:
		return config.Blocking
	case adapters.Warning:
		return config.Warning
	case adapters.Note:
	}
	return config.Note
}

// others are the people with a right who do not read signals.
func others(c config.Config) []config.Person {
	all := slices.Concat(c.Roles.DPO, c.Roles.Admins)
	for _, p := range c.Copen.Participants {
		all = append(all, config.Person{Person: p.Person, Name: p.Full()})
	}
	return all
}

// on are those of these people who are on a platform.
func on(platform string, all []config.Person) []adapters.Named {
	var out []adapters.Named
	for _, p := range all {
		if p.Person.Platform() == platform {
			out = append(out, adapters.Named{ID: p.Person.ID(), Name: p.Name})
		}
	}
	return out
}
