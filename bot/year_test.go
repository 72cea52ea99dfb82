package main_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	main "github.com/meldroute/meldroute/bot"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/mail"
	"github.com/meldroute/meldroute/adapters/mail/mailtest"
	"github.com/meldroute/meldroute/adapters/web"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/flows/handling"
	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/storetest"
)

// year is the program, on two replicas, for a year or two of a municipality that
// is made up from a seed: signals, officers with holidays who do their work or
// forget it, partners that stay silent, times when nothing runs, and a clock that
// is wrong now and then.
//
// Real are the program as serve assembles it, the chat in the browser with its
// posts in the database, the mail over SMTP, and what people see: their pages and
// mailboxes, read over HTTP and from the letters. Both replicas post to the same
// chat, as they would to one chat server; on SQLite the second is a process of
// its own in all but name. Not real: the clock, which the test moves, so that it
// lets the program look too (D18) where serve would wait for time to pass; and
// all that people do but "Later" is handed to the program as the chat hands it
// over, without the page (the stories do that by the page).
type year struct {
	*testing.T
	rng    *rand.Rand
	config config.Config
	k      *config.Calendar
	clock  *clock
	chat   *chat // what arrived
	wire   *wire
	eyes   *eyes
	both   []*main.Replica
	end    func() error // of the pages
	url    string
	desk   *bureau // acts through the first replica
	model  *model
	digest []string
	until  config.Date // the play is over
	armed  bool        // the mail server forgets the next letter
	forgot int

	hired  int // employees who did something
	refs   []store.Reference
	people map[store.Reference]string // who reported it
	told   map[store.Reference]int    // messages to him
	silent map[store.Reference]bool
	drafts []string
}

// The first year has both changes of the clock, a leap day and the turn of the
// year. In the second nobody works, and from some day on everybody is away.
var (
	begin = config.Date{Year: 2027, Month: 10, Day: 4}
	turn  = config.Date{Year: 2028, Month: 10, Day: 4}
	gone  = config.Date{Year: 2029, Month: 1, Day: 15}
	cut   = config.Date{Year: 2028, Month: 2, Day: 1}
	end   = config.Date{Year: 2029, Month: 10, Day: 4}
)

// downs are when nothing runs, up to but not with the last day; and on the
// Monday after the clock went back, from before nine until a quarter past.
var downs = [][2]string{{"2027-12-23", "2027-12-28"}, {"2028-07-10", "2028-07-31"}}

func (y *year) down(d config.Date, at config.Clock) bool {
	for _, x := range downs {
		if d.String() >= x[0] && d.String() < x[1] {
			return true
		}
	}
	return d.String() == "2027-11-01" && at < 9*60+15
}

// jumps are when the clock of the program is a day ahead, or a day behind, for as
// long as it takes to look: over a working day, a weekend, the leap day, a change
// of the clock, what comes round, and with nobody there.
var jumps = map[string]time.Duration{
	"2027-11-10 10:00": 24 * time.Hour, "2027-12-03 14:00": 24 * time.Hour, "2028-02-28 10:00": 24 * time.Hour,
	"2028-03-08 14:00": -24 * time.Hour, "2028-03-27 08:20": -24 * time.Hour, "2028-05-31 14:00": 24 * time.Hour,
	"2028-06-20 10:00": -24 * time.Hour, "2028-11-15 16:00": 24 * time.Hour, "2029-02-07 09:10": -24 * time.Hour, "2029-03-14 16:00": 24 * time.Hour,
}

const yearly = `mail: {host: 127.0.0.1, port: %d, tls: none, from: bot@voorbeeld.nl, alarms: [alarm@voorbeeld.nl]}
terms: {interim: {acute: 60 werkdagen, soon: 60 werkdagen, normal: 15 werkdagen}}
reminders:
  cap: 15
  chain_mail: keten@voorbeeld.nl
  rounds:
    question: {schedule: "0 10 1 * *", to: ["web:desk"]}
    rights: {schedule: "30 9 1 1,4,7,10 *", to: [coordinators]}
retention: {closed: {action_taken: 9 maanden}}
`

