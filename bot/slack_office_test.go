package main_test

import (
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	main "github.com/meldroute/meldroute/bot"

	"github.com/meldroute/meldroute/adapters/slack"
	"github.com/meldroute/meldroute/adapters/slack/slacktest"
	"github.com/meldroute/meldroute/config"
)

// office is what a municipality has in a Slack workspace: people, a bot and the
// private channel of the desk. It stands in a bubble of testing/synctest, so that
// nothing in it takes time, and begins on a Monday morning.
type office struct {
	t      *testing.T
	ws     *slacktest.Workspace
	http   bool // over HTTP, not by Socket Mode
	config string
	dir    string
	log    *lines

	r     *main.Replica
	end   func() error
	ahead atomic.Int64 // nanoseconds, of the bubble's clock: pings would fill days

	mu     sync.Mutex
	people map[string]string // id on Slack, by the name in the stories
}

// onSlack plays something on Slack by Socket Mode, and over HTTP.
func onSlack(t *testing.T, play func(t *testing.T, open opening)) {
	t.Helper()
	for name, http := range map[string]bool{"socket": false, "http": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				<-time.After(time.Until(monday().now()))
				play(t, func(t *testing.T, config string) *office { return openOffice(t, http, config) })
			})
		})
	}
}

// opening opens an office with a configuration laid over the usual one.
type opening func(t *testing.T, config string) *office

func openOffice(t *testing.T, http bool, config string) *office {
	t.Helper()
	o := &office{t: t, ws: slacktest.New(t), http: http, dir: t.TempDir(), log: &lines{more: make(chan struct{})}, people: map[string]string{}}
	o.ws.Scopes, o.ws.Now = slack.Scopes(), o.now
	members := []string{slacktest.Bot}
	for _, id := range readers {
		members = append(members, o.person(id))
	}
	o.ws.AddChannel(slacktest.Channel{ID: meldpunt, Private: true, Members: members})
	o.config = o.configured() + config
	o.begin()
	t.Cleanup(func() { o.stop() })
	return o
}

func (o *office) now() time.Time { return time.Now().Add(time.Duration(o.ahead.Load())) }

// zone is where the municipality is.
func (o *office) zone() *time.Location {
	o.t.Helper()
	loc, err := config.Default().Location()
	if err != nil {
		o.t.Fatal(err)
	}
	return loc
}

// person is somebody's id on Slack, by the name he has in a story.
func (o *office) person(id string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	who, ok := o.people[id]
	if !ok {
		who = fmt.Sprintf("U0PERSOON%d", len(o.people)+1)
		o.people[id] = who
		o.ws.AddUser(slacktest.User{ID: who, Name: "Naam van " + id, Locale: "nl-NL"})
	}
	return who
}

// configured is how the program runs here.
func (o *office) configured() string {
	way := "app_token_file: " + secretFile(o.t, slacktest.AppToken)
	if o.http {
		way = "http: {listen: \"127.0.0.1:0\", url: \"https://bot.example.org\", signing_secret_file: " + secretFile(o.t, slacktest.Secret) + "}"
	}
	who := func(n int, name string) string {
		return fmt.Sprintf("{person: \"slack:%s\", name: %s", o.person(readers[n]), name)
	}
	return fmt.Sprintf(`data: {dir: %q}
web: {enabled: false}
operations: {listen: ""}
slack:
  enabled: true
  team: %s
  bot_token_file: %s
  %s
desk: {channel: "slack:%s"}
copen: {participants: []}
roles:
  officers: [%s, reads: all}, %s, reads: all}]
  coordinators: [%s}]
  dpo: []
  admins: []
`, filepath.Join(o.dir, "data"), slacktest.Team, secretFile(o.t, slacktest.BotToken), way, meldpunt,
		who(0, "Aandachtsfunctionaris 1"), who(1, "Aandachtsfunctionaris 2"), who(2, "Coördinator"))
}

// begin starts the program.
func (o *office) begin() {
	o.t.Helper()
	c, err := config.Parse("s.yaml", []byte(o.config), nil)
	if err != nil {
		o.t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(o.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	o.r, err = main.NewSlack(o.t.Context(), c, o.now, log, func(opt *slack.Options) {
		opt.API, opt.Dial = slacktest.URL, o.ws.Dial
		if o.http {
			opt.Listener = o.ws.Listen()
		}
	})
	if err != nil {
		o.t.Fatal(err)
	}
	how, end, err := o.r.Serve(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	if o.http {
		o.ws.UseHTTP(how)
	}
	o.end = end
	o.settle()
}

// stop ends the program; twice is fine.
func (o *office) stop() {
	o.t.Helper()
	if o.end == nil {
		return
	}
	if err := o.end(); err != nil {
		o.t.Errorf("the program ended with %v", err)
	}
	_ = o.r.Store.Close()
	o.end = nil
}

// restart stops the program and starts it again on what it kept.
func (o *office) restart() {
	o.t.Helper()
	o.stop()
	o.begin()
}

// settle waits until nothing is under way, and does what is due.
func (o *office) settle() {
	o.t.Helper()
	o.idle()
	o.r.Sweep(o.t.Context(), o.now())
	o.idle()
}

func (o *office) idle() {
	o.t.Helper()
	for synctest.Wait(); o.r.Waiting() > 0; synctest.Wait() {
		<-time.After(100 * time.Millisecond)
	}
}

// passes lets time go by, with the program doing in each quarter of an hour what
// it does as time goes by.
func (o *office) passes(d time.Duration) {
	o.t.Helper()
	const step = 15 * time.Minute
	for ; d > 0; d -= step {
		o.ahead.Add(int64(min(d, step)))
		o.settle()
	}
	o.r.Upkeep(o.t.Context(), o.now())
	o.idle()
}

// Write takes the log.
func (l *lines) Write(b []byte) (int, error) {
	l.add(strings.TrimSuffix(string(b), "\n"))
	return len(b), nil
}

// sealed ends the program and searches the plants in all that Slack was ever
// sent, windows apart, and in all that the program keeps and tells. Who reported
// stands in nothing that others are sent.
func (o *office) sealed(s *story) {
	s.t.Helper()
	metrics := o.r.Metrics()
	o.stop()
	places := map[string][]byte{"a notice": []byte(strings.Join(s.said, "\n")), "the metrics": []byte(metrics), "the log": []byte(o.log.all())}
	maps.Copy(places, s.files())
	for i, sent := range o.ws.Kept() {
		places[fmt.Sprintf("what Slack was sent (%d)", i)] = []byte(sent)
	}
	s.search(places)
	secrets := []string{slacktest.BotToken, slacktest.AppToken, slacktest.Secret, meldpunt}
	for id, who := range o.people {
		secrets = append(secrets, who, "Naam van "+id)
		if slices.Contains(readers, id) {
			continue
		}
		for _, to := range append([]string{meldpunt}, slices.Collect(maps.Values(o.people))...) {
			for _, p := range o.ws.Posts(to) {
				if strings.Contains(p.Text+p.Fallback, who) || strings.Contains(p.Text+p.Fallback, "Naam van "+id) {
					s.t.Errorf("%s is named to %s: %q", id, to, p.Text)
				}
			}
		}
	}
	for _, secret := range secrets {
		if strings.Contains(o.log.all(), secret) {
			s.t.Errorf("the log tells %q", secret)
		}
	}
	if !slices.ContainsFunc(o.ws.Kept(), func(sent string) bool { return strings.Contains(sent, "112") }) {
		s.t.Error("the search does not see what was sent")
	}
}
