package copen_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meldroute/meldroute/bot/copen"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/store"
)

// years is a planner, a state and a clock.
type years struct {
	t    *testing.T
	p    copen.Planner
	s    copen.State
	now  time.Time
	owed []string        // "2027-04-08 08:30 remind copen-2027-04", in local time
	keys map[string]bool // of notices
}

func begin(t *testing.T, yaml, now string) *years {
	t.Helper()
	c, err := config.Parse("m.yaml", []byte(yaml), nil)
	if err != nil {
		t.Fatal(err)
	}
	k, err := config.NewCalendar(c)
	if err != nil {
		t.Fatal(err)
	}
	y := &years{t: t, p: copen.Planner{Config: c.Copen, Calendar: k}, keys: map[string]bool{}}
	y.now = y.local(now)
	return y
}

func (y *years) local(s string) time.Time {
	y.t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", s, y.p.Calendar.Location())
	if err != nil {
		y.t.Fatal(err)
	}
	return at
}

// sweep looks once, and asks again at once: that must owe nothing.
func (y *years) sweep() {
	y.t.Helper()
	s, owed := y.p.Plan(y.s, y.now)
	for _, n := range owed {
		key := fmt.Sprint(n.NoticeID)
		if y.keys[key] {
			y.t.Fatalf("%v: %s is owed twice", y.now, key)
		}
		y.keys[key] = true
		if n.To != store.ToCopen || n.Due.Before(y.now) || !y.p.Calendar.InOfficeHours(n.Due) {
			y.t.Errorf("%v: %s is due at %v, to %s", y.now, key, n.Due, n.To)
		}
		y.owed = append(y.owed, n.Due.In(y.p.Calendar.Location()).Format("2006-01-02 15:04 ")+strings.TrimPrefix(n.Kind, "copen-")+" "+string(n.About))
	}
	y.s = s
	if len(owed) == 0 {
		return
	}
	if _, again := y.p.Plan(s, y.now); len(again) > 0 {
		y.t.Fatalf("%v: owed again at once: %v", y.now, again)
	}
}

// until sweeps every step up to a moment, and lets each thing be done.
func (y *years) until(end string, step time.Duration, each func()) {
	y.t.Helper()
	for stop := y.local(end); y.now.Before(stop); y.now = y.now.Add(step) {
		y.sweep()
		if each != nil {
			each()
		}
	}
}

// diligent is a coördinator who does each thing on the day he is asked.
func (y *years) diligent() {
	m := y.current()
	if m == nil {
		return
	}
	if m.At.IsZero() && m.Step > 0 {
		m.SetDate(y.p.Planned(m.Fire), y.now)
	}
	for i := range y.s.Meetings {
		if x := &y.s.Meetings[i]; x.After > 0 && x.Held.IsZero() {
			x.Held = y.now
		}
	}
}

func (y *years) current() *copen.Meeting {
	if len(y.s.Meetings) == 0 {
		return nil
	}
	return &y.s.Meetings[len(y.s.Meetings)-1]
}

func (y *years) wants(want ...string) {
	y.t.Helper()
	if diff := cmp.Diff(want, y.owed); diff != "" {
		y.t.Errorf("owed (-want +got):\n%s", diff)
	}
}

// Two meetings a year are planned, asked for, reminded of and written up, each
// on its day: over both changes of the clock, a leap day, Easter and the turn
// of a year.
func TestPlanTwoYears(t *testing.T) {
	t.Parallel()
	for _, step := range []time.Duration{time.Hour, 7 * time.Hour} {
		y := begin(t, "", "2026-11-25 10:30")
		y.until("2028-06-01 00:00", step, y.diligent)
		if step > time.Hour { // in the same order, whatever the hour
			for i, s := range y.owed {
				y.owed[i] = s[:10] + " 08:30" + s[16:]
			}
		}
		y.wants(
			"2027-01-28 08:30 plan copen-2027-04",
			"2027-02-25 08:30 ask copen-2027-04", // 6 weeks
			"2027-03-25 08:30 remind copen-2027-04",
			"2027-04-01 08:30 pack copen-2027-04",
			"2027-04-06 08:30 remind copen-2027-04", // 2 working days
			"2027-04-15 08:30 minutes copen-2027-04",
			"2027-07-30 08:30 plan copen-2027-10",
			"2027-08-27 08:30 ask copen-2027-10",
			"2027-09-24 08:30 remind copen-2027-10",
			"2027-10-01 08:30 pack copen-2027-10",
			"2027-10-06 08:30 remind copen-2027-10",
			"2027-10-15 08:30 minutes copen-2027-10",
			// 8 April 2028 is a Saturday.
			"2028-01-31 08:30 plan copen-2028-04",
			"2028-02-28 08:30 ask copen-2028-04",
			"2028-03-27 08:30 remind copen-2028-04",
			"2028-04-03 08:30 pack copen-2028-04",
			"2028-04-06 08:30 remind copen-2028-04",
			"2028-04-18 08:30 minutes copen-2028-04", // 17 April is Easter Monday
		)
	}
}

