package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store/vault"
)

// draftsAtOnce is how many drafts one call of Drafts returns of each kind.
const draftsAtOnce = 100

const sessionColumns = `person, flow, version, rev, shown, nudge, expires, sealed`

// sessionRow is a session as it stands in the database; who is nil for one
// that is not there.
type sessionRow struct {
	who []byte
	Session
}

// sessionAD binds a session to its person and to what stands open beside it.
func sessionAD(who []byte, flow, version string, rev int64) []byte {
	return vault.AD("sessions", string(who)+"|"+version, fmt.Sprintf("%d|%s", rev, flow))
}

func (s *Store) openSession(r []any) (sessionRow, error) {
	row := sessionRow{who: blob(r[0]), Session: Session{
		Flow: text(r[1]), Version: text(r[2]), Rev: num(r[3]), Shown: num(r[4]),
		Nudge: fromMicros(num(r[5])), Expires: fromMicros(num(r[6])),
	}}
	plain, err := s.v.OpenWorking(blob(r[7]), sessionAD(row.who, row.Flow, row.Version, row.Rev))
	if err != nil {
		return sessionRow{}, fmt.Errorf("store: session: %w", err)
	}
	person, content, err := cut(plain)
	if err != nil {
		return sessionRow{}, fmt.Errorf("store: session: %w", err)
	}
	person, about, _ := strings.Cut(person, aboutMark)
	row.Person, row.About, row.Content = private.New(person), Reference(about), private.New(string(content))
	return row, nil
}

func readSession(names [][]byte) Query {
	return ask(`SELECT `+sessionColumns+` FROM sessions WHERE person IN ?`, names).read()
}

// writeSession writes a session over the one that was seen. A row under an
// older key keeps its name; rotation renames it.
func (s *Store) writeSession(seen sessionRow, who []byte, n Session, now time.Time) Stmt {
	if seen.who != nil {
		who = seen.who
	}
	return ask(`INSERT INTO sessions (person, flow, version, rev, shown, touched, nudge, expires, sealed, about)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (person) DO UPDATE SET flow = excluded.flow, version = excluded.version,
		rev = excluded.rev, touched = excluded.touched, nudge = excluded.nudge, expires = excluded.expires,
		sealed = excluded.sealed,
		about = CASE WHEN excluded.about IS NULL AND excluded.rev = sessions.rev THEN sessions.about ELSE excluded.about END,
		shown = CASE WHEN sessions.shown > excluded.shown THEN sessions.shown ELSE excluded.shown END
		WHERE sessions.rev = ?`,
		who, n.Flow, n.Version, n.Rev, n.Shown, micros(now), micros(n.Nudge), micros(n.Expires), s.sealSession(who, n),
		s.about(n.About), seen.Rev).write(1)
}

// about is the name of the signal that something belongs to, nil for none.
func (s *Store) about(ref Reference) any {
	if ref == "" {
		return nil
	}
	return s.v.Name(labelAbout, string(ref))
}

// aboutMark parts whose a session is from the signal that it is about: no
// address has it.
const aboutMark = "\x00"

// sealSession seals a session with whose it is, and what it is about.
func (s *Store) sealSession(who []byte, n Session) []byte {
	person := n.Person.Reveal()
	if n.About != "" {
		person += aboutMark + string(n.About)
	}
	plain := binary.AppendUvarint(make([]byte, 0, len(person)+n.contentLen()+8), uint64(len(person)))
	plain = append(plain, person...)
	plain = append(plain, n.Content.Reveal()...)
	return s.v.SealWorking(plain, sessionAD(who, n.Flow, n.Version, n.Rev))
}

func (n Session) contentLen() int { return len(n.Content.Reveal()) }

func readProfile(names [][]byte) Query {
	return ask(`SELECT person, sealed FROM profiles WHERE person IN ?`, names).read()
}

func (s *Store) openProfile(rows Rows) (Profile, error) {
	if len(rows) == 0 {
		return Profile{}, nil
	}
	k, err := s.openKept(blob(rows[0][0]), blob(rows[0][1]))
	return Profile{Lang: k.Lang, Department: k.Department}, err
}

// keptProfile is a profile as it is sealed: with whose it is, from which a
// rotation makes its name anew.
type keptProfile struct {
	Lang       string `json:"lang,omitempty"`
	Department string `json:"department,omitempty"`
	Person     Person `json:"person"`
}

func profileAD(who []byte) []byte { return vault.AD("profiles", string(who), "profile") }