func newYear(t *testing.T, data string) *year {
	t.Helper()
	post := mailtest.Serve(t, mail.Plain)
	c, err := config.Parse("m.yaml", []byte(data+crowd(300)+fmt.Sprintf(yearly, post.Port)), nil)
	if err != nil {
		t.Fatal(err)
	}
	k, err := config.NewCalendar(c)
	if err != nil {
		t.Fatal(err)
	}
	y := &year{
		T: t, rng: rand.New(rand.NewPCG(*seed, 4)), config: c, k: k, chat: newChat(), clock: &clock{at: begin.At(0, k.Location())},
		people: map[store.Reference]string{}, told: map[store.Reference]int{}, silent: map[store.Reference]bool{},
		eyes: newEyes(t, c, post, "aandachtsfunctionaris-1", "aandachtsfunctionaris-2", "coordinator"),
	}
	y.model = newModel(c, k)
	y.wire = &wire{sent: y.chat, once: map[string]bool{}, lost: map[bool]int{}}
	y.desk = &bureau{t: t, chat: y.chat, clock: y.clock, r: &replica{t: t, config: c, chat: y.chat, clock: y.clock}}
	t.Cleanup(func() {
		y.stop()
		if t.Failed() {
			t.Logf("the same year again: go test ./bot -run '%s' -seed %d", t.Name(), *seed)
		}
	})
	y.start()
	return y
}

// start starts both replicas, and stop stops them.
func (y *year) start() {
	for i := range 2 {
		r, err := main.NewReplica(context.Background(), y.config, i == 0, y.clock.now, slog.New(grave{y.T}), func(a adapters.Adapter) adapters.Adapter {
			chat, ok := a.(*web.Adapter)
			if !ok {
				return a
			}
			if i == 0 {
				y.wire.Adapter = chat
			}
			return y.wire
		})
		if err != nil {
			y.Fatal(err)
		}
		y.both = append(y.both, r)
	}
	one, at := y.both[0], y.desk.r
	at.store, at.dialogue, at.desk, at.reminder = one.Store, one.Dialogue, one.Desk, one.Reminder
	var err error
	if y.url, y.end, err = one.Serve(context.Background()); err != nil {
		y.Fatal(err)
	}
	y.eyes.open(y.url, y.mark)
}

func (y *year) stop() {
	if y.end != nil {
		y.eyes.close(y.mark)
		if err := y.end(); err != nil {
			y.Error(err)
		}
	}
	for _, r := range y.both {
		if err := r.Store.Close(); err != nil {
			y.Error(err)
		}
	}
	y.both, y.end = nil, nil
}

// mark puts a mark in the channel.
func (y *year) mark(r adapters.Reply) {
	if err := y.wire.Adapter.Send(context.Background(), adapters.NewAddress("web", "desk"), r); err != nil {
		y.Fatal(err)
	}
}

// steps are when somebody looks on a day; on other days there are fewer.
func (y *year) steps(d config.Date) []config.Clock {
	if !y.k.IsWorkday(d) {
		return []config.Clock{11 * 60}
	}
	if d.Compare(turn) >= 0 {
		return []config.Clock{9 * 60, 9*60 + 10, 16 * 60}
	}
	return []config.Clock{8*60 + 20, 9 * 60, 9*60 + 5, 10 * 60, 14 * 60, 17*60 + 30}
}

