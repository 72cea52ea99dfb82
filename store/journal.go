package store

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/meldroute/meldroute/store/vault"
)

const (
	// sealAtOnce is how many lines one batch of the sealer takes.
	sealAtOnce = 500
	// verifyAtOnce is how many lines VerifyJournal reads at a time.
	verifyAtOnce = 1000
	metaHead     = "journal head"
)

// lockJournal makes the sealer one, in all replicas.
var lockJournal = []byte("journal")

// written is a line as it is kept: what its keyed code is made over (P22).
type written struct {
	nonce                         []byte
	at                            int64
	action, actor, about, outcome string
	reason                        []byte // sealed; nil without
}

// code are the bytes that a line's MAC is made over: each part with its length,
// so that nothing can move from one to the next.
func (l written) code() []byte {
	return packed("line", string(l.nonce), string(binary.BigEndian.AppendUint64(nil, uint64(l.at))),
		l.action, l.actor, l.about, l.outcome, string(l.reason))
}

// link are the bytes that a line's place in the chain is made over.
func link(seq int64, before, mac []byte) []byte {
	return packed("link", string(binary.BigEndian.AppendUint64(nil, uint64(seq))), string(before), string(mac))
}

func packed(parts ...string) []byte {
	var b []byte
	for _, p := range parts {
		b = binary.BigEndian.AppendUint64(b, uint64(len(p)))
		b = append(b, p...)
	}
	return b
}

func reasonAD(nonce []byte) []byte { return vault.AD("journal", string(nonce), "reason") }

// actorCode are the bytes that the name of an actor is made over. It is made
// with the journal's own key, which lives as long as its lines: who did what is
// still known after the other keys were rotated.
func actorCode(p Person) []byte { return packed("actor", p.Reveal()) }

// journal writes the lines of a turn, each with a keyed code; their place in
// the chain comes from SealJournal. A reason is sealed under the key of the
// signal it is about, and dies with it.
func (w *writes) journal(eff Effects) error {
	if len(eff.Journal) == 0 {
		return nil
	}
	lines := make([]written, len(eff.Journal))
	for i, l := range eff.Journal {
		k := written{
			nonce: make([]byte, 16), at: micros(w.now),
			action: l.Action, actor: l.Actor, about: string(l.About), outcome: l.Outcome,
		}
		_, _ = rand.Read(k.nonce) // never fails: the process stops before it does
		if !l.Person.Empty() {
			k.actor = hex.EncodeToString(w.s.v.MAC(actorCode(l.Person)))
		}
		if !l.Reason.Empty() {
			seal, err := w.sealer(l.About)
			if err != nil {
				return err
			}
			k.reason = seal([]byte(l.Reason.Reveal()), reasonAD(k.nonce))
		}
		lines[i] = k
	}
	w.add(ask(`INSERT INTO journal (nonce, at, action, actor, about, outcome, reason, mac) VALUES `).
		rows(len(lines), func(i int) []any {
			l := lines[i]
			var reason any
			if l.reason != nil {
				reason = l.reason
			}
			return []any{l.nonce, l.at, l.action, l.actor, l.about, l.outcome, reason, w.s.v.MAC(l.code())}
		}), int64(len(lines)))
	return nil
}

// sealer is the key that a line's reason is sealed with. A reason about no signal
// opens until the working key that sealed it is retired: a line cannot be sealed
// anew without breaking the chain.
func (w *writes) sealer(about Reference) (func(plain, ad []byte) []byte, error) {
	switch {
	case about == "":
		return w.s.v.SealWorking, nil
	case w.loaded != nil && about == w.loaded.Ref:
		return w.loaded.key.Seal, nil
	case about == w.ref && w.out.Ref == about:
		return w.filed.Seal, nil
	}
	return nil, fmt.Errorf("store: a reason about %s, which the turn did not load", about)
}

// readsAtOnce bounds the earlier reads of a signal that a turn sees.
const readsAtOnce = 500

// reads are who read a signal and when, newest first.
func (a access) reads(ref Reference, actions []string) Query {
	q := ask(`SELECT j.actor, j.at FROM journal j WHERE j.about = ? AND j.about <> '' AND j.action IN ? AND j.outcome = 'ok'
		AND EXISTS (SELECT 1 FROM signals s WHERE s.ref = ? AND `, string(ref), actions, string(ref))
	return a.where(q).add(`) ORDER BY j.id DESC LIMIT ?`, readsAtOnce).read()
}

