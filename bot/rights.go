package main

import (
	"log/slog"
	"time"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
)

// rightsCmd prints who may do what and when he last did, for the quarterly review
// of rights (P16). What he did is not in it.
type rightsCmd struct{}

// Run prints a line per role and person, and whether the journal knows acts of
// people who have no role now.
func (rightsCmd) Run(e *env) error {
	say, err := speaker(e)
	if err != nil {
		return err
	}
	st, _, err := openStore(e.ctx, e.config, alongside, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	rights := e.config.Rights()
	persons := make([]store.Person, len(rights))
	for i, r := range rights {
		persons[i] = private.New(string(r.Person.Person))
	}
	uses, others, err := st.Uses(e.ctx, persons)
	if err != nil {
		return err
	}
	where, err := e.config.Location()
	if err != nil {
		return err
	}
	for i, r := range rights {
		args := map[string]any{"Name": r.Name, "Person": string(r.Person.Person), "N": uses[i].Acts, "Last": uses[i].Last.In(where).Format(time.DateOnly)}
		id := "rights." + r.Role
		if uses[i].Acts == 0 {
			id += ".never"
		}
		say(id, args)
	}
	if others.Acts > 0 {
		say("rights.others", map[string]any{"N": others.Acts, "Last": others.Last.In(where).Format(time.DateOnly)})
	}
	return nil
}
