package sqlite_test

import (
	"flag"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/sqlite"
	"github.com/meldroute/meldroute/store/vault"
)

var long = flag.Bool("long", false, "measure with a million rows")

// many is the number of rows that is compared with a thousand.
func many() int {
	if *long {
		return 1_000_000
	}
	return 100_000
}

// opened is a store on a new database.
func opened(b *testing.B) (*store.Store, string) {
	b.Helper()
	return openedAt(b, time.Now)
}

// openedAt is opened by another clock.
func openedAt(b *testing.B, now func() time.Time) (*store.Store, string) {
	b.Helper()
	dir := b.TempDir()
	keys := filepath.Join(dir, "keys.json")
	if err := vault.Create(keys); err != nil {
		b.Fatal(err)
	}
	v, err := vault.Open(keys)
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(dir, "bot.db")
	db, err := sqlite.Open(b.Context(), path)
	if err != nil {
		b.Fatal(err)
	}
	s, err := store.Open(b.Context(), db, v, store.Options{Now: now})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s, path
}

// timed runs f n times and returns how long each took.
func timed(n int, f func()) []time.Duration {
	ds := make([]time.Duration, n)
	for i := range ds {
		start := time.Now()
		f()
		ds[i] = time.Since(start)
	}
	return ds
}

// dialogue returns a function that takes one turn of a person: an event, a
// session of 1 KB.
func dialogue(b *testing.B, s *store.Store, who string) func() {
	person, content := private.New("web:"+who), private.New(string(make([]byte, 900)))
	n := 0
	return func() {
		n++
		e := store.Event{ID: fmt.Sprint(who, n), Person: person}
		_, err := s.Turn(b.Context(), e, func(v store.View) (store.Effects, error) {
			return store.Effects{Session: &store.Session{
				Flow: "intake", Version: "v1", Rev: v.Session.Rev + 1, Shown: v.Session.Rev, Content: content,
				Nudge: v.Now.Add(time.Hour), Expires: v.Now.Add(72 * time.Hour),
			}}, nil
		})
		if err != nil {
			b.Error(err)
		}
	}
}

// A durable, sealed dialogue turn against a bare commit of 1 KB: the medians at
// one dialogue (x-bare, at most 3), and the rate of 64 at once against the
// single bare rate (x-rate, at least 3).
func BenchmarkStoreTurn(b *testing.B) {
	s, _ := opened(b)
	one := dialogue(b, s, "one")
	timed(50, one)
	n := max(b.N, 500)
	b.ResetTimer()
	plain := median(bare(b, n))
	b.ReportMetric(float64(median(timed(n, one)))/float64(plain), "x-bare")

	const people = 64
	var wg sync.WaitGroup
	var turns atomic.Int64
	start := time.Now()
	for i := range people {
		turn := dialogue(b, s, fmt.Sprint("p", i))
		wg.Go(func() {
			for turns.Add(1) <= int64(4*n) {
				turn()
			}
		})
	}
	wg.Wait()
	rate := float64(4*n) / time.Since(start).Seconds()
	b.ReportMetric(rate*plain.Seconds(), "x-rate")
}

// fill adds n rows of signals with marks that nobody looks for, read long ago.
func fill(b *testing.B, path string, n int) {
	b.Helper()
	db := raw(b, path)
	for _, q := range []string{
		// Half of them is closed.
		`INSERT INTO signals (ref, status, urgency, received, read_by, read_at, direct, version, closed)
			WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < ?1)
			SELECT printf('SIG-2020-%08d', i), 'read', 'normal', i, i, i, 0, 1, (i % 2) * i FROM c`,
		`INSERT INTO marks (hash, signal, class)
			WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 5 * ?1)
			SELECT randomblob(20), printf('SIG-2020-%08d', i / 5), 'name' FROM c`,
	} {
		if _, err := db.Exec(q, n); err != nil {
			b.Fatal(err)
		}
	}
}

// picks are the parts of the list, and how many of ten each finds.
var picks = map[store.Which]int{
	store.PickOpen: 10, store.PickLate: 0, store.PickNew: 10, store.PickMine: 0, store.PickNobodys: 10, store.PickPartner: 0, store.PickDone: 10, store.PickEvery: 10,
}

