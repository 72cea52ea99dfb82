package store

import (
	"bytes"
	"context"
	"fmt"
	"slices"
)

// headsAtOnce is how many heads one read compares.
const headsAtOnce = 500

// JournalHead returns the end of the journal's chain as it was sealed last; its
// Seq is 0 as long as nothing is.
func (s *Store) JournalHead(ctx context.Context) (Head, error) {
	s, done := s.hold()
	defer done()
	rows, err := s.d.Query(ctx, readHead())
	if err != nil {
		return Head{}, fmt.Errorf("store: journal head: %w", err)
	}
	h, _ := s.head(rows[0])
	return h, nil
}

// Strange returns those of heads that were kept elsewhere which the journal does
// not have: its tail was cut, or it is one of an older backup (D10). VerifyJournal
// cannot see that by itself.
func (s *Store) Strange(ctx context.Context, heads []Head) ([]Head, error) {
	s, done := s.hold()
	defer done()
	var out []Head
	for chunk := range slices.Chunk(heads, headsAtOnce) {
		q := ask(`SELECT seq, chain FROM journal WHERE seq IN (`)
		for i, h := range chunk {
			if i > 0 {
				q.add(`, `)
			}
			q.add(`?`, h.Seq)
		}
		rows, err := s.d.Query(ctx, q.add(`)`).read(), readCheckpoint())
		if err != nil {
			return nil, fmt.Errorf("store: compare heads: %w", err)
		}
		has := map[int64][]byte{}
		for _, r := range rows[0] {
			has[num(r[0])] = blob(r[1])
		}
		begin, _ := s.checkpointOf(rows[1])
		has[begin.Seq] = begin.Chain
		for _, h := range chunk {
			if h.Seq < begin.Seq {
				continue // thrown away since, by a checkpoint that we signed
			}
			if !bytes.Equal(has[h.Seq], h.Chain) {
				out = append(out, h)
			}
		}
	}
	return out, nil
}
