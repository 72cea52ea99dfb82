package main

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/vault"
)

// keysCmd holds the acts on the key file.
type keysCmd struct {
	List   keysListCmd   `cmd:"" help:"Toon hoe ver een wissel van sleutels is."`
	Rotate keysRotateCmd `cmd:"" help:"Wissel de sleutels, of ga verder met een wissel. De bot mag draaien."`
}

type keysListCmd struct{}

// keysRotateCmd is every step of a rotation in one command: which step comes
// next is read from the key file and the data, never from the operator's memory,
// and none is taken before every running bot can follow. Cut off anywhere, or
// with replicas that have yet to be given the file, it is run again.
type keysRotateCmd struct {
	Wait time.Duration `default:"1m" help:"Hoe lang een stap wacht op de bots die draaien."`
}

const (
	// look is how often a step looks whether the bots follow.
	look = 200 * time.Millisecond
	// passes bounds how often what was written beside a pass is looked for.
	passes = 5
	// tellEvery is after how many rows somebody who waits is told how far it is.
	tellEvery = 10_000
)

// Run says how far each use is, what still needs an old key, and which bots run.
func (keysListCmd) Run(e *env) error {
	r, err := newRotation(e, 0)
	if err != nil {
		return err
	}
	defer r.close()
	for _, use := range vault.Uses() {
		k := r.v.Keys(use)
		r.say("keys.use", map[string]any{"Use": r.use(use), "Primary": shown(k.Primary), "Older": ids(k.Older), "Newer": ids(k.Newer)})
	}
	aged, err := r.st.Aged(e.ctx)
	if err != nil {
		return err
	}
	for _, a := range aged {
		r.say("keys.aged", map[string]any{"Use": r.use(a.Use), "Table": a.Table, "N": a.N})
	}
	bots, err := r.st.Replicas(e.ctx)
	if err != nil {
		return err
	}
	same := 0
	for _, b := range bots {
		if r.promoted(b) {
			same++
		}
	}
	r.say("keys.bots", map[string]any{"N": len(bots), "Same": same})
	switch {
	case r.waiting():
		r.say("keys.next.promote", nil)
	case r.aged():
		r.say("keys.next.rewrap", nil)
	default:
		r.say("keys.next.none", nil)
	}
	return nil
}

// shown is a key id as it is shown; it is no secret.
func shown(id uint32) string { return fmt.Sprintf("%08x", id) }

func ids(ns []uint32) string {
	if len(ns) == 0 {
		return "-"
	}
	out := make([]string, len(ns))
	for i, n := range ns {
		out[i] = shown(n)
	}
	return strings.Join(out, ", ")
}

// retired are the uses whose old keys go at the end of a rotation. The keys of
// the journal and of signatures stay for as long as what they prove is kept.
func retired() []vault.Use {
	return []vault.Use{vault.UseWrap, vault.UseReporter, vault.UseWorking, vault.UseIndex}
}

// Run takes every step that can be taken now, and says what is next.
func (c keysRotateCmd) Run(e *env) error {
	r, err := newRotation(e, c.Wait)
	if err != nil {
		return err
	}
	defer r.close()
	if !r.waiting() && !r.aged() {
		if err := r.step(vault.Add(r.keys, vault.Uses()...), "keys.added"); err != nil {
			return err
		}
	}
	if r.waiting() {
		if err := r.follow(r.knows, "keys.wait.add"); err != nil {
			return err
		}
		if err := r.step(vault.Promote(r.keys, vault.Uses()...), "keys.promoted"); err != nil {
			return err
		}
	}
	if err := r.follow(r.promoted, "keys.wait.promote"); err != nil {
		return err
	}
	if err := r.rewrap(); err != nil {
		return err
	}
	return r.retire()
}

// rotation is a rotation as it stands.
type rotation struct {
	e     *env
	texts *config.Texts
	keys  string
	v     *vault.Vault
	st    *store.Store
	wait  time.Duration
}

func newRotation(e *env, wait time.Duration) (*rotation, error) {
	texts, err := config.LoadTexts(e.config.Texts)
	if err != nil {
		return nil, err
	}
	r := &rotation{e: e, texts: texts, keys: pathsOf(e.config).keys, wait: wait}
	return r, r.open()
}

