package store

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"
)

// Use is what the journal holds of the acts of one person: how many and when the
// last was, nothing of what they were about (P16).
type Use struct {
	Last time.Time // zero: never
	Acts int64
}

// Uses returns the use of each of persons, in their order, and of all whom the
// journal knows and who are not among them. The journal names people with its own
// key, so that this works across rotations of the others.
func (s *Store) Uses(ctx context.Context, persons []Person) (uses []Use, others Use, err error) {
	s, done := s.hold()
	defer done()
	rows, err := s.d.Query(ctx, Query{SQL: `SELECT actor, MAX(at), COUNT(*) FROM journal GROUP BY actor`})
	if err != nil {
		return nil, Use{}, fmt.Errorf("store: uses: %w", err)
	}
	uses = make([]Use, len(persons))
	for _, r := range rows[0] {
		name, err := hex.DecodeString(text(r[0]))
		if err != nil || len(name) == 0 {
			continue // "bot" and "melder"
		}
		one := Use{fromMicros(num(r[1])), num(r[2])}
		known := false
		for i, p := range persons {
			if s.v.VerifyMAC(name, actorCode(p)) {
				uses[i], known = uses[i].and(one), true
			}
		}
		if !known {
			others = others.and(one)
		}
	}
	return uses, others, nil
}

func (u Use) and(v Use) Use {
	if v.Last.After(u.Last) {
		u.Last = v.Last
	}
	u.Acts += v.Acts
	return u
}
