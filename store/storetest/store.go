// Package storetest is what every database must do: TestDriver for a driver on
// its own, Test for a Store on top of it. Both run on SQLite and PostgreSQL.
// Postgres starts a real server for them.
package storetest

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/vault"
)

// Place is an empty database to test on.
type Place struct {
	// Open opens one more driver on it, as another replica would.
	Open func() store.Driver
	// Dir is the folder of the database's own files, where it has one that
	// can be searched.
	Dir string
}

// Test ensures that package store keeps its promises on a database. open makes
// an empty one.
func Test(t *testing.T, open func(t *testing.T) Place) {
	for name, test := range map[string]func(*house){
		"Dialogue":          testDialogue,
		"DialogueRefused":   testDialogueRefused,
		"Duplicate":         testDuplicate,
		"DuplicateReplicas": testDuplicateReplicas,
		"SerialPerson":      testSerialPerson,
		"Shown":             testShown,
		"Drafts":            testDrafts,
		"Profile":           testProfile,
		"SessionTampered":   testSessionTampered,
		"Filing":            testFiling,
		"FilingsAtOnce":     testFilingsAtOnce,
		"Change":            testChange,
		"Called":            testCalled,
		"Reporter":          testReporter,
		"Deliver":           testDeliver,
		"Viewers":           testViewers,
		"LeftOut":           testLeftOut,
		"LeftOutByHand":     testLeftOutByHand,
		"Work":              testWork,
		"Words":             testWords,
		"LeaveOutLater":     testLeaveOutLater,
		"FieldsByHand":      testFieldsByHand,
		"NotFoundIsOne":     testNotFoundIsOne,
		"Matches":           testMatches,
		"MatchesViewer":     testMatchesViewer,
		"List":              testList,
		"Entered":           testEntered,
		"Drill":             testDrill,
		"Picks":             testPicks,
		"Reads":             testReads,
		"Each":              testEach,
		"Deadline":          testDeadline,
		"Registers":         testRegisters,
		"NoticeLease":       testNoticeLease,
		"NoticeOnce":        testNoticeOnce,
		"NoticeFree":        testNoticeFree,
		"NoticeReplicas":    testNoticeReplicas,
		"NoticeNext":        testNoticeNext,
		"NoticeSwept":       testNoticeSwept,
		"DutyPlanned":       testDutyPlanned,
		"DutyBundle":        testDutyBundle,
		"DutyReplicas":      testDutyBundleReplicas,
		"DutyBroughtOnce":   testDutyBroughtOnce,
		"DutySentLater":     testDutySentLater,
		"DutyApart":         testDutyApart,
		"DutySnoozed":       testDutySnoozed,
		"DutyReading":       testDutyReading,
		"DutyErased":        testDutyErased,
		"Planned":           testPlanned,
		"TokenOnce":         testTokenOnce,
		"TokenBound":        testTokenBound,
		"TokenExpiry":       testTokenExpiry,
		"TokenFailures":     testTokenFailures,
		"Link":              testLink,
		"LinkFailures":      testLinkFailures,
		"Memory":            testMemory,
		"MemoryOrder":       testMemoryOrder,
		"Flows":             testFlows,
		"Journal":           testJournal,
		"JournalTampered":   testJournalTampered,
		"JournalMany":       testJournalMany,
		"Prune":             testPrune,
		"Uses":              testUses,
		"JournalReplicas":   testJournalReplicas,
		"Erase":             testErase,
		"EraseBytes":        testEraseBytes,
		"EraseDue":          testEraseDue,
		"EraseReplicas":     testEraseReplicas,
		"EraseTallyFails":   testEraseTallyFails,
		"EraseReporter":     testEraseReporter,
		"EraseNow":          testEraseNow,
		"EraseCrash":        testEraseCrash,
		"EraseOvertaken":    testEraseOvertaken,
		"EraseDueBytes":     testEraseDueBytes,
		"DestroyedTampered": testDestroyedTampered,
		"Scan":              testScan,
		"NothingInTheOpen":  testNothingInTheOpen,
		"Restart":           testRestart,
		"WrongKey":          testWrongKey,
		"KeyRotation":       testKeyRotation,
		"Rewrap":            testRewrap,
		"RewrapMatches":     testRewrapMatches,
		"RewrapEntered":     testRewrapEntered,
		"RewrapStuck":       testRewrapStuck,
		"RewrapForgotten":   testRewrapForgotten,
		"RewrapBeside":      testRewrapBeside,
		"Replicas":          testReplicas,
		"Backup":            testBackup,
		"BackupBeside":      testBackupBeside,
		"RestoreReplays":    testRestoreReplays,
		"RestoreRefused":    testRestoreRefused,
		"OnceAcrossKeys":    testOnceAcrossKeys,
		"Sweep":             testSweep,
		"Counts":            testCounts,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, open(t))
			h.empty = func() Place { return open(t) }
			test(h)
		})
	}
}

