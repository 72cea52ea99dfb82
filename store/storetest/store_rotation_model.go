package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/vault"
)

// Whatever happens beside a rotation, and wherever it is cut off, nothing is
// lost and nothing happens twice: random acts in two replicas that follow one
// after the other, while Rewrap is cut off again and again.
func testRewrapBeside(h *house) {
	seed := uint64(rand.Uint32())
	h.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 1))
	m := &model{house: h, dice: dice, revs: map[int]int64{}, added: map[store.Reference]int{}, kept: map[string]string{}}
	m.bots = []*store.Store{h.replica("a"), h.replica("b")}
	m.acts(60)
	for range 2 { // rotations
		h.must(vault.Add(h.keys, vault.Uses()...))
		for _, b := range m.bots {
			h.rekey(b)
			m.acts(10)
		}
		h.must(vault.Promote(h.keys, vault.Uses()...))
		for _, b := range m.bots {
			h.rekey(b)
			m.acts(10)
		}
		m.cut(h.open())
		h.rewrap(h.open())
		for _, b := range m.bots {
			h.follow(b)
		}
		m.acts(10)
		h.rewrap(h.open())
		turned, err := vault.Open(h.keys)
		h.must(err)
		h.oldBytes(turned)
		if got := h.needs(h.open()); len(got) > 1 {
			h.Errorf("what needs the old keys: %v", got)
		}
		h.must(vault.Retire(h.keys, kinds...))
		m.acts(10)
		for _, b := range m.bots {
			h.rekey(b)
		}
		m.check()
	}
}

// model is what must be there after the acts of testRewrapBeside.
type model struct {
	*house
	dice  *rand.Rand
	bots  []*store.Store
	revs  map[int]int64
	refs  []store.Reference
	added map[store.Reference]int
	kept  map[string]string
	n     int
}

// cut runs Rewrap beside acts and cuts it off after them, again and again.
func (m *model) cut(st *store.Store) {
	m.Helper()
	for range 20 {
		ctx, stop := context.WithCancel(m.ctx())
		ended := make(chan error, 1)
		go func() {
			_, err := st.Rewrap(ctx, nil)
			ended <- err
		}()
		m.acts(1 + m.dice.IntN(3))
		stop()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			m.Fatal(err)
		}
	}
}

func (m *model) acts(n int) {
	m.Helper()
	for range n {
		m.act(m.bots[m.dice.IntN(len(m.bots))])
	}
}

// act does one random thing through a bot, and its event once more through the
// other, where it must have no effect.
func (m *model) act(s *store.Store) {
	m.Helper()
	m.n++
	e := store.Event{ID: fmt.Sprint("event ", m.n)}
	var eff store.Effects
	who := m.dice.IntN(6)
	person := private.New(fmt.Sprint("web:person-", who))
	kind := m.dice.IntN(4)
	switch {
	case kind == 0:
		m.revs[who]++
		e.Person, eff.Session = person, session(m.revs[who])
		eff.Profile = &store.Profile{Department: fmt.Sprint(m.revs[who])}
	case kind == 1:
		f := filing()
		f.Reporter = reporter(person)
		f.LeaveOut, f.Assign = []store.Person{second}, []store.Person{officer}
		e.Person, eff.File, eff.End = person, f, true
		delete(m.revs, who)
	case kind == 2 && len(m.refs) > 0:
		ref := m.refs[m.dice.IntN(len(m.refs))]
		m.added[ref]++
		e.Signal, e.Viewer = ref, all
		eff.Add = &store.Addition{Text: private.New(fmt.Sprint("bel 06-1234567", m.added[ref]%10))}
		eff.Holder = &officer
	default:
		key := fmt.Sprint("key ", m.dice.IntN(20))
		m.kept[key] = fmt.Sprint(m.n)
		_, _, err := s.Memory("web").Put(m.ctx(), store.Item{Scope: "scope", Key: key, Value: []byte(m.kept[key])})
		m.must(err)
		return
	}
	_, out, err := turnOn(m.ctx(), s, e, eff)
	m.must(err)
	if out.Ref != "" {
		m.refs = append(m.refs, out.Ref)
	}
	for _, again := range m.bots {
		if _, out, err := turnOn(m.ctx(), again, store.Event{ID: e.ID}, store.Effects{}); err != nil || !out.Duplicate {
			m.Fatalf("event %s is taken twice: %v", e.ID, err)
		}
	}
}

// check ensures that all of it is there, through each bot.
func (m *model) check() {
	m.Helper()
	for _, s := range m.bots {
		for who, rev := range m.revs {
			v, _, err := turnOn(m.ctx(), s, store.Event{Person: private.New(fmt.Sprint("web:person-", who))}, store.Effects{})
			m.must(err)
			if v.Session.Rev != rev || v.Profile.Department == "" {
				m.Errorf("session of %d at %d, want %d; profile %v", who, v.Session.Rev, rev, v.Profile)
			}
		}
		for _, ref := range m.refs {
			v, _, err := turnOn(m.ctx(), s, store.Event{Signal: ref, Viewer: all}, store.Effects{})
			m.must(err)
			same(m.house, "report", v.Case.Report, report())
			if got := len(v.Case.Additions); got != m.added[ref] || len(m.refs) > 1 && len(v.Matches) == 0 {
				m.Errorf("%s has %d additions, want %d; %d matches", ref, got, m.added[ref], len(v.Matches))
			}
			m.must(s.Deliver(m.ctx(), ref, new(taker).deliver))
		}
		for key, want := range m.kept {
			it, ok, err := s.Memory("web").Get(m.ctx(), "scope", key)
			if err != nil || !ok || string(it.Value) != want {
				m.Errorf("%s is %q, want %q (%v)", key, it.Value, want, err)
			}
		}
		if rep, err := s.VerifyJournal(m.ctx()); err != nil || !rep.OK() {
			m.Errorf("journal: %+v, %v", rep, err)
		}
	}
}
