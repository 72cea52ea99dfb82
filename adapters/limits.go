package adapters

import (
	"fmt"
	"unicode/utf8"
)

// Limits is what a platform can show. Lengths are in runes unless said
// otherwise; 0 means that the platform sets no limit.
type Limits struct {
	Text        int // of a reply
	Choices     int // under a reply
	ChoiceLabel int
	FormTitle   int
	FieldLabel  int // where it is smaller than Label, Short is shown
	ShortBytes  int // of Short, in bytes (Mattermost: 24)
	OptionLabel int
	Options     int // per field
	Fields      int // per form
	FieldText   int // of one Line or Area
	// Forms says that forms can be opened; without them a flow is typed.
	Forms bool
	// NextForm says that a submitted form can be followed by another at once.
	NextForm bool
}

// Reply checks a reply against the limits. The error wraps ErrUnfit and says
// which limit, without the text.
func (l Limits) Reply(r Reply) error {
	checks := []check{
		{"text", utf8.RuneCountInString(r.Text), l.Text},
		{"choices", len(r.Choices), l.Choices},
	}
	for _, c := range r.Choices {
		checks = append(checks, check{"choice label", utf8.RuneCountInString(c.Label), l.ChoiceLabel})
	}
	return fits(checks)
}

// Form checks a form against the limits, as Reply does.
func (l Limits) Form(f Form) error {
	checks := []check{
		{"form title", utf8.RuneCountInString(f.Title), l.FormTitle},
		{"fields", len(f.Fields), l.Fields},
	}
	for _, fd := range f.Fields {
		if l.ShortBytes > 0 {
			checks = append(checks, check{"short label of " + fd.Name, len(fd.Short), l.ShortBytes})
		} else {
			checks = append(checks, check{"label of " + fd.Name, utf8.RuneCountInString(fd.Label), l.FieldLabel})
		}
		checks = append(checks,
			check{"options of " + fd.Name, len(fd.Options), l.Options},
			check{"length of " + fd.Name, fd.Max, l.FieldText})
		for _, o := range fd.Options {
			checks = append(checks, check{"option of " + fd.Name, utf8.RuneCountInString(o.Label), l.OptionLabel})
		}
	}
	return fits(checks)
}

type check struct {
	what     string
	got, max int
}

func fits(checks []check) error {
	for _, c := range checks {
		if c.max > 0 && c.got > c.max {
			return fmt.Errorf("%w: %s is %d, at most %d", ErrUnfit, c.what, c.got, c.max)
		}
	}
	return nil
}
