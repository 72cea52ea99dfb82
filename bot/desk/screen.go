package desk

import (
	"context"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/store"
)

// Screen makes what a coördinator reads in a window of his own and nowhere else,
// in the little markup of adapters. Who makes it journals what it read; that the
// window opened is journaled here.
type Screen func(ctx context.Context, who store.Person, lang string) (string, error)

// screens are the commands of a coördinator that show something.
func screens() []command { return []command{cmdFigures, cmdRights} }

// rights shows who may do what. It is asked for in his own dialogue, and found
// by nobody else.
func (x act) rights(ctx context.Context) (adapters.Answer, error) {
	if !x.leads() {
		return adapters.Answer{}, store.ErrNotFound
	}
	return x.opens(ctx, string(cmdRights), func() (*adapters.Form, error) {
		text, err := x.d.o.Rights(ctx, x.viewer.Person, x.lang())
		return &adapters.Form{Title: x.say("people.rights", nil), Intro: text}, err
	})
}