// open opens keys and data as they stand now.
func (r *rotation) open() error {
	r.close()
	st, _, err := openStore(r.e.ctx, r.e.config, alongside, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	r.st = st
	r.v = st.Vault()
	return nil
}

func (r *rotation) close() {
	if r.st != nil {
		_ = r.st.Close()
	}
}

func (r *rotation) say(id string, args map[string]any) {
	_, _ = fmt.Fprintln(r.e.out, r.texts.Say(r.e.config.Municipality.Language, id, args))
}

func (r *rotation) use(u vault.Use) string {
	return r.texts.Say(r.e.config.Municipality.Language, "keys.use."+string(u), nil)
}

// told says why the command ends before its end.
func (r *rotation) told(id string, args map[string]any) error {
	r.say(id, args)
	return errTold
}

// step goes on after a step on the key file.
func (r *rotation) step(err error, done string) error {
	if errors.Is(err, vault.ErrStep) {
		return r.told("keys.busy", map[string]any{"Path": r.keys + ".new"})
	}
	if err != nil {
		return inWords(err)
	}
	r.say(done, map[string]any{"Path": r.keys})
	return r.open()
}

// waiting says whether a new key waits to be promoted.
func (r *rotation) waiting() bool {
	return slices.ContainsFunc(vault.Uses(), func(u vault.Use) bool { return len(r.v.Keys(u).Newer) > 0 })
}

// aged says whether an old key waits to be retired.
func (r *rotation) aged() bool {
	return slices.ContainsFunc(retired(), func(u vault.Use) bool { return len(r.v.Keys(u).Older) > 0 })
}

// knows says whether a bot has every key of the file.
func (r *rotation) knows(b store.Replica) bool {
	for _, use := range vault.Uses() {
		for _, id := range r.v.Keys(use).Newer {
			if !b.Keys[use].Has(id) {
				return false
			}
		}
	}
	return true
}

// promoted says whether a bot seals with the same keys as the file says.
func (r *rotation) promoted(b store.Replica) bool {
	return !slices.ContainsFunc(vault.Uses(), func(u vault.Use) bool { return b.Keys[u].Primary != r.v.KeyID(u) })
}

// follow waits until every running bot is so far.
func (r *rotation) follow(far func(store.Replica) bool, late string) error {
	for end := time.Now().Add(r.wait); ; {
		bots, err := r.st.Replicas(r.e.ctx)
		if err != nil {
			return err
		}
		behind := 0
		for _, b := range bots {
			if !far(b) {
				behind++
			}
		}
		if behind == 0 {
			return nil
		}
		if time.Now().After(end) {
			return r.told(late, map[string]any{"N": behind, "Path": r.keys})
		}
		select {
		case <-r.e.ctx.Done():
			return r.e.ctx.Err()
		case <-time.After(look):
		}
	}
}

// rewrap makes all data anew, and again what was written meanwhile, until
// nothing needs the old keys.
func (r *rotation) rewrap() error {
	said := 0
	progress := func(rows int) {
		if rows >= said+tellEvery {
			said = rows
			r.say("keys.progress", map[string]any{"N": rows})
		}
	}
	for range passes {
		done, err := r.st.Rewrap(r.e.ctx, progress)
		if err != nil {
			return inWords(err)
		}
		if done.Rows > 0 {
			r.say("keys.rewrapped", map[string]any{"N": done.Rows})
		}
		if done.Lost > 0 {
			r.say("keys.lost", map[string]any{"N": done.Lost})
		}
		if len(done.Stuck) > 0 {
			return r.told("keys.stuck", map[string]any{"Refs": fmt.Sprint(done.Stuck)})
		}
		settled := func(b store.Replica) bool { return r.promoted(b) && b.Settled }
		if err := r.follow(settled, "keys.wait.promote"); err != nil {
			return err
		}
		needed, err := r.needed()
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(retired(), func(u vault.Use) bool { return needed[u] > 0 }) {
			return nil
		}
	}
	return r.told("keys.needed", nil)
}

// needed is what still needs an older key, by use.
func (r *rotation) needed() (map[vault.Use]int64, error) {
	aged, err := r.st.Aged(r.e.ctx)
	out := map[vault.Use]int64{}
	for _, a := range aged {
		out[a.Use] += a.N
	}
	return out, err
}

// retire destroys the old keys that nothing needs.
func (r *rotation) retire() error {
	needed, err := r.needed()
	if err != nil {
		return err
	}
	var gone, stay []vault.Use
	for _, u := range vault.Uses() {
		switch {
		case len(r.v.Keys(u).Older) == 0:
		case needed[u] == 0:
			gone = append(gone, u)
		default:
			stay = append(stay, u)
		}
	}
	if len(gone) > 0 {
		if err := r.step(vault.Retire(r.keys, gone...), "keys.retired"); err != nil {
			return err
		}
	}
	for _, u := range stay {
		r.say("keys.stays", map[string]any{"Use": r.use(u)})
	}
	r.say("keys.done", map[string]any{"Path": r.keys})
	return nil
}