// desk returns all parts of the desk's list and a look-up of step 3, on a store with so many
// signals.
func desk(b *testing.B, size int) (list, look func()) {
	b.Helper()
	s, path := opened(b)
	fill(b, path, size)
	officer := store.Viewer{Person: private.New("web:officer"), All: true}
	var ref store.Reference
	for i := range 300 {
		out, err := s.Turn(b.Context(), store.Event{}, func(store.View) (store.Effects, error) {
			return store.Effects{File: &store.Filing{ReadBy: time.Now().Add(time.Hour), Report: flows.Report{
				What:    private.New("wat er is gezien"),
				Persons: []flows.Person{{Name: private.New(fmt.Sprintf("Jan Nummer%d", i%100))}},
			}}}, nil
		})
		if err != nil {
			b.Fatal(err)
		}
		ref = out.Ref
	}
	list = func() {
		for which, want := range picks {
			if l, err := s.List(b.Context(), officer, store.Pick{Which: which, Max: 10}); err != nil || len(l.Signals) != want {
				b.Error(which, len(l.Signals), err)
			}
		}
	}
	look = func() {
		_, err := s.Turn(b.Context(), store.Event{Signal: ref, Viewer: officer}, func(v store.View) (store.Effects, error) {
			if len(v.Matches) != 2 {
				b.Error(v.Matches)
			}
			return store.Effects{}, nil
		})
		if err != nil {
			b.Error(err)
		}
	}
	return list, look
}

// A look-up of step 3 and the desk's list with many signals against a thousand,
// measured in turns (x-case and x-list, at most 1.5).
func BenchmarkStoreSignals(b *testing.B) {
	list, look := desk(b, 1000)
	manyList, manyLook := desk(b, many())
	for name, f := range map[string][2]func(){"x-list": {list, manyList}, "x-case": {look, manyLook}} {
		var few, lots []time.Duration
		timed(20, f[0])
		timed(20, f[1])
		for range max(b.N, 300) {
			few = append(few, timed(1, f[0])...)
			lots = append(lots, timed(1, f[1])...)
		}
		b.ReportMetric(float64(median(lots))/float64(median(few)), name)
	}
}

// A claim of what is due among many open notices against a thousand (x-claim:
// what it costs is what is due, not what is open).
func BenchmarkStoreClaim(b *testing.B) {
	var last time.Duration
	for _, size := range []int{1000, many()} {
		s, path := opened(b)
		now := time.Now().UTC().Truncate(time.Microsecond)
		if _, err := raw(b, path).Exec(`INSERT INTO notices (key, kind, about, n, role, due, next, tries, fence, done)
			WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < ?1)
			SELECT printf('later|SIG-2020-%08d|0', i), 'later', printf('SIG-2020-%08d', i), 0, 'officers', ?2 + i, ?2 + i, 0, 0, 0 FROM c`,
			size, now.Add(24*time.Hour).UnixMicro()); err != nil {
			b.Fatal(err)
		}
		n := 0
		took := median(timed(max(b.N, 100), func() {
			b.StopTimer()
			var due []store.Notice
			for range 10 {
				n++
				due = append(due, store.Notice{NoticeID: store.NoticeID{Kind: "due", N: n}, Due: now})
			}
			if _, err := s.Turn(b.Context(), store.Event{}, func(store.View) (store.Effects, error) {
				return store.Effects{Notices: due}, nil
			}); err != nil {
				b.Error(err)
			}
			b.StartTimer()
			got, _, err := s.Claim(b.Context(), now, 50)
			if err != nil || len(got) != 10 {
				b.Error(len(got), err)
			}
		}))
		if last > 0 {
			b.ReportMetric(float64(took)/float64(last), "x-claim")
		}
		last = took
	}
}

// A day's bundle of what is due, its end and the next occurrences, among many
// open notices against a thousand, measured in turns (x-bundle: what it costs is
// what is due, not what is open; at most 1.5).
func BenchmarkStoreBundle(b *testing.B) {
	few, lots := sweeps(b, 1000), sweeps(b, many())
	var few10, lots10 []time.Duration
	for range max(b.N, 50) {
		few10, lots10 = append(few10, few()), append(lots10, lots())
	}
	b.ReportMetric(float64(median(lots10))/float64(median(few10)), "x-bundle")
}