// readings are those of the viewer and of who is left out.
func (w *writes) readings(rows Rows) []Reading {
	people := append(slices.Clone(w.loaded.people.LeftOut), w.e.Viewer.Person)
	known := map[string]int{} // by actor
	var out []Reading
	for _, r := range rows {
		actor := text(r[0])
		i, ok := known[actor]
		if !ok {
			mac, err := hex.DecodeString(actor)
			i = slices.IndexFunc(people, func(p Person) bool { return err == nil && w.s.v.VerifyMAC(mac, actorCode(p)) })
			known[actor] = i
		}
		if i >= 0 {
			out = append(out, Reading{Person: people[i], At: fromMicros(num(r[1]))})
		}
	}
	return out
}

// Head is the end of the journal's chain. Kept elsewhere, it shows a cut tail
// or an old backup (D10).
type Head struct {
	Seq   int64
	Chain []byte
}

const journalColumns = `id, nonce, at, action, actor, about, outcome, reason, mac, seq, chain`

func scanLine(r []any) (l written, mac []byte, seq int64, chain []byte) {
	return written{
		nonce: blob(r[1]), at: num(r[2]), action: text(r[3]), actor: text(r[4]),
		about: text(r[5]), outcome: text(r[6]), reason: blob(r[7]),
	}, blob(r[8]), num(r[9]), blob(r[10])
}

// head reads the head that was kept, proven by its own code.
func (s *Store) head(rows Rows) (Head, bool) {
	if len(rows) == 0 {
		return Head{}, false
	}
	b := blob(rows[0][0])
	if len(b) < 10 {
		return Head{}, false
	}
	n := int(binary.BigEndian.Uint16(b[8:]))
	if len(b) < 10+n {
		return Head{}, false
	}
	h := Head{Seq: int64(binary.BigEndian.Uint64(b)), Chain: b[10 : 10+n]}
	return h, s.v.VerifyMAC(b[10+n:], packed("head", string(b[:10+n])))
}

func (s *Store) writeHead(h Head) Stmt {
	b := binary.BigEndian.AppendUint64(nil, uint64(h.Seq))
	b = binary.BigEndian.AppendUint16(b, uint16(len(h.Chain)))
	b = append(b, h.Chain...)
	return s.meta(metaHead, append(b, s.v.MAC(packed("head", string(b)))...))
}

func readHead() Query { return ask(`SELECT value FROM meta WHERE name = ?`, metaHead).read() }

// SealJournal gives the lines that have none a sequence and a place in the
// chain, and returns how many. Call it within a second of a turn that journals;
// two at once take turns. A line that is not this key's is left unsealed, where
// VerifyJournal finds it.
func (s *Store) SealJournal(ctx context.Context) (int, error) {
	sealed := 0
	for after := int64(0); after >= 0; {
		n, last, err := s.sealBatch(ctx, after)
		sealed += n
		if err != nil {
			return sealed, fmt.Errorf("store: seal journal: %w", err)
		}
		after = last
	}
	return sealed, nil
}

// sealBatch seals lines after an id, and returns the last id that it looked at:
// lines that are not ours must not keep it from those behind. It is -1 when
// there were no more.
func (s *Store) sealBatch(ctx context.Context, after int64) (n int, last int64, err error) {
	s, done := s.hold()
	defer done()
	err = s.d.Turn(ctx, Turn{
		Locks: [][]byte{lockJournal},
		Reads: []Query{
			readHead(),
			{SQL: `SELECT seq, chain FROM journal WHERE seq IS NOT NULL ORDER BY seq DESC LIMIT 1`},
			ask(`SELECT `+journalColumns+` FROM journal WHERE seq IS NULL AND id > ?
				ORDER BY id LIMIT ?`, after, sealAtOnce).read(),
			readCheckpoint(),
		},
		Compute: func(rows []Rows) ([]Stmt, error) {
			h, _ := s.head(rows[0])
			// The later of the two: a tail that was cut, or a head that was
			// taken away, leaves a gap that shows.
			if len(rows[1]) > 0 && num(rows[1][0][0]) > h.Seq {
				h = Head{num(rows[1][0][0]), blob(rows[1][0][1])}
			}
			if c, ok := s.checkpointOf(rows[3]); ok && c.Seq > h.Seq {
				h = c.Head
			}
			n = 0
			var stmts []Stmt
			for _, r := range rows[2] {
				l, mac, _, _ := scanLine(r)
				if !s.v.VerifyMAC(mac, l.code()) {
					continue
				}
				h.Seq++
				h.Chain = s.v.MAC(link(h.Seq, h.Chain, mac))
				n++
				stmts = append(stmts, ask(`UPDATE journal SET seq = ?, chain = ? WHERE id = ? AND seq IS NULL`,
					h.Seq, h.Chain, num(r[0])).write(1))
			}
			last = -1
			if len(rows[2]) == sealAtOnce {
				last = num(rows[2][sealAtOnce-1][0])
			}
			if n > 0 {
				stmts = append(stmts, s.writeHead(h))
			}
			return stmts, nil
		},
	})
	return n, last, err
}

