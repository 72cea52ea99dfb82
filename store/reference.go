package store

import (
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// crockford are the 32 letters of a number that is read out loud: no I, L, O
// and U (Crockford base32).
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// draw returns n random letters.
func draw(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: the process stops before it does
	for i := range b {
		b[i] = crockford[b[i]%32]
	}
	return string(b)
}

// drawNumbers draws the two numbers of a signal (D6). Random, not counted: they
// say nothing about how many there are, cannot be guessed from others, and have
// nothing to do with each other.
func drawNumbers(now time.Time) (Reference, Number) {
	return Reference(fmt.Sprintf("SIG-%04d-%s", now.Year(), draw(5))), Number("M-" + draw(5))
}

// clean is a reference that every database takes: one that was typed may hold
// what PostgreSQL refuses as text. What is not a text is nobody's reference.
func (r Reference) clean() Reference {
	if !utf8.ValidString(string(r)) || strings.ContainsRune(string(r), 0) {
		return "?"
	}
	return r
}

// NewToken returns 128 random bits, in letters that every platform takes.
func NewToken() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails: the process stops before it does
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)
}
