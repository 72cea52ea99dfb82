package desk

import (
	"context"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/store"
)

// Screen makes what a coördinator reads in a window of his own and nowhere else,
// in the little markup of adapters: the exact figures, the review of rights. Who
// makes it journals what it read; that the window opened is journaled here.
type Screen func(ctx context.Context, who store.Person, lang string) (string, error)

// screens are the commands that show one.
func screens() []command { return []command{cmdFigures, cmdRights} }

// screen shows what only a coördinator reads. It is asked for in his own
// dialogue, and found by nobody else.
func (x act) screen(ctx context.Context, c command) (adapters.Answer, error) {
	make, ok := x.d.o.Screens[string(c)]
	if !ok || !x.leads() {
		return adapters.Answer{}, store.ErrNotFound
	}
	return x.opens(ctx, string(c), func() (*adapters.Form, error) {
		text, err := make(ctx, x.viewer.Person, x.lang())
		return &adapters.Form{Title: x.say("people."+string(c), nil), Intro: text}, err
	})
}
