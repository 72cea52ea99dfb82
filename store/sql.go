package store

import (
	"strconv"
	"strings"
	"time"
)

// query builds one statement with numbered parameters. Its text depends only
// on how many values there are, never on what they are, so that databases can
// keep it prepared and no value can become SQL.
type query struct {
	sql  strings.Builder
	args []any
}

// ask begins a query.
func ask(sql string, args ...any) *query {
	q := &query{args: make([]any, 0, 8)}
	return q.add(sql, args...)
}

// add writes sql, in which each "?" stands for the next of args. A [][]byte is
// written as a list in parentheses.
func (q *query) add(sql string, args ...any) *query {
	for _, a := range args {
		before, after, ok := strings.Cut(sql, "?")
		if !ok {
			panic("store: more values than places in a statement")
		}
		q.sql.WriteString(before)
		sql = after
		switch a := a.(type) {
		case [][]byte:
			list(q, a)
		case []string:
			list(q, a)
		default:
			q.value(a)
		}
	}
	q.sql.WriteString(sql)
	return q
}

func list[T any](q *query, vs []T) {
	for i, v := range vs {
		if i == 0 {
			q.sql.WriteByte('(')
		} else {
			q.sql.WriteByte(',')
		}
		q.value(v)
	}
	q.sql.WriteByte(')')
}

func (q *query) value(v any) {
	if n, ok := v.(int); ok {
		v = int64(n)
	}
	q.args = append(q.args, v)
	q.sql.WriteByte('?')
	q.sql.WriteString(strconv.Itoa(len(q.args)))
}

func (q *query) read() Query           { return Query{SQL: q.sql.String(), Args: q.args} }
func (q *query) write(want int64) Stmt { return Stmt{SQL: q.sql.String(), Args: q.args, Want: want} }

// rows writes one row of values after another, for INSERT … VALUES.
func (q *query) rows(n int, row func(i int) []any) *query {
	for i := range n {
		if i > 0 {
			q.sql.WriteString(", ")
		}
		list(q, row(i))
	}
	return q
}

func b2i(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// micros is a time as the database keeps it; the zero time is 0.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

// The values that drivers return; anything else is the zero value, which no
// sealed column opens with.
func num(v any) int64   { n, _ := v.(int64); return n }
func text(v any) string { s, _ := v.(string); return s }
func blob(v any) []byte { b, _ := v.([]byte); return b }
