package store

import "time"

// SetDraw draws numbers from f, for tests of numbers that are in use.
func (s *Store) SetDraw(f func() (Reference, Number)) {
	s.draw = func(time.Time) (Reference, Number) { return f() }
}
