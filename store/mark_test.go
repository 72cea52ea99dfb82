package store_test

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/sqlite"
	"github.com/meldroute/meldroute/store/vault"
)

func opened(t testing.TB) *store.Store {
	t.Helper()
	dir := t.TempDir()
	keys := filepath.Join(dir, "keys.json")
	if err := vault.Create(keys); err != nil {
		t.Fatal(err)
	}
	v, err := vault.Open(keys)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), filepath.Join(dir, "bot.db"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), db, v, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

var officer = store.Viewer{Person: private.New("web:officer"), All: true}

func file(t testing.TB, s *store.Store, r flows.Report) store.Reference {
	t.Helper()
	out, err := s.Turn(t.Context(), store.Event{}, func(store.View) (store.Effects, error) {
		return store.Effects{File: &store.Filing{Report: r}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Ref
}

// shared are the classes of the marks that two reports share.
func shared(t testing.TB, s *store.Store, a, b flows.Report) []string {
	t.Helper()
	one, two := file(t, s, a), file(t, s, b)
	var got []string
	out := func(ref store.Reference, erase store.Ground) {
		_, err := s.Turn(t.Context(), store.Event{Signal: ref, Viewer: officer}, func(v store.View) (store.Effects, error) {
			if erase == "" {
				got = nil
				for _, m := range v.Matches {
					got = append(got, m.Class)
				}
			}
			return store.Effects{Erase: erase}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	out(two, "")
	out(one, store.GroundWithdrawn)
	out(two, store.GroundWithdrawn)
	return got
}

func name(s string) flows.Report {
	return flows.Report{Persons: []flows.Person{{Name: private.New(s)}}}
}
func what(s string) flows.Report    { return flows.Report{What: private.New(s)} }
func plate(s string) flows.Report   { return things(flows.Things{Plate: private.New(s)}) }
func phone(s string) flows.Report   { return things(flows.Things{Phone: private.New(s)}) }
func company(s string) flows.Report { return things(flows.Things{Organisation: private.New(s)}) }

func things(t flows.Things) flows.Report { return flows.Report{Things: t} }

func place(street, number, code, town string) flows.Report {
	return flows.Report{Place: flows.Place{
		Street: private.New(street), Number: private.New(number), Postcode: private.New(code), Town: private.New(town),
	}}
}

// One thing, written in two ways, is a possible match; two things are not.
func TestMarks(t *testing.T) {
	t.Parallel()
	s := opened(t)
	for _, c := range []struct {
		a, b flows.Report
		want string // a class, or "" for no match
	}{
		{name("J. de Vries"), name("de Vries, Jan"), store.MarkName},
		{name("J. de Vries"), name("Jan de Vries"), store.MarkName},
		{name("Vries, Jan de"), name("jan de vries"), store.MarkName},
		{name("Mw. A. van den Berg"), name("Anna van den Berg"), store.MarkName},
		{name("Anna Berg-Jansen"), name("A. Jansen"), store.MarkName},
		{name("Gül Yıldız"), name("YILDIZ, GUL"), store.MarkName},
		{name("Łukasz Nowak"), name("Lukasz Nowak"), store.MarkName},
		{name("Nguyen Van Anh"), name("Anh, Nguyen Van"), store.MarkName},
		{name("Mohamed el Amrani"), name("M. El-Amrani"), store.MarkName},
		{name("Roxana"), name("ROXANA"), store.MarkName},
		{name("Иван Петров"), name("И. Петров"), store.MarkName},
		{name("Jan de Vries"), name("Piet de Vries"), ""},
		{name("Jan de Vries"), name("Jan Jansen"), ""},
		{name("van de"), name("de"), ""},
		{name("Al"), name("Al"), ""},
		{name(""), name(""), ""},
		{place("Dorpsstraat", "12", "3441 AB", "Woerden"), place("", "12", "3441ab", ""), store.MarkPlace},
		{place("Dorpsstraat", "12", "3441 AB", "Woerden"), place("dorpsstr.", "12", "", "WOERDEN"), store.MarkPlace},
		{place("Dorpsstraat", "12-a", "3441 AB", "Woerden"), place("Dorpsstraat", "12 A", "", "Woerden"), store.MarkPlace},
		{place("Dorpsstraat", "12", "3441 AB", "Woerden"), what("op 3441 AB nr 12 woont hij"), store.MarkPlace},
		{place("Dorpsstraat", "12", "3441 AB", "Woerden"), what("Dorpsstraat 12, 3441AB Woerden"), store.MarkPlace},
		{place("Dorpsstraat", "12", "3441 AB", "Woerden"), place("Dorpsstraat", "14", "3441 AB", "Woerden"), ""},
		{place("Dorpsstraat", "12", "", "Woerden"), place("Dorpsstraat", "12", "", "Montfoort"), ""},
		{place("Dorpsstraat", "", "3441 AB", "Woerden"), place("Dorpsstraat", "", "3441 AB", "Woerden"), ""},
		{phone("06 12 34 56 78"), phone("+31612345678"), store.MarkPhone},
		{phone("0031 6-12345678"), what("bel (06) 12345678 maar niet"), store.MarkPhone},
		{phone("+40 721 234 567"), what("nummer +40721234567."), store.MarkPhone},
		{phone("0612345678"), phone("0612345679"), ""},
		{phone("geen"), phone("geen"), ""},
		{plate("ab-123-c"), plate("AB123C"), store.MarkPlate},
		{plate("AB-123-C"), what("in een busje, ab-123-c, wit"), store.MarkPlate},
		{plate("AB-123-C"), what("kenteken AB 123 C"), store.MarkPlate},
		{what("om 12 in 34 uur"), what("om 12 in 34 uur"), ""},
		{things(flows.Things{KvK: private.New("1234.5678")}), what("KvK: 12345678"), store.MarkKvK},
		{what("12345678"), what("12345678"), ""},
		{what("mail Piet@Bedrijf.example"), what("piet@bedrijf.example!"), store.MarkMail},
		{things(flows.Things{Handle: private.New("@Lief_Meisje")}), what("haar account (@lief_meisje)."), store.MarkHandle},
		{company("De Gouden Kip B.V."), company("gouden kip bv"), store.MarkOrg},
		{company("bv"), company("bv"), ""},
	} {
		got := shared(t, s, c.a, c.b)
		var want []string
		if c.want != "" {
			want = []string{c.want}
		}
		if !slices.Equal(got, want) {
			a, b := text(c.a), text(c.b)
			t.Errorf("%s and %s share %v, want %v", a, b, got, want)
		}
	}
}

// text is the content of a made-up report, for the messages of this test.
func text(r flows.Report) string {
	b, err := private.Encode(r)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// Whatever a person wrote, filing it neither fails nor takes long.
func FuzzMarks(f *testing.F) {
	for _, s := range []string{"J. de Vries", "3441 AB 12", "+31 6 12345678", "@@@,,,---", "\x00\xff", "AB-123-C kvk 12345678", "a@b.cc"} {
		f.Add(s)
	}
	s := opened(f)
	f.Fuzz(func(t *testing.T, in string) {
		p := private.New(in)
		file(t, s, flows.Report{
			What: p, Persons: []flows.Person{{Name: p, Looks: p}},
			Place:  flows.Place{Street: p, Number: p, Postcode: p, Town: p, Description: p},
			Things: flows.Things{Organisation: p, KvK: p, Plate: p, Phone: p, Handle: p},
		})
	})
}