// run plays days, and compares each with the model.
func (y *year) run(from, to config.Date, signals int) {
	due := map[config.Date]int{}
	days := int(to.At(0, time.UTC).Sub(from.At(0, time.UTC)).Hours()) / 24
	for range signals {
		due[from.Add(y.rng.IntN(days*9/10))]++
	}
	for d := from; d.Compare(to) < 0 && d.Compare(y.until) < 0 && !y.Failed(); d = d.Add(1) {
		for _, at := range y.steps(d) {
			if y.down(d, at) {
				y.stop()
				continue
			}
			if len(y.both) == 0 {
				y.start()
			}
			now := d.At(at, y.k.Location())
			y.clock.on(now.Sub(y.clock.now()))
			for ; due[d] > 0 && (at >= 12*60 || y.rng.IntN(3) == 0); due[d]-- {
				y.report()
			}
			if d.Compare(turn) < 0 && (at == 10*60 || at == 14*60) {
				y.work(d, at)
			}
			if d.Day == 20 && at == 10*60 {
				y.draft()
			}
			if d == turn.Add(-1) && at == 17*60+30 {
				for _, c := range handling.Clocks() {
					y.leave(c)
				}
			}
			y.fails(d, at == 9*60)
			y.sweep(now)
			if by := jumps[d.String()+" "+at.String()]; by != 0 {
				y.clock.on(by)
				y.report()
				y.sweep(now.Add(by))
				y.clock.on(-by)
			}
		}
		if due[d] > 0 && d.Add(1).Compare(to) < 0 { // it was down: they report the day after
			due[d.Add(1)] += due[d]
		}
		if len(y.both) > 0 {
			y.both[d.Day%2].Upkeep(context.Background(), y.clock.now())
			y.model.erase(y.clock.now())
		}
		y.compare(d)
	}
}

// fails lets some of what is sent at nine o'clock get lost, and on Mondays the
// mail server forget that it took a letter.
func (y *year) fails(d config.Date, on bool) {
	day := ""
	if on {
		day = d.String()
	}
	y.wire.breaks(day)
	y.eyes.post.Lock()
	defer y.eyes.post.Unlock()
	if y.armed && !y.eyes.post.Swallow {
		y.forgot++
	}
	y.armed = on && y.clock.now().Weekday() == time.Monday
	y.eyes.post.Swallow = y.armed
}

// grave fails the test when the program says that something went wrong that it
// cannot mend by itself.
type grave struct{ *testing.T }

func (g grave) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelError }
func (g grave) WithAttrs([]slog.Attr) slog.Handler           { return g }
func (g grave) WithGroup(string) slog.Handler                { return g }

func (g grave) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool { g.Errorf("the program says: %s (%v)", r.Message, a); return true })
	return nil
}

// sweep lets both replicas look at once, and the model.
func (y *year) sweep(now time.Time) {
	var both sync.WaitGroup
	for _, r := range y.both {
		both.Go(func() { r.Sweep(context.Background(), now) })
	}
	both.Wait()
	y.model.sweep(now)
}

// compare holds what people saw on a day against what they should have: each
// line once, with its button, in one message to each person.
func (y *year) compare(d config.Date) {
	got, others := map[string]int{}, map[string]int{}
	if len(y.both) > 0 {
		y.eyes.catchUp(y.mark)
	}
	for _, s := range y.eyes.news() {
		if s.kind == "other" {
			others[s.at]++
			if !y.k.IsWorkday(d) && s.at != deskChannel && !strings.Contains(s.text, "Urgentie: acuut") {
				y.Errorf("%s, when nobody works: %s reads %q", d, s.at, s.text)
			}
			continue
		}
		got[s.at+" "+s.kind]++
		for _, line := range s.lines {
			got[s.at+" "+s.kind+" "+line]++
			if ref, _, _ := strings.Cut(line, " "); strings.HasPrefix(s.at, "web:") && !slices.Contains(s.buttons, ref) {
				y.Errorf("%s: %s cannot open %s", d, s.at, ref)
			}
		}
		for text, what := range map[string]string{"En nog ": " rest", "Er wachten signalen: ": " waiting"} {
			if _, rest, ok := strings.Cut(s.text, text); ok {
				n := 0
				_, _ = fmt.Sscan(rest, &n)
				got[s.at+" "+s.kind+what] += n
			}
		}
	}
	want := y.model.today
	for _, key := range slices.Sorted(maps.Keys(merged(got, want))) {
		if got[key] != want[key] {
			y.Errorf("%s: %s is seen %d times, want %d", d, key, got[key], want[key])
		}
	}
	for _, seen := range []map[string]int{got, others} {
		for _, key := range slices.Sorted(maps.Keys(seen)) {
			if !strings.Contains(key, "SIG-") {
				y.digest = append(y.digest, fmt.Sprint(d, " ", key, " ", seen[key]))
			}
		}
	}
	y.model.count(got)
	y.model.today = map[string]int{}
}