// house is a store on an empty database, with a clock to set.
type house struct {
	*testing.T
	place Place
	empty func() Place // another empty database
	keys  string       // path of the key file
	d     store.Driver
	*store.Store

	mu  sync.Mutex
	now time.Time
}

// start is when every test begins, a Monday.
var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func newHouse(t *testing.T, p Place) *house {
	h := &house{T: t, place: p, keys: filepath.Join(t.TempDir(), "keys.json"), now: start}
	h.must(vault.Create(h.keys))
	h.d = h.driver()
	h.Store = h.open()
	return h
}

func (h *house) ctx() context.Context { return h.Context() }

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) is(err, want error) {
	h.Helper()
	if !isError(err, want) {
		h.Fatalf("error is %v, want %v", err, want)
	}
}

// driver opens one more driver, closed with the test.
func (h *house) driver() store.Driver {
	h.Helper()
	d := h.place.Open()
	if d == nil {
		h.Fatal("no driver")
	}
	h.Cleanup(func() { _ = d.Close() })
	return d
}

// open opens one more store on the database, as another replica.
func (h *house) open() *store.Store {
	h.Helper()
	return h.openOn(h.driver())
}

// openOn opens one more store on a driver.
func (h *house) openOn(d store.Driver) *store.Store {
	h.Helper()
	s, err := store.Open(h.ctx(), d, h.vault(), store.Options{Now: h.clock})
	h.must(err)
	h.Cleanup(func() { _ = s.Close() })
	return s
}

func (h *house) vault() *vault.Vault {
	h.Helper()
	v, err := vault.Open(h.keys)
	h.must(err)
	return v
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// pass lets time go by.
func (h *house) pass(d time.Duration) time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
	return h.now
}

// turn runs a turn whose effects do not depend on what it sees, and returns
// what it saw.
func (h *house) turn(e store.Event, eff store.Effects) (store.View, store.Outcome) {
	h.Helper()
	v, out, err := turnOn(h.ctx(), h.Store, e, eff)
	h.must(err)
	return v, out
}

// refused runs a turn that must fail.
func (h *house) refused(e store.Event, eff store.Effects, want error) {
	h.Helper()
	_, _, err := turnOn(h.ctx(), h.Store, e, eff)
	h.is(err, want)
}

func turnOn(ctx context.Context, s *store.Store, e store.Event, eff store.Effects) (view store.View, out store.Outcome, err error) {
	out, err = s.Turn(ctx, e, func(v store.View) (store.Effects, error) {
		view = v
		return eff, nil
	})
	return view, out, err
}

// rows reads behind the store's back.
func (h *house) rows(sql string, args ...any) store.Rows {
	h.Helper()
	rows, err := h.d.Query(h.ctx(), store.Query{SQL: sql, Args: args})
	h.must(err)
	return rows[0]
}

