package copen

import (
	"fmt"
	"slices"
	"time"

	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/store"
)

// The kinds of notice. All go to store.ToCopen; who that is depends on the kind
// and is resolved when it is sent (D15).
const (
	KindPlan    = "copen-plan"    // coördinatoren: there is no date yet
	KindPoll    = "copen-poll"    // participants: which dates suit you?
	KindInvite  = "copen-invite"  // participants: the date, or a new one
	KindCancel  = "copen-cancel"  // participants: it is called off
	KindAsk     = "copen-ask"     // everybody: what do you want to speak about?
	KindRemind  = "copen-remind"  // everybody: it is soon
	KindPack    = "copen-pack"    // coördinatoren: the figures are ready
	KindShare   = "copen-share"   // participants: the figures
	KindMinutes = "copen-minutes" // coördinatoren: where are the minutes?
	KindReport  = "copen-report"  // participants: the minutes are there
	KindAction  = "copen-action"  // owners of actions, and the coördinatoren
	KindGap     = "copen-gap"     // coördinatoren: no meeting for too long
)

const (
	day  = 24 * time.Hour
	week = 7 * day
	// again is after how long something is said once more that nobody did.
	again = 2 * week
	// steps is more than one version of a meeting ever has.
	steps = 1000
)

// Planner says what is owed. It has no clock, does no I/O and keeps nothing.
type Planner struct {
	Config   config.Copen
	Calendar *config.Calendar
}

// Plan returns the state after now, and the notices that are owed since: each
// once, in whatever order and however often it is asked, also when the clock
// goes back. What was missed while nobody looked is not said one after the
// other: of each thing only the last.
func (p Planner) Plan(s State, now time.Time) (State, []store.Notice) {
	s = s.clone()
	if s.Since.IsZero() {
		s.Since = now
	}
	if p.Config.Schedule != "" {
		p.next(&s, now)
	}
	var owed []store.Notice
	for i := range s.Meetings {
		owed = append(owed, p.meeting(&s.Meetings[i], now)...)
	}
	if p.Config.Schedule != "" && len(s.Meetings) > 0 {
		owed = append(owed, p.gap(&s, now)...)
	}
	return s, append(owed, p.actions(&s, now)...)
}

// notice is one that is owed, to be sent when people are at work.
func (p Planner) notice(kind string, about store.Reference, n int, now time.Time) []store.Notice {
	return []store.Notice{{
		NoticeID: store.NoticeID{Kind: kind, About: about, N: n}, To: store.ToCopen, Due: p.Calendar.NextOfficeHours(now),
	}}
}

// Planned is when the schedule means a meeting to be: on a working day.
func (p Planner) Planned(fire time.Time) time.Time {
	loc := p.Calendar.Location()
	fire = fire.In(loc)
	clock := config.Clock(fire.Hour()*60 + fire.Minute())
	return p.Calendar.Workday(p.Calendar.Date(fire)).At(clock, loc).UTC()
}

// morning is when people begin on the day of an instant, or on the first
// working day after it.
func (p Planner) morning(at time.Time) time.Time {
	return p.Calendar.NextOfficeHours(p.Calendar.Date(at).At(0, p.Calendar.Location()))
}

// weeks is n weeks before at, by date: the clock may have changed between.
func (p Planner) weeks(at time.Time, n int) time.Time {
	return p.morning(at.In(p.Calendar.Location()).AddDate(0, 0, -7*n))
}

// workdays is n working days before at.
func (p Planner) workdays(at time.Time, n int) time.Time {
	return p.morning(p.Calendar.WorkdaysBefore(p.Calendar.Date(at), n).At(0, p.Calendar.Location()))
}

// next adds the next meeting of the schedule when the last one is over, or when
// its own time to be planned comes. A bot that is new begins with one that can
// still be planned.
func (p Planner) next(s *State, now time.Time) {
	loc := p.Calendar.Location()
	last := s.current()
	from := now
	if last != nil {
		from = last.Fire
	}
	missed := false
	for fire := p.Config.Schedule.Next(from.In(loc)); !fire.IsZero(); fire = p.Config.Schedule.Next(fire) {
		id := store.Reference(fire.Format("copen-2006-01"))
		planned := p.Planned(fire)
		begin := p.weeks(planned, p.Config.PlanWeeks)
		if s.find(id) != nil { // the schedule was changed within a month
			continue
		}
		if planned.Before(now) || last == nil && begin.Before(now) {
			missed = last != nil // nobody looked; or it is too soon for a bot that is new
			continue
		}
		if last != nil && !last.Dropped {
			if last.At.After(now) || last.At.IsZero() && begin.After(now) && !missed {
				return // the last one comes first
			}
			last.Dropped = last.At.IsZero()
		}
		s.Meetings = append(s.Meetings, Meeting{ID: id, Fire: fire.UTC()})
		if n := len(s.Meetings) - keepMeetings; n > 0 {
			s.Meetings = slices.Delete(s.Meetings, 0, n)
		}
		return
	}
}