// sweeps returns a function that lets ten signals come due among so many open
// notices, half of them messages, and times one day of the reminders: bundle,
// claim, end, settle.
func sweeps(b *testing.B, size int) func() time.Duration {
	b.Helper()
	now := time.Now().UTC().Truncate(time.Microsecond)
	at := now
	s, path := openedAt(b, func() time.Time { return at })
	if _, err := raw(b, path).Exec(`INSERT INTO notices (key, kind, about, n, role, due, next, tries, fence, done, bundle)
		WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < ?1)
		SELECT printf('duty|SIG-2020-%08d|1', i), 'duty', printf('SIG-2020-%08d', i), 1, 'concerned', ?2 + i, ?2 + i, 0, 0, 0, i % 2 FROM c`,
		size, now.Add(24*time.Hour).UnixMicro()); err != nil {
		b.Fatal(err)
	}
	must := func(got, want int, err error) {
		if err != nil || got != want {
			b.Fatal(got, err)
		}
	}
	day, late := 20200000, now.Add(2*time.Hour)
	return func() time.Duration {
		at = now
		for range 10 {
			_, err := s.Turn(b.Context(), store.Event{}, func(store.View) (store.Effects, error) {
				return store.Effects{File: &store.Filing{ReadBy: now.Add(time.Hour)}}, nil
			})
			must(0, 0, err)
		}
		day, at = day+1, late
		start := time.Now()
		_, err := s.Bundle(b.Context(), late, day)
		must(0, 0, err)
		claimed, _, err := s.Claim(b.Context(), late, 4)
		must(len(claimed), 1, err)
		due, err := s.Bundled(b.Context(), day, nil)
		must(len(due), 10, err)
		ids := make([]store.NoticeID, len(due))
		for i, d := range due {
			ids[i] = d.NoticeID
		}
		must(0, 0, s.Brought(b.Context(), day, day, ids))
		must(0, 0, s.Settle(b.Context(), claimed[0], true, time.Time{}))
		return time.Since(start)
	}
}

// The daily erasure of what is due among many signals that are kept against a
// thousand (x-erase), and the list of what is erased soon (x-expiring), measured
// in turns: what they cost is what is due, not what is there; at most 1.5.
func BenchmarkStoreErase(b *testing.B) {
	few, lots := erasures(b, 1000), erasures(b, many())
	var took [2][2][]time.Duration
	for range max(b.N, 50) {
		for i, f := range []func() (erase, list time.Duration){few, lots} {
			erase, list := f()
			took[0][i], took[1][i] = append(took[0][i], erase), append(took[1][i], list)
		}
	}
	for i, name := range []string{"x-erase", "x-expiring"} {
		b.ReportMetric(float64(median(took[i][1]))/float64(median(took[i][0])), name)
	}
}

// erasures returns a function that lets ten signals and ten reporters come due
// among so many that are kept, and times their erasure and a look at what follows.
func erasures(b *testing.B, size int) func() (erase, list time.Duration) {
	b.Helper()
	s, path := opened(b)
	fill(b, path, size)
	now := time.Now().UTC().Truncate(time.Microsecond)
	if _, err := raw(b, path).Exec(`UPDATE signals SET erase_at = ?1 + received, reporter_until = ?1 + received, hold = received % 3 = 0`,
		now.AddDate(1, 0, 0).UnixMicro()); err != nil {
		b.Fatal(err)
	}
	bot := store.Viewer{Person: private.New("bot"), All: true}
	kept := func(k store.Retention) {
		out, err := s.Turn(b.Context(), store.Event{}, func(store.View) (store.Effects, error) {
			return store.Effects{File: &store.Filing{ReadBy: now.Add(time.Hour), Reporter: store.Reporter{Person: private.New("web:melder")}}}, nil
		})
		if err == nil {
			_, err = s.Turn(b.Context(), store.Event{Signal: out.Ref, Viewer: bot}, func(store.View) (store.Effects, error) {
				return store.Effects{Keep: &k}, nil
			})
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	soon := now.AddDate(0, 0, 7)
	for range 10 {
		kept(store.Retention{Until: soon})
	}
	return func() (erase, list time.Duration) {
		for range 10 {
			kept(store.Retention{Until: now})
			kept(store.Retention{ReporterUntil: now})
		}
		start := time.Now()
		done, err := s.EraseDue(b.Context(), now, nil)
		erase = time.Since(start)
		if err != nil || done != (store.Erased{Signals: 10, Reporters: 10}) {
			b.Fatal(done, err)
		}
		start = time.Now()
		due, err := s.Expiring(b.Context(), soon)
		list = time.Since(start)
		if err != nil || len(due) != 10 {
			b.Fatal(len(due), err)
		}
		return erase, list
	}
}