func merged(a, b map[string]int) map[string]int {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

// play runs both years and returns what was seen, day by day. One that is over
// before returns what was seen until then.
func (y *year) play(signals int, until config.Date) []string {
	y.until = until
	y.holidays()
	y.run(begin, turn, signals)
	if until.Compare(end) < 0 {
		return y.digest
	}
	if got := y.model.total["round"]; got != 12+4+1+2 {
		y.Errorf("what comes round came %d times, want 19", got)
	}
	y.least("with officers", map[string]int{"daily": 200, "duty": 1, "lines": signals, "put off": 20, "nobody": 1, "nobody mail": 1, "own " + erased: 50, "figures": 2 * 4})
	for _, before := range []bool{true, false} {
		if y.wire.lost[before] == 0 {
			y.Errorf("nothing was lost on its way (%v)", y.wire.lost)
		}
	}
	y.run(turn, gone, signals/20)
	want := map[string]int{"chain": 1}
	for name := range y.config.Terms.Clocks() {
		r := y.config.Reminders.Clocks.Of(name)
		want["own "+name] = 1
		if r.Substitute > 0 && name != string(handling.ClockRead) { // that is everybody's from the first
			want["substitute "+name] = 1
		}
		if r.Coordinator > 0 {
			want["coordinator "+name] = 1
		}
		if r.Chain > 0 {
			want["chain "+name] = 1
		}
	}
	y.least("with idle officers", want)
	y.run(gone, end, signals/20)
	want = map[string]int{"nobody": 150, "nobody mail": 150, "chain": 5, "nobody " + erased: 20}
	for name := range y.config.Terms.Clocks() {
		want["nobody "+name] = 1
	}
	y.least("without officers", want)
	if y.eyes.twice != y.forgot || y.forgot == 0 {
		y.Errorf("%d letters came twice, and the server forgot %d", y.eyes.twice, y.forgot)
	}
	if !y.Failed() {
		y.reporters(y.url)
	}
	return y.digest
}

// least fails unless each thing was seen so often since it was asked before.
func (y *year) least(when string, want map[string]int) {
	for _, what := range slices.Sorted(maps.Keys(want)) {
		if got := y.model.total[what]; got < want[what] && !y.Failed() {
			y.Errorf("%s: %q was seen %d times, want %d at least", when, what, got, want[what])
		}
	}
	y.Logf("%s: %v", when, y.model.total)
	y.model.total = map[string]int{}
}

// A year of a municipality, and one without any officer: everything that was
// owed is brought up as configured, to those who are there, each time once, on
// both databases, and the same seed gives the same year. PostgreSQL has the first
// four months of it, over the clock's change, the holidays and the first figures,
// and with -long all.
func TestYear(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes a while")
	}
	const signals = 200
	until := cut
	if *long {
		until = end
	}
	dir := func(t *testing.T) string { return "data: {dir: " + filepath.Join(t.TempDir(), "data") }
	var a, b []string
	t.Run("databases", func(t *testing.T) {
		t.Run("sqlite", func(t *testing.T) {
			t.Parallel()
			a = newYear(t, dir(t)+"}\n").play(signals, end)
		})
		t.Run("postgres", func(t *testing.T) {
			t.Parallel()
			b = newYear(t, dir(t)+", database: {url: \""+storetest.Postgres(t)+"\"}}\n").play(signals, until)
		})
	})
	if a == nil || b == nil {
		return // one of them was not asked for, or failed
	}
	if !*long {
		a = slices.DeleteFunc(a, func(line string) bool { return line[:10] >= cut.String() })
	}
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || a[i] != b[i] {
			t.Fatalf("seed %d gave two years, of %d and %d lines, that differ from line %d on: %q and %q", *seed, len(a), len(b), i, a[i:min(i+1, len(a))], b[i:min(i+1, len(b))])
		}
	}
}