// Span is a run of sequence numbers, both ends included.
type Span struct{ From, To int64 }

// JournalReport is what VerifyJournal found.
type JournalReport struct {
	Lines    int64   // sealed lines that were read
	Changed  []int64 // sequence numbers of lines that are not as they were written
	Moved    []int64 // lines that are whole, but stand in another place than they had
	Missing  []Span  // lines that were taken away, a cut tail included
	Unsealed int64   // lines that wait for the sealer
	Forged   int64   // unsealed lines that this key did not write
	// HeadLost says that the kept head was taken away or changed: a cut
	// tail then shows against a head kept elsewhere only.
	HeadLost bool
	// Pruned is the sequence number up to which lines were thrown away, by a
	// signed checkpoint; without one that is ours, they are Missing.
	Pruned int64
	Head   Head
}

// OK says that nothing is wrong.
func (r JournalReport) OK() bool {
	return len(r.Changed)+len(r.Moved)+len(r.Missing) == 0 && r.Forged == 0 && !r.HeadLost
}

// VerifyJournal reads the whole journal and proves every line and link (D10,
// P24). It reads in batches beside a running bot.
func (s *Store) VerifyJournal(ctx context.Context) (JournalReport, error) {
	s, done := s.hold()
	defer done()
	var rep JournalReport
	rows, err := s.d.Query(ctx, readHead(),
		Query{SQL: `SELECT ` + journalColumns + ` FROM journal WHERE seq IS NULL ORDER BY id`},
		Query{SQL: `SELECT COUNT(*) FROM journal WHERE seq IS NOT NULL`}, readCheckpoint())
	if err != nil {
		return rep, fmt.Errorf("store: verify journal: %w", err)
	}
	kept, ok := s.head(rows[0])
	rep.HeadLost = !ok && num(rows[2][0][0]) > 0
	begin, ours := s.checkpointOf(rows[3])
	if ours {
		rep.Pruned, rep.Head = begin.Seq, begin.Head
	}
	for _, r := range rows[1] {
		rep.Unsealed++
		if l, mac, _, _ := scanLine(r); !s.v.VerifyMAC(mac, l.code()) {
			rep.Forged++
		}
	}
	for {
		rows, err := s.d.Query(ctx, ask(`SELECT `+journalColumns+` FROM journal
			WHERE seq > ? ORDER BY seq LIMIT ?`, rep.Head.Seq, verifyAtOnce).read())
		if err != nil {
			return rep, fmt.Errorf("store: verify journal: %w", err)
		}
		for _, r := range rows[0] {
			s.verifyLine(&rep, r)
		}
		if len(rows[0]) < verifyAtOnce {
			break
		}
	}
	if ok && kept.Seq > rep.Head.Seq {
		rep.Missing = append(rep.Missing, Span{rep.Head.Seq + 1, kept.Seq})
	}
	return rep, nil
}

// verifyLine proves one line after those before it, in rep.Head.
func (s *Store) verifyLine(rep *JournalReport, r []any) {
	l, mac, seq, chain := scanLine(r)
	before, gap := rep.Head, seq > rep.Head.Seq+1
	if gap {
		rep.Missing = append(rep.Missing, Span{before.Seq + 1, seq - 1})
	}
	switch {
	case !s.v.VerifyMAC(mac, l.code()):
		rep.Changed = append(rep.Changed, seq)
	case !gap && !s.v.VerifyMAC(chain, link(seq, before.Chain, mac)):
		rep.Moved = append(rep.Moved, seq)
	}
	rep.Lines++
	rep.Head = Head{seq, chain}
}

// JournalLine is a line as the FG reads it: no content.
type JournalLine struct {
	Seq                           int64
	At                            time.Time
	Action, Actor, About, Outcome string
}

// Journal returns sealed lines after a sequence number, at most limit.
func (s *Store) Journal(ctx context.Context, after int64, limit int) ([]JournalLine, error) {
	rows, err := s.d.Query(ctx, ask(`SELECT `+journalColumns+` FROM journal
		WHERE seq > ? ORDER BY seq LIMIT ?`, after, limit).read())
	if err != nil {
		return nil, fmt.Errorf("store: journal: %w", err)
	}
	out := make([]JournalLine, len(rows[0]))
	for i, r := range rows[0] {
		l, _, seq, _ := scanLine(r)
		out[i] = JournalLine{seq, fromMicros(l.at), l.action, l.actor, l.about, l.outcome}
	}
	return out, nil
}
