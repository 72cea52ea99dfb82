package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
)

// rightsCmd prints who may do what and when he last did, for the quarterly review
// of rights (P16). What he did is not in it.
type rightsCmd struct{}

// Run prints a line per role and person, and whether the journal knows acts of
// people who have no role now.
func (rightsCmd) Run(e *env) error {
	texts, err := config.LoadTexts(e.config.Texts)
	if err != nil {
		return err
	}
	st, _, err := openStore(e.ctx, e.config, alongside, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	lines, err := rights(e.ctx, st, e.config, texts, e.config.Municipality.Language)
	for _, l := range lines {
		_, _ = fmt.Fprintln(e.out, l)
	}
	return err
}

// rights are those lines.
func rights(ctx context.Context, st *store.Store, c config.Config, texts *config.Texts, lang string) ([]string, error) {
	all := c.Rights()
	persons := make([]store.Person, len(all))
	for i, r := range all {
		persons[i] = private.New(string(r.Person.Person))
	}
	uses, others, err := st.Uses(ctx, persons)
	if err != nil {
		return nil, err
	}
	where, err := c.Location()
	if err != nil {
		return nil, err
	}
	var out []string
	for i, r := range all {
		id := "rights." + r.Role
		if uses[i].Acts == 0 {
			id += ".never"
		}
		out = append(out, texts.Say(lang, id, map[string]any{
			"Name": r.Name, "Person": string(r.Person.Person), "N": uses[i].Acts, "Last": uses[i].Last.In(where).Format(time.DateOnly),
		}))
	}
	if others.Acts > 0 {
		out = append(out, texts.Say(lang, "rights.others", map[string]any{"N": others.Acts, "Last": others.Last.In(where).Format(time.DateOnly)}))
	}
	return out, nil
}
