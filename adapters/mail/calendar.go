package mail

import (
	"strings"
	"time"
	_ "time/tzdata" // the zone below, also on a machine without zones

	ics "github.com/arran4/golang-ical"
)

// zone is the time zone that invitations are written in.
const zone = "Europe/Amsterdam"

// calendarType begins the media type of an invitation.
const calendarType = "text/calendar"

// Event is a meeting as a calendar keeps it (RFC 5545). Every change has the
// UID of the first and a higher Sequence.
type Event struct {
	UID        string
	Sequence   int
	Stamp      time.Time // when this version was made
	Start, End time.Time
	Summary    string
	About      string // what it is about, in lines
	Place      string
	// Organizer and Attendee are mail addresses. With an attendee his mail
	// program asks him to accept; without, it is only something to keep.
	Organizer, Attendee string
	Cancelled           bool
}

// method is what a calendar is asked to do with the event (RFC 5546).
func (e Event) method() ics.Method {
	switch {
	case e.Cancelled:
		return ics.MethodCancel
	case e.Attendee != "":
		return ics.MethodRequest
	}
	return ics.MethodPublish
}

// Type is the media type of what Calendar makes of e. Its characters are UTF-8,
// as is the rule for this type (RFC 5545, 3.1.4).
func (e Event) Type() string { return calendarType + "; method=" + string(e.method()) }

// Calendar writes e as an iCalendar file: an invitation, its change, or its
// cancellation.
func Calendar(e Event) []byte {
	c := ics.NewCalendar()
	c.SetProductId("-//Meldroute//Meldroute//NL")
	c.SetMethod(e.method())
	amsterdam(c)
	v := c.AddEvent(e.UID)
	v.SetSequence(e.Sequence)
	v.SetDtStampTime(e.Stamp)
	v.SetProperty(ics.ComponentPropertyDtStart, local(e.Start), ics.WithTZID(zone))
	v.SetProperty(ics.ComponentPropertyDtEnd, local(e.End), ics.WithTZID(zone))
	v.SetSummary(lines(e.Summary))
	if e.About != "" {
		v.SetDescription(lines(e.About))
	}
	if e.Place != "" {
		v.SetLocation(lines(e.Place))
	}
	if e.Organizer != "" {
		v.SetOrganizer(e.Organizer)
	}
	if e.Attendee != "" {
		v.AddAttendee(e.Attendee, ics.ParticipationRoleReqParticipant, ics.ParticipationStatusNeedsAction, ics.WithRSVP(!e.Cancelled))
	}
	v.SetStatus(ics.ObjectStatusConfirmed)
	if e.Cancelled {
		v.SetStatus(ics.ObjectStatusCancelled)
	}
	return []byte(c.Serialize(ics.WithNewLineWindows)) // RFC 5545, 3.1
}

// local is an instant as a clock in Amsterdam shows it.
func local(at time.Time) string {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		panic(err) // it is part of the program
	}
	return at.In(loc).Format("20060102T150405")
}

// lines makes every break of a line the one that is escaped, and drops what a
// calendar cannot hold.
func lines(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}

// amsterdam adds the rules of the zone, as they are since 1996 (Directive
// 2000/84/EC): a calendar that does not know its name still shows the right
// hour.
func amsterdam(c *ics.Calendar) {
	tz := c.AddTimezone(zone)
	summer := &ics.Daylight{}
	rules(&summer.ComponentBase, "CEST", "19960331T020000", "+0100", "+0200", "3")
	winter := &ics.Standard{}
	rules(&winter.ComponentBase, "CET", "19961027T030000", "+0200", "+0100", "10")
	tz.Components = append(tz.Components, summer, winter)
}

func rules(c *ics.ComponentBase, name, from, before, after, month string) {
	c.SetProperty(ics.ComponentPropertyDtStart, from)
	c.SetProperty(ics.ComponentPropertyRrule, "FREQ=YEARLY;BYMONTH="+month+";BYDAY=-1SU")
	c.SetProperty(ics.ComponentProperty(ics.PropertyTzoffsetfrom), before)
	c.SetProperty(ics.ComponentProperty(ics.PropertyTzoffsetto), after)
	c.SetProperty(ics.ComponentProperty(ics.PropertyTzname), name)
}
