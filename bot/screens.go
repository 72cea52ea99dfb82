package main

import (
	"context"
	"strings"

	"github.com/meldroute/meldroute/bot/desk"
	"github.com/meldroute/meldroute/bot/figures"
	"github.com/meldroute/meldroute/store"
)

// screens are what a coördinator reads at the desk and other rooms make: the
// exact figures up to now (rule 8 of the figures), and the review of rights (P16).
func (b *bot) screens(book *figures.Book) map[string]desk.Screen {
	return map[string]desk.Screen{
		"figures": func(ctx context.Context, who store.Person, lang string) (string, error) {
			e, err := book.Exact(ctx, who, book.Window(book.Latest()+1))
			return e.Text(figures.View{Texts: b.texts, Lang: lang}), err
		},
		"rights": func(ctx context.Context, _ store.Person, lang string) (string, error) {
			lines, err := rights(ctx, b.store, b.e.config, b.texts, lang)
			return "- " + strings.Join(lines, "\n- "), err
		},
	}
}
