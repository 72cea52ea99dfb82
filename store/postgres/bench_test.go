package postgres_test

import (
	"crypto/rand"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/postgres"
	"github.com/meldroute/meldroute/store/storetest"
)

// Limits of the benchmark, as DESIGN 9 has them.
const (
	payload = 1024
	conns   = 16
)

// side runs f n times, sixteen at once, and returns how often a second.
func side(b *testing.B, n int, f func(i int64) error) float64 {
	b.Helper()
	var next atomic.Int64
	var all sync.WaitGroup
	start := time.Now()
	for range conns {
		all.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				if err := f(i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	return float64(n) / time.Since(start).Seconds()
}

// Turns a second over 16 connections against single prepared inserts of the
// same payload over 16 connections, as pgbench -M prepared makes them, in the
// same run (DESIGN 9: at least 0.25).
func BenchmarkTurn16(b *testing.B) {
	url := storetest.Postgres(b)
	db := open(b, url, postgres.Pool(conns))
	content := make([]byte, payload)
	_, _ = rand.Read(content)
	pool, err := pgxpool.New(b.Context(), url+"&pool_max_conns="+fmt.Sprint(conns))
	if err != nil {
		b.Fatal(err)
	}
	defer pool.Close()
	insert := func(i int64) error {
		_, err := pool.Exec(b.Context(), `INSERT INTO thing (k, b) VALUES ($1, $2)`, fmt.Sprint("bare ", i), content)
		return err
	}
	whole := func(i int64) error {
		k := fmt.Sprint("turn ", i)
		return db.Turn(b.Context(), store.Turn{
			Locks: [][]byte{[]byte(k)},
			Once:  []byte(k),
			At:    i,
			Reads: []store.Query{{SQL: `SELECT b FROM thing WHERE k = ?1`, Args: []any{k}}},
			Compute: func([]store.Rows) ([]store.Stmt, error) {
				return []store.Stmt{{SQL: `INSERT INTO thing (k, b) VALUES (?1, ?2)`, Args: []any{k, content}, Want: 1}}, nil
			},
		})
	}
	// Both warm, so that statements are prepared.
	side(b, 200, func(i int64) error { return insert(-i) })
	side(b, 200, func(i int64) error { return whole(-i) })
	b.ResetTimer()
	turns := side(b, b.N, whole)
	b.StopTimer()
	b.ReportMetric(turns/side(b, max(b.N, 200), insert), "rate/insert")
}
