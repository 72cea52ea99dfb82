package postgres

import (
	"fmt"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/internal/drive"
)

// translated keeps what translate made of the program's SQL, which is constant
// text, so that it does not grow.
var translated sync.Map // string to string

// translate writes parameters as PostgreSQL wants them, ?1 as $1, and leaves
// text and names in quotes as they are.
func translate(query string) string {
	if s, ok := translated.Load(query); ok {
		return s.(string)
	}
	var b strings.Builder
	var quote byte
	for i := range len(query) {
		c := query[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '?' && i+1 < len(query) && query[i+1] >= '0' && query[i+1] <= '9':
			c = '$'
		}
		b.WriteByte(c)
	}
	s := b.String()
	translated.Store(query, s)
	return s
}

// guard makes a write that divides by zero unless it touches as many rows as it
// wants. The error ends the transaction before the commit behind it in the same
// batch is looked at, which saves the round trip of counting here.
func guard(s store.Stmt) string {
	query := translate(s.SQL)
	if s.Want == store.AnyRows {
		return query
	}
	query = strings.TrimRight(query, "; \t\r\n")
	return fmt.Sprintf(`WITH w AS (%s RETURNING 1) SELECT 1 / (COUNT(*) = %d)::int FROM w`, query, s.Want)
}

// queue adds a translated statement to a batch.
func queue(b *pgx.Batch, query string, args []any) error {
	args, err := drive.Bind(args)
	if err != nil {
		return err
	}
	b.Queue(query, args...)
	return nil
}