func (s *Store) openKept(who, sealed []byte) (k keptProfile, err error) {
	err = s.openInto(&k, sealed, profileAD(who))
	return k, err
}

func (s *Store) sealKept(who []byte, k keptProfile) ([]byte, error) {
	plain, err := private.Encode(k)
	if err != nil {
		return nil, err
	}
	return s.v.SealWorking(plain, profileAD(who)), nil
}

// writeProfile writes a profile under the primary key, and removes the row
// under an older one.
func (s *Store) writeProfile(names [][]byte, p keptProfile, now time.Time) ([]Stmt, error) {
	who := names[0]
	sealed, err := s.sealKept(who, p)
	if err != nil {
		return nil, err
	}
	var stmts []Stmt
	if len(names) > 1 {
		stmts = append(stmts, ask(`DELETE FROM profiles WHERE person IN ?`, names[1:]).write(AnyRows))
	}
	return append(stmts, ask(`INSERT INTO profiles (person, touched, sealed) VALUES (?, ?, ?)
		ON CONFLICT (person) DO UPDATE SET touched = excluded.touched, sealed = excluded.sealed`,
		who, micros(now), sealed).write(1)), nil
}

// openInto opens what was sealed for working use.
func (s *Store) openInto(v any, sealed, ad []byte) error {
	plain, err := s.v.OpenWorking(sealed, ad)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return private.Decode(plain, v)
}

// Session returns a person's dialogue; one without any has a Session with Rev
// 0 and only Person filled in.
func (s *Store) Session(ctx context.Context, p Person) (Session, error) {
	s, done := s.hold()
	defer done()
	rows, err := s.d.Query(ctx, readSession(s.v.Names(labelSession, p.Reveal())))
	if err != nil {
		return Session{}, fmt.Errorf("store: session: %w", err)
	}
	if len(rows[0]) == 0 {
		return Session{Person: p}, nil
	}
	row, err := s.openSession(rows[0][0])
	return row.Session, err
}

// Unshown returns the sessions whose question is not known to stand in the
// chat (D2): at a start each is shown again under the same key.
func (s *Store) Unshown(ctx context.Context) ([]Session, error) {
	s, done := s.hold()
	defer done()
	rows, err := s.d.Query(ctx, Query{SQL: `SELECT ` + sessionColumns + ` FROM sessions WHERE rev > shown`})
	if err != nil {
		return nil, fmt.Errorf("store: unshown: %w", err)
	}
	return s.sessions(rows[0]), nil
}

// Shown notes that revision rev stands in the chat.
func (s *Store) Shown(ctx context.Context, p Person, rev int64) error {
	s, done := s.hold()
	defer done()
	err := s.d.Turn(ctx, Turn{Compute: func([]Rows) ([]Stmt, error) {
		// A session that has not come so far is a newer one.
		return []Stmt{ask(`UPDATE sessions SET shown = ? WHERE person IN ? AND shown < ? AND rev >= ?`,
			rev, s.v.Names(labelSession, p.Reveal()), rev, rev).write(AnyRows)}, nil
	}})
	if err != nil {
		return fmt.Errorf("store: shown: %w", err)
	}
	return nil
}

// Drafts returns the sessions that want a nudge, and those to erase, a hundred
// of each at most: deal with them by a turn each (Nudge zero, or End) and call
// again.
func (s *Store) Drafts(ctx context.Context, now time.Time) (nudge, expired []Session, err error) {
	s, done := s.hold()
	defer done()
	at := micros(now)
	rows, err := s.d.Query(ctx,
		ask(`SELECT `+sessionColumns+` FROM sessions WHERE nudge > 0 AND nudge <= ?
			AND (expires = 0 OR expires > ?) ORDER BY nudge LIMIT ?`, at, at, draftsAtOnce).read(),
		ask(`SELECT `+sessionColumns+` FROM sessions WHERE expires > 0 AND expires <= ?
			ORDER BY expires LIMIT ?`, at, draftsAtOnce).read())
	if err != nil {
		return nil, nil, fmt.Errorf("store: drafts: %w", err)
	}
	return s.sessions(rows[0]), s.sessions(rows[1]), nil
}

// sessions opens rows. One that does not open is left out and logged: it must
// not keep the others from their nudge, and Sweep removes it in the end.
func (s *Store) sessions(rows Rows) []Session {
	var out []Session
	for _, r := range rows {
		row, err := s.openSession(r)
		if err != nil {
			s.log.Error("session does not open", "rev", num(r[3]))
			continue
		}
		out = append(out, row.Session)
	}
	return out
}