// Six weeks before 11 April 2028 is the leap day; two weeks before 8 November
// the clock still shows summer time.
func TestPlanByDate(t *testing.T) {
	t.Parallel()
	y := begin(t, `copen: {schedule: "0 14 11 4 *"}`, "2027-12-01 10:30")
	y.until("2028-03-15 00:00", time.Hour, y.diligent)
	y.wants("2028-02-01 08:30 plan copen-2028-04", "2028-02-29 08:30 ask copen-2028-04")
	y = begin(t, `copen: {schedule: "0 14 8 11 *"}`, "2027-06-01 10:30")
	y.until("2027-11-05 00:00", time.Hour, y.diligent)
	y.wants("2027-08-30 08:30 plan copen-2027-11", "2027-09-27 08:30 ask copen-2027-11", "2027-10-25 08:30 remind copen-2027-11",
		"2027-11-01 08:30 pack copen-2027-11", "2027-11-04 08:30 remind copen-2027-11")
}

// A bot that starts too late for the next meeting begins with the one after.
func TestPlanBeginsWithOneThatCanBePlanned(t *testing.T) {
	t.Parallel()
	y := begin(t, "", "2027-03-01 10:30")
	y.until("2027-07-30 08:00", time.Hour, nil)
	y.wants()
	if m := y.current(); m == nil || m.ID != "copen-2027-10" {
		t.Errorf("got %+v", m)
	}
}

// A meeting that nobody plans is asked for again and again; when its time is
// over the next one is asked for, and after 210 days without any there is an
// alarm, every four weeks.
func TestPlanWithoutAnybody(t *testing.T) {
	t.Parallel()
	y := begin(t, "", "2026-11-25 10:30")
	y.until("2027-08-15 00:00", time.Hour, nil)
	y.wants(
		"2027-01-28 08:30 plan copen-2027-04", "2027-02-25 08:30 plan copen-2027-04", "2027-03-25 08:30 plan copen-2027-04",
		"2027-04-06 08:30 plan copen-2027-04",
		"2027-04-22 14:30 plan copen-2027-04", "2027-05-10 08:30 plan copen-2027-04", "2027-05-20 14:30 plan copen-2027-04",
		"2027-06-03 14:30 plan copen-2027-04", "2027-06-17 14:30 plan copen-2027-04",
		"2027-06-23 12:30 gap copen",
		"2027-07-01 14:30 plan copen-2027-04", "2027-07-15 14:30 plan copen-2027-04",
		"2027-07-21 13:30 gap copen", "2027-07-29 14:30 plan copen-2027-04",
		"2027-07-30 08:30 plan copen-2027-10",
	)
}

// While nobody looked for three weeks, of what was missed only the last is
// said; it is not lost, and comes when people are at work.
func TestPlanAfterDowntime(t *testing.T) {
	t.Parallel()
	y := begin(t, "", "2026-11-25 10:30")
	y.until("2027-01-29 00:00", time.Hour, y.diligent)
	y.owed = nil
	y.now = y.local("2027-03-28 01:30") // asking, and the first reminder, were missed; a Sunday
	y.until("2027-03-28 06:00", time.Minute, y.diligent)
	y.wants("2027-03-30 08:30 remind copen-2027-04") // the Tuesday after Easter
	y.owed = nil
	y.now = y.local("2027-05-20 12:00")
	y.until("2027-05-20 13:00", time.Minute, y.diligent)
	y.wants("2027-05-20 12:00 minutes copen-2027-04")
	y.owed = nil
	y.now = y.local("2029-01-10 12:00") // two years away: what is over is over
	y.until("2029-01-10 13:00", time.Minute, nil)
	y.wants("2029-01-10 12:00 gap copen")
	if m := y.current(); m.ID != "copen-2029-04" {
		t.Errorf("got %s", m.ID)
	}
}

