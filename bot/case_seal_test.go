package main_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/flows/handling"
)

// buffer is a log that can be read while it is written.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// anyhow fills in the open form with the first of every choice.
func (c *clerk) anyhow() {
	c.b.t.Helper()
	var kv []string
	for _, f := range c.form.Fields {
		switch {
		case len(f.Options) > 0:
			kv = append(kv, f.Name, f.Options[0].Value)
		case f.Kind == adapters.Date:
			kv = append(kv, f.Name, "2026-11-23")
		default:
			kv = append(kv, f.Name, "45")
		}
	}
	c.fills(kv...)
}

// The reporter's name, and the address it stands for, go through every task of
// the desk and are nowhere but behind "Toon melder": in no window, notice,
// error, package, message, card, journal line or log.
func TestCaseReporterIsSealed(t *testing.T) {
	t.Parallel()
	const who = "zeearend77"
	b := openBureau(t)
	var log buffer
	b.r.log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	b.r.wire()
	loop := b.r.loop()
	in, _ := plantedReport()
	ref := b.report(who, in)
	loop.run(t, b.clock)
	b.everyTask(ref, func() { loop.run(t, b.clock) })

	seals := []string{who, "428911", "oeverlooptijd", "fitisvrouw"}
	before := b.lines("reporter.shown ok")
	c := b.clerk("aandachtsfunctionaris-1")
	c.opens(ref)
	c.chooses("reporter")
	if a := c.fills("reason", " "); a.Form != nil || len(a.Errors) == 0 {
		t.Error("the reporter is shown without a reason")
	}
	a := c.fills("reason", "Ik moet iets vragen.")
	for _, seal := range seals {
		if !strings.Contains(strings.ToLower(answered(a)), seal) {
			t.Errorf("behind the door there is no %q: the test shows nothing", seal)
		}
	}
	if got := b.lines("reporter.shown ok"); got != before+1 {
		t.Errorf("showing the reporter left %d lines in the journal", got-before)
	}
	c.opens(ref)
	c.task("note", "note", "Gebeld.")
	loop.run(t, b.clock)

	b.sealed(seals, log.String(), "web:"+who, deskChannel, "web:aandachtsfunctionaris-1", "web:aandachtsfunctionaris-2")
}

// sealed fails when a word stands anywhere: in a window, the journal, the log, or
// what was said at a place, each of which must have been spoken to.
func (b *bureau) sealed(seals []string, log string, spoken ...string) {
	b.t.Helper()
	places := map[string]string{"a window": strings.Join(b.windows, "\n"), "the journal": strings.Join(b.journal(), "\n"), "the log": log}
	for i, place := range append(spoken, "web:coordinator") {
		all := b.chat.at(place)
		if len(all) == 0 && i < len(spoken) {
			b.t.Errorf("nothing was said at %s: the test shows nothing", place)
		}
		for _, r := range all {
			places[fmt.Sprintf("a message at place %d", i)] += r.Text + "\n"
			for _, x := range r.Choices {
				places[fmt.Sprintf("a message at place %d", i)] += x.Label + "\n"
			}
		}
	}
	for where, text := range places {
		for _, seal := range seals {
			if strings.Contains(strings.ToLower(text), seal) {
				b.t.Errorf("%s holds %q", where, seal)
			}
		}
	}
}

