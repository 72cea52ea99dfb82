package figures_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meldroute/meldroute/bot/figures"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/flows/roster"
	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/sqlite"
	"github.com/meldroute/meldroute/store/vault"
)

// office is a Book on a store of its own, with a clock to set.
type office struct {
	*testing.T
	*figures.Book
	store *store.Store
	mu    sync.Mutex
	now   time.Time
}

func newOffice(t *testing.T) *office {
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
	d, err := sqlite.Open(t.Context(), filepath.Join(dir, "m.db"))
	if err != nil {
		t.Fatal(err)
	}
	o := &office{T: t, now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	if o.store, err = store.Open(t.Context(), d, v, store.Options{Now: o.clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.store.Close() })
	o.Book = figures.New(figures.Options{Store: o.store, Config: config.Default(), Texts: view(t, "nl").Texts, Now: o.clock})
	return o
}

func (o *office) clock() time.Time { o.mu.Lock(); defer o.mu.Unlock(); return o.now }

func (o *office) at(date string) {
	o.Helper()
	now, err := time.Parse(time.DateOnly, date)
	if err != nil {
		o.Fatal(err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now = now.Add(9 * time.Hour)
}

var melder = private.New("web:melder")

func (o *office) turn(e store.Event, eff store.Effects) store.Outcome {
	o.Helper()
	out, err := o.store.Turn(o.Context(), e, func(store.View) (store.Effects, error) { return eff, nil })
	if err != nil {
		o.Fatal(err)
	}
	return out
}

// file files so many signals of a form; it returns the last one.
func (o *office) file(n int, form string, drill bool) store.Reference {
	o.Helper()
	var ref store.Reference
	for range n {
		ref = o.turn(store.Event{Person: melder}, store.Effects{File: &store.Filing{
			Report:   flows.Report{Forms: []string{form}, What: private.New("Zilvervos")},
			Reporter: store.Reporter{Person: melder, Lang: "nl"}, Urgency: flows.Normal, ReadBy: o.now, Drill: drill,
		}}).Ref
	}
	return ref
}

// erase destroys a signal as the erasure does: its tally in the same turn.
func (o *office) erase(ref store.Reference) {
	o.Helper()
	if err := o.store.EraseNow(o.Context(), ref, private.New("Besluit."), o.Tally); err != nil {
		o.Fatal(err)
	}
}

func (o *office) exact(w figures.Window) figures.Exact {
	o.Helper()
	x, err := o.Exact(o.Context(), private.New("web:coordinator"), w)
	if err != nil {
		o.Fatal(err)
	}
	return x
}

// Figures are what lives and what was erased: erasing changes none of them, and
// exercises are in none.
func TestErasedStillCounts(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.file(4, "labour", false)
	o.file(3, "labour", true)
	ref, drill := o.file(2, "sexual", false), o.file(1, "sexual", true)
	o.turn(store.Event{}, store.Effects{Count: []string{"advice", "advice"}})
	w := o.Window(figures.HalfOf(o.clock()))
	before := o.exact(w)
	if before.Signals != 6 || before.Advice != 2 {
		t.Fatalf("got %d signals and %d advice, want 6 and 2", before.Signals, before.Advice)
	}
	o.erase(ref)
	o.erase(drill)
	if diff := cmp.Diff(before, o.exact(w)); diff != "" {
		t.Errorf("after erasure (-before +after):\n%s", diff)
	}
}

// A pack is made once, when its half-year is over, and stays as it was shown
// whatever happens to its signals; an earlier one cannot be made after it.
func TestPackStaysAsShown(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	h := half(t, "2026-1")
	ref := o.file(7, "labour", false)
	if _, err := o.Pack(o.Context(), store.Person{}, h); !errors.Is(err, figures.ErrRunning) {
		t.Errorf("got %v, want ErrRunning", err)
	}
	hours := `{"hours":[{"day":"2026-03-02","minutes":90,"work":"advice"},{"day":"2026-03-02","minutes":60,"work":"cases"},{"day":"2025-06-30","minutes":60,"work":"advice"}]}`
	o.turn(store.Event{Registers: []string{roster.Register}}, store.Effects{Registers: map[string]private.Text{roster.Register: private.New(hours)}})
	o.at("2026-07-01")
	first, err := o.Pack(o.Context(), store.Person{}, h)
	if err != nil {
		t.Fatal(err)
	}
	if first.Total.String() != "5-9" || first.Row("form", "labour").String() != "5-9" || first.Hours.Role != 1 || first.Made != "2026-07-01" {
		t.Errorf("got %+v", first)
	}
	o.turn(store.Event{Signal: ref, Viewer: store.Viewer{Person: private.New("web:officer"), All: true}}, store.Effects{Status: store.Withdrawn})
	o.at("2026-09-01")
	o.file(9, "sexual", false)
	again, err := o.Pack(o.Context(), store.Person{}, h)
	if diff := cmp.Diff(first, again); diff != "" || err != nil {
		t.Errorf("%v (-first +again):\n%s", err, diff)
	}
	if _, err := o.Pack(o.Context(), store.Person{}, h-1); !errors.Is(err, figures.ErrOrder) {
		t.Errorf("got %v, want ErrOrder", err)
	}
	o.at("2027-01-04")
	next, err := o.Pack(o.Context(), store.Person{}, h+1)
	if err != nil || next.Window.To != h+1 || next.Row("form", "sexual").String() != "5-9" {
		t.Errorf("got %+v, %v", next, err)
	}
}

// Two at once, as replicas do, show one pack.
func TestPackTwiceAtOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.file(7, "labour", false)
	o.at("2026-07-01")
	got := make([]figures.Pack, 4)
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() {
			var err error
			if got[i], err = o.Pack(o.Context(), store.Person{}, half(t, "2026-1")); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, p := range got {
		if !cmp.Equal(p, got[0]) {
			t.Errorf("got %+v and %+v", p, got[0])
		}
	}
}

// Nothing that a person wrote, and no reference, comes into a pack or a tally.
func TestNobodyIsInFigures(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ref := o.file(7, "labour", false)
	o.erase(ref)
	kept, err := o.store.Register(t.Context(), store.TallyName("2026-1"))
	if err != nil {
		t.Fatal(err)
	}
	o.at("2026-07-01")
	p, err := o.Pack(t.Context(), store.Person{}, half(t, "2026-1"))
	if err != nil {
		t.Fatal(err)
	}
	all := []byte(kept.Reveal() + page(t, p, view(t, "nl")))
	for _, bad := range []string{"Zilvervos", "SIG-", string(ref), "melder-", "web:"} {
		if bytes.Contains(all, []byte(bad)) {
			t.Errorf("figures hold %q", bad)
		}
	}
}