func (h *house) number(sql string, args ...any) int64 {
	h.Helper()
	n, ok := h.rows(sql, args...)[0][0].(int64)
	if !ok {
		h.Fatalf("%s: no number", sql)
	}
	return n
}

// byHand changes rows behind the store's back, one at least.
func (h *house) byHand(sql string, args ...any) {
	h.Helper()
	h.must(h.d.Turn(h.ctx(), store.Turn{Compute: func([]store.Rows) ([]store.Stmt, error) {
		return []store.Stmt{{SQL: sql, Args: args, Want: store.AnyRows}}, nil
	}}))
}

// The persons of the tests.
var (
	melder  = private.New("web:melder-Quirijn")
	other   = private.New("web:melder-Walburga")
	officer = private.New("web:officer-Petronella")
	second  = private.New("web:officer-Ludovicus")
	all     = store.Viewer{Person: officer, All: true}
)

// report is a report with something in every field.
func report() flows.Report {
	return flows.Report{
		Acute: true, What: private.New("Zilvervos slaapt in het Kattebos, 06-12345678"), When: "today", Seen: "colleague",
		Place: flows.Place{
			Street: private.New("Zwaluwstaartlaan"), Number: private.New("17"), Postcode: private.New("3441 AB"),
			Town: private.New("Woerden"), Description: private.New("achter de Kanariepoort"),
		},
		Forms: []string{"labour-Schijnvorm"}, Indicators: []string{"debts-Schijnteken"},
		Persons: []flows.Person{{
			Capacity: "victim-Rolnaam", Name: private.New("Jan de Nachtegaal"),
			Looks: private.New("Roodborstje op de jas"), Age: "minor-Leeftijd",
		}},
		Things: flows.Things{
			Organisation: private.New("Bonte Specht BV"), KvK: private.New("12345678"), Plate: private.New("AB-123-C"),
			Phone: private.New("0348-123456"), Handle: private.New("@ijsvogel"), Branch: "massage-Branche",
		},
		Housing: "work-Woonvorm", Urgency: flows.Acute, Risk: private.New("Hij heeft een Sperwer"),
		Department: "zorg-Afdeling", TeamLead: "yes-Leider", Involved: "colleague-Betrokken",
		InvolvedWho: private.New("Koekoek van de Balie"), LeaveOut: []string{"officer-Buitensluiting"},
		Called: "no-Gebeld", Aware: "unknown-Weet", Origin: flows.Origin{How: "phone-Herkomst", By: "officer-Invoerder", At: start},
	}
}

// reporter is who gave it.
func reporter(p store.Person) store.Reporter {
	return store.Reporter{
		Person: p, Name: private.New("Quirijn Torenvalk"), Lang: "nl", Place: private.New("web:dm-Steenuil"),
		Source: flows.Source{
			Name: private.New("Buurvrouw Wielewaal"), Way: "phone",
			Phone: private.New("06-87654321"), Time: private.New("na de Boerenzwaluw"),
		},
	}
}

func filing() *store.Filing {
	return &store.Filing{
		Report: report(), Reporter: reporter(melder), Urgency: flows.Acute, ReadBy: start.Add(4 * time.Hour),
	}
}

// file files a signal and returns its reference.
func (h *house) file(f *store.Filing) store.Reference {
	h.Helper()
	_, out := h.turn(store.Event{Person: f.Reporter.Person}, store.Effects{File: f, End: true})
	return out.Ref
}

// see opens a signal as a viewer.
func (h *house) see(ref store.Reference, v store.Viewer) store.View {
	h.Helper()
	view, _ := h.turn(store.Event{Signal: ref, Viewer: v}, store.Effects{})
	return view
}

// session is a session at a revision.
func session(rev int64) *store.Session {
	return &store.Session{
		Flow: "intake", Version: "v1", Rev: rev, Content: private.New(fmt.Sprintf("Zilvervos %d", rev)),
	}
}