// Who gave a signal that an officer entered is as sealed as a reporter: the name
// and the number go through every task, and are nowhere but behind "Toon melder".
func TestCaseGiverIsSealed(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	var log buffer
	b.r.log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	b.r.wire()
	loop := b.r.loop()
	in, _ := plantedReport()
	in["giver"], in["giverphone"] = "Mevrouw Steenuil", "0348 428933"
	ref := b.enters("aandachtsfunctionaris-1", in)
	loop.run(t, b.clock)
	b.everyTask(ref, func() { loop.run(t, b.clock) })
	seals := []string{"steenuil", "428933", "fitisvrouw"}
	c := b.clerk("aandachtsfunctionaris-1")
	c.opens(ref)
	c.chooses("reporter")
	a := c.fills("reason", "Ik bel terug.")
	for _, seal := range seals {
		if !strings.Contains(strings.ToLower(answered(a)), seal) {
			t.Errorf("behind the door there is no %q: the test shows nothing", seal)
		}
	}
	loop.run(t, b.clock)
	b.sealed(seals, log.String(), deskChannel, "web:aandachtsfunctionaris-1", "web:aandachtsfunctionaris-2")
}

// everyTask does every task that the desk offers on one case, from take to
// reopen; after each step what is owed is sent.
func (b *bureau) everyTask(ref string, owed func()) {
	b.t.Helper()
	c, other := b.clerk("aandachtsfunctionaris-1"), b.clerk("aandachtsfunctionaris-2")
	c.takes(ref)
	owed()
	c.task("lookups", "look_person", "notfound", "look_organisation", "found", "look_address", "impossible", "system", "Eigen systeem", "date", "2026-11-23")
	c.task("facts", "facts", "consent", "facts", "suspect_victim")
	c.task("acute", "why", "Direct ingrijpen.")
	c.chooses("task.calls")
	for _, whom := range handling.CallOrder() {
		c.chooses("called." + whom)
	}
	c.opens(ref)
	c.confidant()
	c.task("table", "table", "local", "date", "2026-11-23", "traceable", "yes", "why", "Bespreken", "present", "Wijkteam", "decided", "Oppakken")
	c.hands("avim")
	c.hands("moviera")
	c.hands("nla")
	c.hands("integral_check", "sleep", "Bij familie")
	c.task("answer", "handed", "2", "answer", "recall", "told", "Verkeerd loket.")
	c.task("leak", "handed", "2", "leak", "Gemeld.")
	c.hands("nla")
	for _, i := range []string{"0", "1", "3", "4"} {
		c.task("answer", "handed", i, "answer", "told", "told", "Opgepakt.")
	}
	c.task("depart", "proposal", "question:veilig_thuis", "why", "Is al betrokken.")
	for _, m := range []string{"fb.received", "fb.enriching", "fb.handedover", "fb.waiting"} {
		c.task("message", "template", m)
		owed()
	}
	c.task("note", "heading", "fact", "note", "Een notitie.")
	// What else there is, filled in anyhow, by the colleague who looks on.
	done := map[string]bool{}
	for _, t := range strings.Fields("take lookups facts acute confidant table handover answer leak depart message note close reopen involved") {
		done["task."+t] = true
	}
	for again := true; again; {
		again = false
		other.opens(ref)
		for _, x := range other.form.Acts {
			if strings.HasPrefix(x.Value, "task.") && !done[x.Value] {
				done[x.Value], again = true, true
				other.chooses(x.Value)
				if len(other.form.Fields) > 0 && !strings.HasPrefix(other.form.Title, "SIG-") {
					other.anyhow()
				}
				break
			}
		}
	}
	c.opens(ref)
	if c.offers("task.take") { // it was given to the colleague
		c.chooses("task.take")
	}
	c.task("close", "reason", "action_taken", "help", "reached", "informed", "yes", "template", "fb.closed.action")
	owed()
	c.opens(ref)
	if c.tells("Stand") != "afgesloten" {
		b.t.Fatalf("not closed: %s", c.tells("Stand"))
	}
	c.task("reopen", "why", "Er kwam iets bij.")
	owed()
	other.opens(ref)
	if other.offers("task.involved") {
		other.chooses("task.involved")
		if len(other.form.Fields) > 0 {
			other.anyhow()
		}
		owed()
	}
}

func (c *clerk) offers(act string) bool {
	return slices.ContainsFunc(c.form.Acts, func(a adapters.Act) bool { return a.Value == act })
}
