package figures_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meldroute/meldroute/bot/figures"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/flows/handling"
	"github.com/meldroute/meldroute/store"
)

var received = time.Date(2026, 6, 30, 22, 30, 0, 0, time.UTC)

func after(hours int) handling.Stamp {
	return handling.Stamp{By: "web:officer", At: received.Add(time.Duration(hours) * time.Hour)}
}

// signal is a signal with everything in it that figures look at.
func signal(t *testing.T, rec handling.Record) store.Case {
	t.Helper()
	b, err := private.Encode(rec)
	if err != nil {
		t.Fatal(err)
	}
	return store.Case{
		Signal: store.Signal{Ref: "SIG-2026-AAAAA", Received: received, Read: received.Add(2 * time.Hour), Status: store.HandedOver},
		Report: flows.Report{
			What: private.New("Zilvervos"), Forms: []string{"labour"}, Indicators: []string{"debts", "no_passport", "threats"},
			Persons:    []flows.Person{{Capacity: "victim", Name: private.New("Zilvervos"), Age: "18_22"}, {Capacity: "victim", Age: "unknown"}},
			Department: "kcc", Housing: "yes",
		},
		Handling: private.New(string(b)),
	}
}

func of(t *testing.T, c store.Case) (figures.Case, bool) {
	t.Helper()
	x, ok, err := figures.Of(c, handling.DefaultParams(nil), figures.GroupOf(config.Default()), received.AddDate(0, 0, 31))
	if err != nil {
		t.Fatal(err)
	}
	return x, ok
}

// What is counted of a signal is what the officer decided, and else what the
// reporter chose; a recalled hand-over is none, a silent partner gave nothing.
func TestCaseOf(t *testing.T) {
	t.Parallel()
	rec := handling.Record{
		Forms: []string{"sexual", "criminal"}, Facts: []handling.Fact{handling.GroupOnline, handling.Shelter},
		Handovers: []handling.Handed{
			{HandOver: handling.HandOver{Stamp: after(5), Partner: "avim"}, Recall: &handling.Recall{}},
			{HandOver: handling.HandOver{Stamp: after(30), Partner: "moviera"}, Asked: []handling.Ask{{}}, Answers: []handling.Answer{{Kind: handling.Silent}}},
			{HandOver: handling.HandOver{Stamp: after(40), Partner: "housing_corp"}},
		},
		Messages: []handling.Message{{Stamp: after(26), Template: "fb.received"}, {Stamp: after(200), Template: "fb.closed.action"}},
		Spent:    []handling.Hours{{Minutes: 40}, {Minutes: 25}}, Help: []handling.Help{{Answer: handling.NotReached}, {Answer: handling.Reached}},
	}
	got, ok := of(t, signal(t, rec))
	if !ok {
		t.Fatal("does not count")
	}
	h := func(n int) time.Duration { return time.Duration(n) * time.Hour }
	want := figures.Case{
		Half: half(t, "2026-1"), Reported: true, Minutes: 65, Late: true,
		Times: map[string]time.Duration{"read": h(2), "decided": h(30), "firstword": h(26), "lastword": h(200)},
		Cells: map[string][]string{
			"form": {"sexual", "criminal"}, "age": {"18_22", "unknown"}, "sign": {"debts", "no_passport", "threats"}, "signgroup": {"travel", "person"},
			"department": {"kcc"}, "housing": {"yes"}, "group": {"group_online"}, "reported": {"yes"}, "kind": {"care"},
			"feedback": {"asked", "told"}, "help": {"reached"}, "step": {"read", "firstword", "lastword", "decided"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	closed := rec
	closed.Closings = []handling.Close{{Reason: handling.Moved}}
	closed.Ages = []string{"minor"}
	got, _ = of(t, signal(t, closed))
	if got.Late || !cmp.Equal(got.Cells["reason"], []string{handling.Moved}) || !cmp.Equal(got.Cells["age"], []string{"minor"}) {
		t.Errorf("closed: got %+v", got)
	}
}

// What nobody was asked is in no row: the masking leans on it.
func TestCaseUnasked(t *testing.T) {
	t.Parallel()
	got, _ := of(t, store.Case{Signal: store.Signal{Received: received}, Report: flows.Report{Acute: true}})
	if len(got.Cells) > 0 || len(got.Times) > 0 || got.Reported {
		t.Errorf("got %+v", got)
	}
}

// Exercises and what its reporter withdraws never count.
func TestCaseNever(t *testing.T) {
	t.Parallel()
	drill, withdrawn := signal(t, handling.Record{}), signal(t, handling.Record{})
	drill.Drill, withdrawn.Status = true, store.Withdrawn
	for _, c := range []store.Case{drill, withdrawn} {
		if _, ok := of(t, c); ok {
			t.Errorf("%+v counts", c.Signal)
		}
	}
	broken := signal(t, handling.Record{})
	broken.Handling = private.New("Zilvervos")
	_, _, err := figures.Of(broken, handling.DefaultParams(nil), nil, received)
	if err == nil || len(err.Error()) > 0 && cmp.Equal(err.Error(), "Zilvervos") {
		t.Errorf("got %v", err)
	}
}

// A tally of cases is the sum of tallies, whatever the order, and its JSON is
// the same for the same content.
func TestTally(t *testing.T) {
	t.Parallel()
	one, _ := of(t, signal(t, handling.Record{Facts: []handling.Fact{handling.GroupYouth}}))
	two, _ := of(t, signal(t, handling.Record{Handovers: []handling.Handed{{HandOver: handling.HandOver{Stamp: after(900), Partner: "nla"}}}}))
	sum := func(cases ...figures.Case) figures.Tally {
		var x figures.Tally
		x.Half = one.Half
		for _, c := range cases {
			if err := x.Add(c); err != nil {
				t.Fatal(err)
			}
		}
		return x
	}
	whole, part := sum(one, two, two), sum(two)
	if err := part.Merge(sum(two, one)); err != nil {
		t.Fatal(err)
	}
	a, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(part)
	if err != nil {
		t.Fatal(err)
	}
	if string(a) != string(b) {
		t.Errorf("got %s, want %s", b, a)
	}
	var back figures.Tally
	if err := json.Unmarshal(a, &back); err != nil || !cmp.Equal(back, whole) {
		t.Errorf("got %+v, %v", back, err)
	}
	if got, want := whole.Cells["kind"]["nla"], (figures.Count{All: 2, Reported: 2}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if err := whole.Add(figures.Case{Half: one.Half + 1}); err == nil {
		t.Error("a case of another half-year counts")
	}
	if err := whole.Merge(figures.NewTally(one.Half + 1)); err == nil {
		t.Error("a tally of another half-year counts")
	}
}

// Half-years are written and read alike, and follow one another.
func TestHalf(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "2026", "2026-3", "26-1", "2026-1 ", "1999-1"} {
		if _, err := figures.ParseHalf(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
	h := half(t, "2026-2")
	if got := (h + 1).String() + " " + h.First().Format(time.DateOnly) + " " + h.Last().Format(time.DateOnly); got != "2027-1 2026-07-01 2026-12-31" {
		t.Error(got)
	}
	if got := figures.HalfOf(received).String(); got != store.Period(received) {
		t.Errorf("got %s, want %s", got, store.Period(received))
	}
}
