package main_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/meldroute/meldroute/adapters"
)

// A channel that is no longer safe, or in which somebody who should read it is
// missing, is told to the coördinator at once, whether or not anything is due:
// once a day for each reason, however often it is looked at. What is not known
// for a moment is no alarm.
func TestChannelIsWatched(t *testing.T) {
	t.Parallel()
	stranger := adapters.Member{Address: adapters.NewAddress("web", "iemand")}
	for name, tc := range map[string]struct {
		odd  func(adapters.Room) (adapters.Room, error)
		want string
	}{
		"opened":   {func(r adapters.Room) (adapters.Room, error) { r.Private = false; return r, nil }, "Het kanaal is niet besloten."},
		"stranger": {func(r adapters.Room) (adapters.Room, error) { r.Members = append(r.Members, stranger); return r, nil }, "die daar niet hoort"},
		"gone":     {func(adapters.Room) (adapters.Room, error) { return adapters.Room{}, adapters.ErrGone }, "Ik kan niet zien wie er meelezen."},
		"missing": {func(r adapters.Room) (adapters.Room, error) {
			r.Members = slices.Clone(r.Members[1:])
			return r, nil
		}, "zit niet in het kanaal"},
		"unknown": {func(adapters.Room) (adapters.Room, error) { return adapters.Room{}, errBroken }, ""},
		"safe":    {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k, c := monday(), newChat()
			r := onFile(t).replica(t, c, k)
			r.room.become(tc.odd)
			look := func() {
				t.Helper()
				if err := r.desk.Look(t.Context()); err != nil && (tc.want != "" || !errors.Is(err, errBroken)) {
					t.Errorf("look: %v", err)
				}
			}
			look()
			look()
			told := func() (n int) {
				for _, r := range c.at(coordinator) {
					if strings.Contains(r.Text, tc.want) {
						n++
					}
				}
				return n
			}
			if got := told(); got != len(c.at(coordinator)) || got != min(len(tc.want), 1) {
				t.Errorf("the coördinator was told %d times, and read %d messages", got, len(c.at(coordinator)))
			}
			if n := len(c.at(deskChannel)); n != 0 {
				t.Errorf("%d posts in the channel", n)
			}
			k.on(24 * time.Hour)
			look()
			if got := told(); got != 2*min(len(tc.want), 1) {
				t.Errorf("the day after he was told %d times", got)
			}
		})
	}
}