// A clock that jumps a day ahead and back, wherever it does, makes nothing come
// twice and nothing stay away.
func TestPlanWithAJumpingClock(t *testing.T) {
	t.Parallel()
	still := begin(t, "", "2026-11-25 10:30")
	still.until("2027-11-01 00:00", time.Hour, still.diligent)
	for _, jump := range []time.Duration{24 * time.Hour, -24 * time.Hour} {
		y := begin(t, "", "2026-11-25 10:30")
		n := 0
		y.until("2027-11-01 00:00", time.Hour, func() {
			y.diligent()
			if n++; n%53 == 0 {
				at := y.now
				y.now = at.Add(jump)
				y.sweep()
				y.now = at
				y.sweep()
			}
		})
		if got, want := len(y.owed), len(still.owed); got != want {
			t.Errorf("jumps of %v: got %d notices, want %d\n%v", jump, got, want, y.owed)
		}
	}
}

// A date that is called off is asked for again; one that is moved has its own
// reminders, and those of the old date do not come.
func TestPlanOfAnotherDate(t *testing.T) {
	t.Parallel()
	y := begin(t, "", "2026-11-25 10:30")
	y.until("2027-03-26 00:00", time.Hour, y.diligent)
	y.owed = nil
	y.current().SetDate(y.local("2027-04-22 14:00"), y.now)
	y.until("2027-04-21 00:00", time.Hour, nil)
	y.wants("2027-04-08 08:30 remind copen-2027-04", "2027-04-15 08:30 pack copen-2027-04", "2027-04-20 08:30 remind copen-2027-04")
	y.owed = nil
	y.current().CancelDate(y.now)
	if m := y.current(); !m.At.IsZero() || m.Round != 1 || len(m.Cancels) != 1 || m.Cancels[0].Sequence != 2 {
		t.Errorf("got %+v", m)
	}
	y.until("2027-05-11 00:00", time.Hour, nil)
	y.wants("2027-04-22 14:30 plan copen-2027-04", "2027-05-10 08:30 plan copen-2027-04")
}

// An action is reminded of on its day, and every two weeks until it is done.
func TestPlanActions(t *testing.T) {
	t.Parallel()
	y := begin(t, "", "2027-05-03 10:30")
	y.sweep()
	y.s.Actions = []copen.Action{{ID: 1, Due: y.local("2027-05-15 00:00")}, {ID: 2, Due: y.local("2027-05-20 00:00")}}
	y.until("2027-06-10 00:00", time.Hour, nil)
	y.wants("2027-05-18 08:30 action copen", "2027-05-20 08:30 action copen", "2027-06-03 08:30 action copen")
	y.s.Actions[0].Done, y.s.Actions[1].Done = y.now, y.now
	y.owed = nil
	y.until("2027-07-10 00:00", time.Hour, nil)
	y.wants()
}

// Whatever a coördinator does and however the clock runs, over years: nothing
// is owed twice, every version of a meeting has each reminder at most once, and
// no year passes without being asked for.
func TestPlanProperty(t *testing.T) {
	t.Parallel()
	for seed := range uint64(10) {
		r := rand.New(rand.NewPCG(seed, 1))
		y := begin(t, "", "2026-11-25 10:30")
		heard := map[int]bool{}
		for y.now.Year() < 2033 {
			y.sweep()
			for range y.owed {
				heard[y.now.Year()] = true
			}
			y.owed = nil
			y.someone(r)
			y.now = y.now.Add(time.Duration(r.IntN(6*24*60)) * time.Minute)
			switch r.IntN(40) {
			case 0:
				y.now = y.now.Add(-24 * time.Hour)
			case 1:
				y.now = y.now.AddDate(0, 0, 21)
			}
		}
		for year := 2027; year < 2033; year++ {
			if !heard[year] {
				t.Errorf("seed %d: nobody heard anything in %d", seed, year)
			}
		}
		if len(y.s.Meetings) > 6 {
			t.Errorf("seed %d: %d meetings are kept", seed, len(y.s.Meetings))
		}
	}
}

// someone does something now and then.
func (y *years) someone(r *rand.Rand) {
	m := y.current()
	switch do := r.IntN(30); {
	case !m.At.IsZero() && m.At.Before(y.now):
		if do < 10 {
			m.Held = y.now
		}
	case m.At.IsZero() && do < 3, do == 3:
		m.SetDate(y.now.Add(time.Duration(r.IntN(60*24)+1)*time.Hour), y.now)
	case !m.At.IsZero() && do == 4:
		m.CancelDate(y.now)
	}
}
