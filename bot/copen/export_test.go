package copen

import "time"

// SetDate and CancelDate are what the coördinator's acts do to a meeting.
func (m *Meeting) SetDate(at, now time.Time) { m.setDate(at, now) }

// CancelDate calls the date off.
func (m *Meeting) CancelDate(now time.Time) { m.cancel(now) }
