package main_test

import (
	"context"
	"crypto/sha256"
	"fmt"
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
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows/roster"
	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/storetest"
)

// stage is a chat, or the mail, as serve.go would wire it: it only remembers.
type stage struct {
	*chat
	*room
	name string
}

func (p stage) Name() string            { return p.name }
func (p stage) Limits() adapters.Limits { return adapters.Limits{} }

func (p stage) Run(ctx context.Context, _ adapters.Handler) error {
	<-ctx.Done()
	return nil
}

// year is the program, on two replicas, for a year or two of a municipality that
// is made up from a seed: signals, officers with holidays who do their work or
// forget it, partners that stay silent, and times when nothing runs.
type year struct {
	*testing.T
	rng    *rand.Rand
	config config.Config
	k      *config.Calendar
	clock  *clock
	chat   *chat
	both   []*main.Replica
	desk   *bureau // acts through the first replica
	model  *model
	refs   []store.Reference
	silent map[store.Reference]bool
	seen   []seen // of today
	digest []string
	failed map[string]bool
}

// seen is a reply that became visible to people.
type seen struct {
	at, key, text string
}

// The year has both changes of the clock, a leap day and the turn of the year.
var (
	begin = config.Date{Year: 2027, Month: 10, Day: 4}
	turn  = config.Date{Year: 2028, Month: 10, Day: 4}
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

const yearly = mails + `  rounds:
    question: {schedule: "0 10 1 * *", to: ["web:desk"]}
    rights: {schedule: "30 9 1 1,4,7,10 *", to: [coordinators]}
retention: {closed: {action_taken: 9 maanden}}
`

func newYear(t *testing.T, data string) *year {
	t.Helper()
	c, err := config.Parse("m.yaml", []byte(data+yearly), nil)
	if err != nil {
		t.Fatal(err)
	}
	k, err := config.NewCalendar(c)
	if err != nil {
		t.Fatal(err)
	}
	y := &year{
		T: t, rng: rand.New(rand.NewPCG(*seed, 4)), config: c, k: k, chat: newChat(), silent: map[store.Reference]bool{}, failed: map[string]bool{},
		clock: &clock{at: begin.At(0, k.Location())},
	}
	y.model = newModel(c, k)
	y.chat.seen = func(to string, r adapters.Reply) { y.seen = append(y.seen, seen{to, r.Key, r.Text}) }
	y.desk = &bureau{t: t, chat: y.chat, clock: y.clock, r: &replica{t: t, config: c, chat: y.chat, clock: y.clock}}
	y.start()
	t.Cleanup(y.stop)
	return y
}

// start starts both replicas, and stop stops them.
func (y *year) start() {
	web, mail := stage{y.chat, &room{config: y.config}, "web"}, stage{y.chat, &room{config: y.config}, "mail"}
	for i := range 2 {
		r, err := main.NewReplica(context.Background(), y.config, i == 0, y.clock.now, web, mail)
		if err != nil {
			y.Fatal(err)
		}
		y.both = append(y.both, r)
	}
	one, at := y.both[0], y.desk.r
	at.store, at.dialogue, at.desk, at.reminder = one.Store, one.Dialogue, one.Desk, one.Reminder
}

func (y *year) stop() {
	for _, r := range y.both {
		if err := r.Store.Close(); err != nil {
			y.Error(err)
		}
	}
	y.both = nil
}

// holidays plans when officers are away, some without anybody who stands in.
func (y *year) holidays() {
	var away []string
	for _, p := range [][2]string{{first, second}, {second, first}, {coordinator, ""}} {
		d := begin.Add(y.rng.IntN(40))
		for d.Compare(turn) < 0 {
			last := d.Add(1 + y.rng.IntN(18))
			in := p[1]
			if y.rng.IntN(4) == 0 {
				in = ""
			}
			away = append(away, fmt.Sprintf("%s %s %s %s", p[0], in, d, last))
			d = last.Add(30 + y.rng.IntN(60))
		}
	}
	// The second year has no officer at all.
	for _, p := range []string{first, second} {
		away = append(away, fmt.Sprintf("%s  %s %s", p, turn, turn.Add(400)))
	}
	y.desk.r.away(away...)
	body, err := y.both[0].Store.Register(y.Context(), roster.Register)
	if err != nil {
		y.Fatal(err)
	}
	if err := private.Decode([]byte(body.Reveal()), &y.model.roster); err != nil {
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
	for d := from; d.Compare(to) < 0 && !y.Failed(); d = d.Add(1) {
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
			y.fail(at == 9*60)
			y.sweep(now)
			y.model.sweep(now)
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

// fail lets one in eight messages of nine o'clock fail the first time.
func (y *year) fail(on bool) {
	if !on {
		y.chat.fail(nil)
		return
	}
	day := y.k.Date(y.clock.now()).String()
	y.chat.fail(func(to string) error {
		key := day + to
		if h := sha256.Sum256([]byte(key)); h[0]%8 == 0 && !y.failed[key] {
			y.failed[key] = true
			return errBroken
		}
		return nil
	})
}

// sweep lets both replicas look at once.
func (y *year) sweep(now time.Time) {
	var both sync.WaitGroup
	for _, r := range y.both {
		both.Go(func() { r.Sweep(context.Background(), now) })
	}
	both.Wait()
}

// report lets an employee report something.
func (y *year) report() {
	urgency := []string{"acute", "soon", "soon", "soon", "normal", "normal", "normal", "normal", "normal", "normal"}[y.rng.IntN(10)]
	who := fmt.Sprintf("melder-%d", len(y.refs))
	ref := store.Reference(y.desk.report(who, said{"urgency": urgency}))
	y.refs = append(y.refs, ref)
	y.silent[ref] = y.rng.IntN(7) == 0
	y.look(ref)
}

// look tells the model what a signal owes now.
func (y *year) look(ref store.Reference) {
	s, err := y.both[0].Store.Card(y.Context(), ref)
	if err != nil {
		y.Fatal(err)
	}
	y.model.set(s, y.clock.now())
}

// work is what the officers do in half a day.
func (y *year) work(d config.Date, at config.Clock) {
	for _, id := range []string{"aandachtsfunctionaris-1", "aandachtsfunctionaris-2"} {
		me := "web:" + id
		if who, ok := y.model.roster.For(me, d.String()); !ok || who != me {
			continue
		}
		if at == 10*60 && y.rng.IntN(8) == 0 {
			y.later(id)
		}
		for i, ref := range y.refs {
			duty := y.model.duties[ref]
			if duty == nil || duty.holder != "" && duty.holder != me || y.rng.IntN(12) > 0 {
				continue
			}
			y.act(id, i, duty)
		}
	}
}

// act opens a signal and does something about what it owes.
func (y *year) act(id string, i int, duty *debt) {
	ref := y.refs[i]
	c := y.desk.clerk(id)
	token, err := y.both[0].Desk.OpenToken(y.Context(), ref, adapters.NewAddress("web", id))
	if err != nil {
		y.Fatal(err)
	}
	c.does(pressed(y.desk.message(id), token))
	in := map[string]string{"way": "phone", "contact": "Meldpunt", "ground": "Eigen taak", "why": "Zo is het.", "system": "Eigen systeem", "note": "Gekeken."}
	task := map[string]string{"enrich": "lookups", "decide": "handover", "care": "handover", "ask": "answer", "feedback": "answer", "interim": "message",
		"firstword": "message", "lastword": "close", "rest": "note", "read": "take"}[duty.clock]
	switch {
	case duty.holder == "":
		task = "take"
	case duty.clock == "feedback" && y.silent[ref]:
		return // the partner says nothing
	case duty.clock == "feedback":
		in["answer"], in["told"] = "told", "Het loopt."
	case duty.clock == "ask":
		in["answer"] = "ask"
	case task == "message":
		in["template"] = "fb.enriching"
	case task == "close":
		in["reason"], in["help"], in["informed"], in["template"] = "action_taken", "reached", "yes", "fb.closed.action"
	case task == "handover":
		in["proposed"] = "moviera"
	}
	y.try(c, ref, task, in)
	if task == "take" && duty.holder == "" {
		duty.holder = "web:" + id
	}
}

// try chooses a task and fills in its forms as far as it is asked to: what is
// refused is refused.
func (y *year) try(c *clerk, ref store.Reference, task string, in map[string]string) {
	defer y.look(ref)
	if c.form == nil || !slices.ContainsFunc(c.form.Acts, func(a adapters.Act) bool { return a.Value == "task."+task }) {
		return
	}
	c.chooses("task." + task)
	for range 3 {
		f := c.form
		if f == nil || len(f.Fields) == 0 {
			return
		}
		var kv []string
		for _, x := range f.Fields {
			v := in[x.Name]
			switch {
			case v != "":
			case strings.HasPrefix(x.Name, "look_"):
				v = "notfound"
			case len(x.Value) > 0:
				v = x.Value[0].Reveal()
			case x.Optional:
				continue
			case len(x.Options) > 0:
				v = x.Options[0].Value
			default:
				v = "Tekst"
			}
			if len(x.Options) > 0 && !slices.ContainsFunc(x.Options, func(o adapters.Option) bool { return o.Value == v }) {
				continue
			}
			kv = append(kv, x.Name, v)
		}
		if a := c.fills(kv...); len(a.Errors) > 0 || a.Notice != "" {
			return
		}
	}
}

// later puts off one thing of an officer's newest bundle.
func (y *year) later(id string) {
	for _, r := range slices.Backward(y.chat.at("web:" + id)) {
		i := slices.IndexFunc(r.Choices, func(c adapters.Choice) bool { return c.Label == "Later" })
		if i < 0 {
			continue
		}
		handle := func(m adapters.Message) adapters.Answer {
			a, err := y.both[1].Handle(y.Context(), m)
			if err != nil {
				y.Fatal(err)
			}
			return a
		}
		f := handle(pressed(y.desk.message(id), r.Choices[i].Token)).Form
		if f == nil {
			return
		}
		which := ""
		for _, ref := range y.refs { // in the order of the year, which the seed decides
			if slices.ContainsFunc(f.Fields[0].Options, func(o adapters.Option) bool { return o.Value == string(ref) }) {
				which = string(ref)
				break
			}
		}
		days := 1 + y.rng.IntN(3)
		a := handle(filled(y.desk.message(id), f, "", "which", which, "days", fmt.Sprint(days)))
		if len(a.Errors) > 0 {
			y.Errorf("putting off is refused: %v", a.Errors)
		}
		y.model.snooze(store.Reference(which), y.clock.now(), days)
		y.model.total["put off"]++
		return
	}
}

// compare holds what people saw on a day against what they should have: each
// line once, in one message to each person.
func (y *year) compare(d config.Date) {
	got := map[string]int{}
	for _, s := range y.seen {
		kind, _, _ := strings.Cut(s.key, ".")
		if !slices.Contains([]string{"daily", "duty", "nobody", "chain", "round", "figures"}, kind) {
			continue
		}
		got[s.at+" "+kind]++
		for _, ref := range refPattern.FindAllString(s.text, -1) {
			got[s.at+" "+kind+" "+ref]++
		}
		if _, rest, ok := strings.Cut(s.text, "En nog "); ok {
			n := 0
			_, _ = fmt.Sscan(rest, &n)
			got[s.at+" "+kind+" rest"] += n
		}
	}
	want := y.model.today
	for _, key := range slices.Sorted(maps.Keys(merged(got, want))) {
		if got[key] != want[key] {
			y.Errorf("%s: %s is seen %d times, want %d", d, key, got[key], want[key])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(got)) {
		if !strings.Contains(key, "SIG-") {
			y.digest = append(y.digest, fmt.Sprint(d, " ", key, " ", got[key]))
		}
	}
	y.model.count(got)
	y.seen, y.model.today = nil, map[string]int{}
}

func merged(a, b map[string]int) map[string]int {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

// play runs both years and returns what was seen, day by day.
func (y *year) play(signals int) []string {
	y.holidays()
	y.run(begin, turn, signals)
	first := y.model.total
	if y.Failed() {
		return nil
	}
	for what, least := range map[string]int{"daily": 200, "duty": 1, "lines": signals, "rounds": 12 + 4 + 1 + 2, "figures": 2 * 4, "put off": 20, "nobody": 1, "warned": 50} {
		if first[what] < least {
			y.Errorf("the year shows too little: %d of %s", first[what], what)
		}
	}
	if got := first["rounds"]; got != 12+4+1+2 {
		y.Errorf("what comes round came %d times, want 19", got)
	}
	y.model.total = map[string]int{}
	y.run(turn, turn.Add(365), signals/10)
	for what, least := range map[string]int{"nobody": 200, "nobody mail": 100, "chain": 5, "lines": 500, "warned": 100} {
		if y.model.total[what] < least {
			y.Errorf("a year without officers shows %d of %s, want %d", y.model.total[what], what, least)
		}
	}
	y.Logf("first year %v, second %v", first, y.model.total)
	return y.digest
}

// A year of a municipality, and one without any officer: everything that was
// owed is brought up as configured, to those who are there, each time once, on
// both databases, and the same seed gives the same year.
func TestYear(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes a while")
	}
	const signals = 200
	dir := func(t *testing.T) string { return "data: {dir: " + filepath.Join(t.TempDir(), "data") }
	var a, b []string
	t.Run("databases", func(t *testing.T) {
		t.Run("sqlite", func(t *testing.T) {
			t.Parallel()
			a = newYear(t, dir(t)+"}\n").play(signals)
		})
		t.Run("postgres", func(t *testing.T) {
			t.Parallel()
			b = newYear(t, dir(t)+", database: {url: \""+storetest.Postgres(t)+"\"}}\n").play(signals)
		})
	})
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			t.Fatalf("the same seed gave two years: %q and %q", a[i], b[i])
		}
	}
}