func (p Planner) meeting(m *Meeting, now time.Time) []store.Notice {
	switch {
	case m.Dropped, !m.Held.IsZero():
		return nil
	case m.At.IsZero():
		return p.undated(m, now)
	case now.Before(m.At):
		return p.before(m, now)
	case now.Before(m.At.Add(p.Config.Length.Duration())):
		return nil
	}
	return p.after(m, now)
}

// undated reminds the coördinatoren that there is no date: when it is time to
// plan, at each reminder after that, and then every two weeks.
func (p Planner) undated(m *Meeting, now time.Time) []store.Notice {
	planned := p.Planned(m.Fire)
	times := []time.Time{p.weeks(planned, p.Config.PlanWeeks)}
	for _, w := range p.Config.RemindWeeks {
		times = append(times, p.weeks(planned, w))
	}
	times = append(times, p.workdays(planned, p.Config.RemindWorkdays))
	for at := planned.Add(again); !at.After(now); at = at.Add(again) {
		times = append(times, p.morning(at))
	}
	// One whose date was called off lately is first asked after a while.
	if n := latest(times, m.Set, m.Step, now); n > 0 {
		m.Step = n
		return p.notice(KindPlan, m.ID, m.Version*steps+n, now)
	}
	return nil
}

// before asks for contributions, reminds, and says that the figures are ready.
func (p Planner) before(m *Meeting, now time.Time) []store.Notice {
	var owed []store.Notice
	var times []time.Time
	for _, w := range p.Config.RemindWeeks[1:] {
		times = append(times, p.weeks(m.At, w))
	}
	times = append(times, p.workdays(m.At, p.Config.RemindWorkdays))
	n := latest(times, m.Set, m.Step, now)
	if n > 0 {
		m.Step = n
		owed = append(owed, p.notice(KindRemind, m.ID, m.Version*steps+n, now)...)
	}
	// Whoever was invited late is asked the day after, and not at once.
	ask := later(p.weeks(m.At, p.Config.RemindWeeks[0]), p.morning(m.Set.Add(day)))
	if !m.Asked && !ask.After(now) {
		m.Asked = true
		if n == 0 { // a reminder that was sent in its place asks too
			owed = append(owed, p.notice(KindAsk, m.ID, 1, now)...)
		}
	}
	if !m.Packed && !p.weeks(m.At, p.Config.PackWeeks).After(now) {
		m.Packed = true
		owed = append(owed, p.notice(KindPack, m.ID, 1, now)...)
	}
	return owed
}

// after asks for the minutes, every week until they are there; after two months
// nobody will write them.
func (p Planner) after(m *Meeting, now time.Time) []store.Notice {
	var times []time.Time
	for n := range 8 {
		times = append(times, p.weeks(m.At, -p.Config.MinutesWeeks-n))
	}
	if n := latest(times, m.At, m.After, now); n > 0 {
		m.After = n
		return p.notice(KindMinutes, m.ID, m.Version*steps+n, now)
	}
	return nil
}

// latest is the number, from 1 in their order in time, of the last of times
// that has come and was not planned yet: later than since, and beyond step. 0
// is none.
func latest(times []time.Time, since time.Time, step int, now time.Time) int {
	slices.SortFunc(times, time.Time.Compare)
	for n := len(times); n > step; n-- {
		if at := times[n-1]; !at.After(now) && at.After(since) {
			return n
		}
	}
	return 0
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// gap alarms when there was no meeting for too long, and again every four weeks.
func (p Planner) gap(s *State, now time.Time) []store.Notice {
	allowed := time.Duration(p.Config.AlarmDays) * day
	limit := s.Since.Add(allowed)
	if m := s.past(now); m != nil {
		limit = m.At.Add(allowed)
	} else if first := p.Planned(s.Meetings[0].Fire).Add(again); limit.Before(first) {
		limit = first // the one before the bot came is not known
	}
	if last := s.Gap.Add(2 * again); s.Gap.After(limit) {
		limit = last
	}
	if !limit.Before(now) {
		return nil
	}
	s.Gap = now
	s.Gaps++
	return p.notice(KindGap, register, s.Gaps, now)
}

// actions reminds of what was agreed: on the day that it is due, and every two
// weeks after that, all in one.
func (p Planner) actions(s *State, now time.Time) []store.Notice {
	owed := false
	for _, a := range s.open() {
		due := p.morning(a.Due)
		owed = owed || !due.After(now) && (due.After(s.Follow) || !s.Follow.Add(again).After(now))
	}
	if !owed {
		return nil
	}
	s.Follow = now
	s.Follows++
	return p.notice(KindAction, register, s.Follows, now)
}

// version is the version of the meeting that a notice was planned for.
func version(n store.Notice) int { return n.N / steps }

// key names a notice's message.
func key(n store.Notice) string { return fmt.Sprintf("%s.%s.%d", n.Kind, n.About, n.N) }
