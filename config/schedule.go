package config

import (
	"errors"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Schedule is when something recurs, in the municipality's time zone: minute,
// hour, day of the month, month, day of the week ("0 14 8 4,10 *"). Empty is
// never. One that Load let through can be asked.
type Schedule string

// The reasons why a schedule is refused: ids in the catalogs.
var (
	errSchedule      = errors.New("config.schedule")
	errScheduleZone  = errors.New("config.schedule.zone")
	errScheduleEvery = errors.New("config.schedule.every")
	errScheduleHour  = errors.New("config.schedule.hour")
	errScheduleNever = errors.New("config.schedule.never")
)

// parse reads the schedule, and refuses what the library would take and nobody
// means.
func (s Schedule) parse() (*cron.SpecSchedule, error) {
	spec := strings.TrimSpace(string(s))
	// The library panics at a zone without a space, and takes any other.
	if strings.Contains(strings.ToUpper(spec), "TZ=") {
		return nil, errScheduleZone
	}
	if strings.HasPrefix(spec, "@") {
		return nil, errScheduleEvery
	}
	parsed, err := cron.ParseStandard(spec)
	if err != nil {
		return nil, errSchedule
	}
	p, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return nil, errSchedule
	}
	// From 02:00 to 03:00 an hour is skipped in spring and comes twice in
	// autumn.
	if p.Hour&(1<<2) != 0 {
		return nil, errScheduleHour
	}
	// Next gives up after five years without a day, such as 30 February.
	if p.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, errScheduleNever
	}
	return p, nil
}

// Next returns the first moment after at, in at's zone; zero for a schedule
// that is empty or refused.
func (s Schedule) Next(at time.Time) time.Time {
	p, err := s.parse()
	if err != nil {
		return time.Time{}
	}
	return p.Next(at)
}

func (v *validator) schedule(key string, s Schedule) {
	if s == "" {
		return
	}
	if _, err := s.parse(); err != nil {
		v.fail(key, err.Error(), nil)
	}
}
