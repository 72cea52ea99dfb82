package config

import (
	"fmt"
	"time"
)

var (
	daysNL   = [...]string{"zondag", "maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag"}
	monthsNL = [...]string{"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"}
)

// Day writes the day of an instant as people say it: "maandag 23 november".
func (k *Calendar) Day(lang string, at time.Time) string {
	t := at.In(k.loc)
	if lang == "en" {
		return t.Format("Monday 2 January")
	}
	return fmt.Sprintf("%s %d %s", daysNL[t.Weekday()], t.Day(), monthsNL[t.Month()-1])
}

// Moment writes day and time: "maandag 23 november om 14.30 uur".
func (k *Calendar) Moment(lang string, at time.Time) string {
	t := at.In(k.loc)
	if lang == "en" {
		return k.Day(lang, at) + t.Format(" at 15:04")
	}
	return k.Day(lang, at) + t.Format(" om 15.04 uur")
}

// Hour writes the time of an instant: "14.30".
func (k *Calendar) Hour(lang string, at time.Time) string {
	if lang == "en" {
		return at.In(k.loc).Format("15:04")
	}
	return at.In(k.loc).Format("15.04")
}

// Long writes a day with its year: "31 juli 2026".
func (d Date) Long(lang string) string {
	if lang == "en" {
		return d.At(0, time.UTC).Format("2 January 2006")
	}
	return fmt.Sprintf("%d %s %d", d.Day, monthsNL[d.Month-1], d.Year)
}
