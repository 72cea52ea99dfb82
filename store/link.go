package store

import (
	"context"
	"crypto/subtle"
	"errors"
	"strings"
	"time"
)

// LinkLife is how long a link can be used (D8).
const LinkLife = 10 * time.Minute

// codeLetters is how long a code is. With MaxFailures tries, it is guessed once
// in 100 million links, by somebody who has the link.
const codeLetters = 6

// Link makes a token of t behind which something is fetched once (D16): it
// lives LinkLife from now, and asks for a code that its person is shown beside
// it. t.ID is put before the token's own letters.
func Link(t Token, now time.Time) Token {
	t.ID += NewToken()
	t.Code = draw(codeLetters)
	t.Expires = now.Add(LinkLife)
	return t
}

// lookalike reads the letters that no code has as the digits that were meant
// (Crockford base32).
var lookalike = strings.NewReplacer("O", "0", "I", "1", "L", "1")

// errCode ends a turn in which the code of a link was wrong.
var errCode = errors.New("store: wrong code")

// Redeem is Turn for a link, e.Token: f is called only when the link is there
// for who asks and the code is its own, and the link is used up by what f
// writes. Everything else is ErrNotFound; a wrong code counts against the link.
// Spaces and small letters in a code do not matter, nor letters that look like
// its digits.
func (s *Store) Redeem(ctx context.Context, e Event, code string, f func(View) (Effects, error)) error {
	code = lookalike.Replace(strings.ToUpper(strings.Join(strings.Fields(code), "")))
	_, err := s.Turn(ctx, e, func(v View) (Effects, error) {
		switch {
		case v.Token == nil || v.Token.Code == "":
			return Effects{}, ErrNotFound
		case subtle.ConstantTimeCompare([]byte(code), []byte(v.Token.Code)) == 0:
			return Effects{}, errCode
		}
		eff, err := f(v)
		eff.UseUp = true
		return eff, err
	})
	if errors.Is(err, errCode) {
		return errors.Join(ErrNotFound, s.Fail(ctx, e.Token))
	}
	return err
}
