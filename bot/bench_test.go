package main_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/meldroute/meldroute/adapters"
)

// bareCommits commits rows of 1 KB one after the other, as durably as the
// store, and returns how long each took.
func bareCommits(b *testing.B, n int) []time.Duration {
	b.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "bare.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`CREATE TABLE thing (k INTEGER PRIMARY KEY, b BLOB)`); err != nil {
		b.Fatal(err)
	}
	insert, err := db.Prepare(`INSERT INTO thing (b) VALUES (?1)`)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = insert.Close() }()
	content := make([]byte, 1024)
	_, _ = rand.Read(content)
	took := make([]time.Duration, n)
	for i := range took {
		begin := time.Now()
		if _, err := insert.Exec(content); err != nil {
			b.Fatal(err)
		}
		took[i] = time.Since(begin)
	}
	return took
}

func middle(d []time.Duration) time.Duration {
	d = slices.Clone(d)
	slices.Sort(d)
	return d[len(d)/2]
}

func rate(d []time.Duration) float64 {
	var all time.Duration
	for _, one := range d {
		all += one
	}
	return float64(len(d)) / all.Seconds()
}

// talker answers the first form and goes back, over and over: each act is one
// durable, sealed turn.
type talker struct {
	r    *replica
	who  string
	n    int
	form *adapters.Form
}

func (t *talker) id() string { t.n++; return t.who + "-" + strconv.Itoa(t.n) }

func (t *talker) turn(tb testing.TB) {
	m := pressed(t.r.message(t.who, t.id()), "cmd-report")
	switch {
	case t.form == nil:
	case t.form.Step == 1:
		m = filled(t.r.message(t.who, t.id()), t.form, "", "what", strings.Repeat("Een man slaapt in de kas. ", 20), "when", "today", "seen", "self")
	default:
		m = filled(t.r.message(t.who, t.id()), t.form, "back")
	}
	a, err := t.r.dialogue.Handle(context.Background(), m)
	if err != nil || a.Form == nil {
		tb.Errorf("%v %+v", err, a)
		return
	}
	t.form = a.Form
}

// bench is a dialogue on a real SQLite file, with a chat that keeps nothing.
func bench(b *testing.B) *replica {
	r := onFile(b).replica(b, newChat(), &clock{at: time.Now().UTC()})
	r.chat.refuse = func(string) error { return adapters.ErrGone }
	return r
}

// One person at a time: the median of a durable, sealed turn against that of a
// bare commit of 1 KB in the same run (DESIGN 9: at most 3).
func BenchmarkDialogueTurn(b *testing.B) {
	t := &talker{r: bench(b), who: "e-1"}
	t.turn(b)
	var bare []time.Duration
	took := make([]time.Duration, 0, b.N)
	b.ResetTimer()
	for range b.N {
		begin := time.Now()
		t.turn(b)
		took = append(took, time.Since(begin))
	}
	b.StopTimer()
	bare = bareCommits(b, max(b.N, 200))
	b.ReportMetric(float64(middle(took))/float64(middle(bare)), "p50/bare")
	b.ReportMetric(float64(middle(took).Microseconds()), "p50-µs")
	b.ReportMetric(float64(middle(bare).Microseconds()), "bare-p50-µs")
}

// Sixty-four people at once: turns a second against bare commits a second in
// the same run (DESIGN 9: at least 3).
func BenchmarkDialogueTurn64(b *testing.B) {
	r := bench(b)
	ts := make([]*talker, many)
	for i := range ts {
		ts[i] = &talker{r: r, who: employee(i)}
		ts[i].turn(b)
	}
	each := max(b.N/many, 1)
	b.ResetTimer()
	begin := time.Now()
	var people sync.WaitGroup
	for _, t := range ts {
		people.Go(func() {
			for range each {
				t.turn(b)
			}
		})
	}
	people.Wait()
	turns := float64(each*many) / time.Since(begin).Seconds()
	b.StopTimer()
	b.ReportMetric(turns/rate(bareCommits(b, max(b.N/4, 200))), "rate/bare")
	b.ReportMetric(turns, "turns/s")
}

// From the start of the process to its first answer, on data that is there
// (DESIGN 9: at most 50 ms), and what it keeps resident when nobody talks
// (at most 40 MB).
func BenchmarkStart(b *testing.B) {
	p := start(b, "")
	p.stop()
	var took []time.Duration
	b.ResetTimer()
	for range b.N {
		begin := time.Now()
		p.restart()
		took = append(took, time.Since(begin))
		b.StopTimer()
		if p.readyz() != 200 {
			b.Fatal("not ready")
		}
		b.ReportMetric(resident(b, p.cmd.Process.Pid), "idle-MB")
		p.stop()
		b.StartTimer()
	}
	b.ReportMetric(float64(middle(took).Microseconds())/1000, "p50-ms")
}

// What the program keeps resident with 10 000 open dialogues (DESIGN 9: at
// most 96 MB).
func BenchmarkOpenDialogues(b *testing.B) {
	open := 10_000
	p := start(b, crowd(open))
	idle := resident(b, p.cmd.Process.Pid)
	ws := walkers(b, newPort(p.url), open)
	queue := make(chan *walker)
	var people sync.WaitGroup
	for range 16 {
		people.Go(func() {
			for w := range queue {
				if err := w.presses("cmd-report"); err != nil {
					b.Error(err)
				}
				w.form, w.lastAct = nil, nil
			}
		})
	}
	for _, w := range ws {
		queue <- w
	}
	close(queue)
	people.Wait()
	if _, m := get(b, p.ops()+"/metrics"); !strings.Contains(m, fmt.Sprintf("\nmeldroute_sessions %d\n", open)) && !strings.Contains(m, "\nmeldroute_sessions 10000\n") {
		b.Error("not all dialogues are open")
	}
	b.ReportMetric(idle, "idle-MB")
	b.ReportMetric(resident(b, p.cmd.Process.Pid), "open-MB")
	b.ReportMetric(0, "ns/op")
}

// resident is how much memory a process keeps, in MB.
func resident(b *testing.B, pid int) float64 {
	b.Helper()
	if runtime.GOOS != "linux" {
		b.Skip("reads /proc")
	}
	s, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(s), "VmRSS:")
	kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	if err != nil {
		b.Fatal(err)
	}
	return kb / 1024
}
