package main_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	main "github.com/meldroute/meldroute/bot"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/mattermost/mattermosttest"
	"github.com/meldroute/meldroute/config"
)

// At nine an officer has one message on Mattermost with all that waits for him,
// in his own dialogue and in no channel. A button under it opens the case,
// another lets it wait.
func TestMattermostReminder(t *testing.T) {
	t.Parallel()
	w := settle(t, mattermosttest.Shared(t))
	c, err := config.Parse("m.yaml", []byte(w.config(t, wayIn)+covered+fmt.Sprintf("data: {dir: %q}\n", t.TempDir())), nil)
	if err != nil {
		t.Fatal(err)
	}
	k := monday()
	r, err := main.NewReplica(t.Context(), c, true, k.now, slog.New(slog.DiscardHandler), func(a adapters.Adapter) adapters.Adapter { return a })
	if err != nil {
		t.Fatal(err)
	}
	_, stop, err := r.Serve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
		_ = r.Store.Close()
	})
	x, officer := w.pilgrim(t), w.seat(t, readers[0])
	for _, step := range x.steps() {
		step()
	}
	r.Sweep(t.Context(), k.now())
	opens(t, officer, "desk", "Openen")
	if got := officer.chooses("Ik neem het"); !got.OK {
		t.Fatalf("the case is not taken: %v", got.Errors)
	}
	bundles := func() (all []mattermosttest.Post) {
		for _, p := range officer.read(officer.id) {
			if strings.Contains(p.Text, "Dit wacht op jou.") {
				all = append(all, p)
			}
		}
		return all
	}
	for range 24 * 4 * 8 { // the days that enriching may take
		k.on(15 * time.Minute)
		r.Sweep(t.Context(), k.now())
		if len(bundles()) > 0 {
			break
		}
	}
	got := bundles()
	if len(got) != 1 || !strings.Contains(got[0].Text, "opzoeken en uitzoeken (stap 3)") || len(got[0].Buttons) != 2 {
		t.Fatalf("the officer reads %+v", got)
	}
	if all := show(sorted(officer, "desk")); strings.Contains(got[0].Raw, x.mark) || strings.Contains(all, "Dit wacht op jou.") {
		t.Errorf("the reminder tells more, or to more people: %s", all)
	}
	opens(t, officer, officer.id, got[0].Buttons[0].Label)
	if !strings.Contains(officer.dialog.Intro, x.mark) {
		t.Errorf("the case does not open: %s", officer.dialog.Intro)
	}
	officer.presses(officer.id, "Later")
	k.on(24 * time.Hour)
	r.Sweep(t.Context(), k.now())
	if n := len(bundles()); n != 1 {
		t.Errorf("%d messages a day after it was to wait, want 1", n)
	}
}

// opens presses a button that must open a form.
func opens(t *testing.T, x *seat, log, label string) {
	t.Helper()
	if got := x.presses(log, label); got.opened == nil {
		t.Fatalf("%q opens nothing: %q", label, got.Notice)
	}
}
