package sqlite_test

import (
	"crypto/rand"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/meldroute/meldroute/store"
)

// payload is how much a turn writes, as DESIGN 9 has it.
const payload = 1024

// bare commits rows one after the other over a connection of its own, with the
// same durability, and returns how long each took.
func bare(b *testing.B, n int) []time.Duration {
	b.Helper()
	db := raw(b, filepath.Join(b.TempDir(), "bare.db"))
	db.SetMaxOpenConns(1)
	for _, q := range []string{`PRAGMA journal_mode = WAL`, `PRAGMA synchronous = FULL`, `CREATE TABLE thing (k TEXT PRIMARY KEY, b BLOB)`} {
		if _, err := db.Exec(q); err != nil {
			b.Fatal(err)
		}
	}
	insert, err := db.Prepare(`INSERT INTO thing (k, b) VALUES (?1, ?2)`)
	if err != nil {
		b.Fatal(err)
	}
	defer insert.Close()
	content := make([]byte, payload)
	_, _ = rand.Read(content)
	took := make([]time.Duration, n)
	for i := range took {
		start := time.Now()
		if _, err := insert.Exec(fmt.Sprint(i), content); err != nil {
			b.Fatal(err)
		}
		took[i] = time.Since(start)
	}
	return took
}

// full is a turn as a dialogue makes it: a lock, an event, a read and a write.
func full(i int64, content []byte) store.Turn {
	k := fmt.Sprint(i)
	return store.Turn{
		Locks: [][]byte{[]byte(k)},
		Once:  []byte(k),
		At:    i,
		Reads: []store.Query{{SQL: `SELECT b FROM thing WHERE k = ?1`, Args: []any{k}}},
		Compute: func([]store.Rows) ([]store.Stmt, error) {
			return []store.Stmt{add(k, content)}, nil
		},
	}
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

// One turn at a time: the median against that of a bare commit of 1 KB in the
// same run (DESIGN 9: at most 3).
func BenchmarkTurn(b *testing.B) {
	db, _ := fresh(b)
	content := make([]byte, payload)
	_, _ = rand.Read(content)
	alone := bare(b, max(b.N, 50))
	took := make([]time.Duration, b.N)
	b.ResetTimer()
	for i := range took {
		start := time.Now()
		if err := db.Turn(b.Context(), full(int64(i), content)); err != nil {
			b.Fatal(err)
		}
		took[i] = time.Since(start)
	}
	b.StopTimer()
	b.ReportMetric(float64(median(took))/float64(median(alone)), "p50/bare")
}

// Sixty-four people at once: turns a second against bare commits a second in
// the same run (DESIGN 9: at least 3).
func BenchmarkTurn64(b *testing.B) {
	db, _ := fresh(b)
	content := make([]byte, payload)
	_, _ = rand.Read(content)
	var alone time.Duration
	for _, d := range bare(b, max(b.N, 50)) {
		alone += d
	}
	rate := float64(max(b.N, 50)) / alone.Seconds()
	var next atomic.Int64
	b.ResetTimer()
	start := time.Now()
	var people sync.WaitGroup
	for range 64 {
		people.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				if err := db.Turn(b.Context(), full(i, content)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	people.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds()/rate, "rate/bare")
}

// From nothing running to ready, on a database that is migrated (DESIGN 9: at
// most 50 ms).
func BenchmarkOpen(b *testing.B) {
	db, path := fresh(b)
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for b.Loop() {
		db := open(b, path)
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
