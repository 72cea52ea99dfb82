//go:build unix

package main_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/meldroute/meldroute/adapters/mattermost/mattermosttest"
)

// While the database is gone, and while it hangs, people on Mattermost read 112
// at once and an honest sentence, and nothing is acknowledged. When it is back,
// what was typed is answered by itself, what was filled in counts when it is
// sent again, and every report is there once.
func TestMattermostDatabaseGone(t *testing.T) {
	t.Parallel()
	pg := ownPostgres(t)
	place(t)
	w := settle(t, mattermosttest.Shared(t))
	p := w.start(t, w.config(t, wayIn)+onPostgres(pg.url())+covered)
	busy, fresh, acute := w.pilgrim(t), w.pilgrim(t), w.pilgrim(t)
	steps := busy.steps()
	steps[0]()
	acute.says("hallo")
	send := busy.sends("Stap 1 van 7", "Wat is gezien of gehoord?", "Iets met "+busy.mark+".", "Wanneer?", "Vandaag", "Wie zag het?", "Ikzelf")
	asked := busy.asked()

	pg.stop()
	until(t, "not ready", func() bool { return p.readyz() == http.StatusServiceUnavailable })
	honest(t, "a form", send()[""])
	if _, err := fresh.Say(fresh.direct, "hallo"); err != nil {
		t.Fatal(err)
	}
	until(t, "who types reads that nothing was kept", func() bool {
		return strings.Contains(show(sorted(fresh.seat, fresh.id)), "Je antwoord is niet verstuurd.")
	})
	danger, _ := acute.stands("Is er nu gevaar?")
	begin := time.Now()
	notices, _, err := acute.Press(danger.ID, danger.Buttons[0].ID)
	if took := time.Since(begin); err != nil || took > 5*soon {
		t.Errorf("a press is answered after %v: %v", took, err)
	}
	honest(t, "a press", strings.Join(notices, "\n"))
	if !strings.Contains(show(sorted(acute.seat, acute.id)), "Bel nu 112.") {
		t.Error("a press on danger shows no 112")
	}
	if busy.asked() != asked {
		t.Error("something is asked that was not kept")
	}

	pg.start()
	until(t, "ready again", func() bool { return p.readyz() == http.StatusOK })
	until(t, "what was typed is answered", func() bool { _, ok := fresh.stands("Is er nu gevaar?"); return ok })
	if wrong := send(); len(wrong) > 0 {
		t.Errorf("what was filled in is refused when it is sent again: %q", wrong)
	}
	busy.reads("Stap 2 van 7")

	release := locked(t, pg.url())
	begin = time.Now()
	stuck := busy.sends("Stap 2 van 7", "Waar denk je aan?", "Iets anders")
	if stuck != nil {
		t.Error("a form opens at a database that hangs")
	}
	t.Logf("told after %v that nothing was kept", time.Since(begin).Round(100*time.Millisecond))
	release()
	for _, step := range steps[2:] {
		step()
	}
	for _, step := range fresh.steps() {
		step()
	}
	w.account(t, []*pilgrim{busy, fresh})
	for _, x := range []*pilgrim{busy, fresh} {
		if strings.Contains(p.log.all(), x.mark) {
			t.Error("an answer is in the log")
		}
	}
}

// honest fails unless a text says that nothing was kept, and 112.
func honest(t *testing.T, what, text string) {
	t.Helper()
	if !strings.Contains(text, "112") || !strings.Contains(text, "niet") {
		t.Errorf("%s without a database is answered %q: not what went wrong, or not 112", what, text)
	}
}

// locked holds what a turn needs, until it is released.
func locked(t *testing.T, address string) (release func()) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	c, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(ctx) })
	do := func(sql string) {
		if _, err := c.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	do(`BEGIN; LOCK TABLE sessions, inbox, memory, notices IN ACCESS EXCLUSIVE MODE`)
	return func() { do(`ROLLBACK`) }
}
