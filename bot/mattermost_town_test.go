package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/meldroute/meldroute/adapters/mattermost/mattermosttest"
)

// town is what a municipality has on a Mattermost server: a team, people, a bot
// and the private channel of the desk.
type town struct {
	t       testing.TB
	server  *mattermosttest.Server
	bot     mattermosttest.User
	channel string
	buttons bool // there is a way in for them

	mu       sync.Mutex
	people   map[string]mattermosttest.User
	join     func() mattermosttest.User
	open     func(testing.TB, mattermosttest.User) *mattermosttest.Tab
	programs []*program
}

// readers are those who may read signals, by the name they have in the stories.
var readers = []string{"aandachtsfunctionaris-1", "aandachtsfunctionaris-2", "coordinator"}

func settle(t testing.TB, s *mattermosttest.Server) *town {
	t.Helper()
	w := &town{t: t, server: s, people: map[string]mattermosttest.User{}}
	team := s.Team(t)
	w.bot = s.Bot(t, team)
	w.open = func(t testing.TB, u mattermosttest.User) *mattermosttest.Tab { return s.Open(t, u, team) }
	w.join = func() mattermosttest.User {
		u := s.User(t, team)
		s.Speak(t, u, "nl")
		return u
	}
	members := []mattermosttest.User{w.bot}
	for _, id := range readers {
		members = append(members, w.person(id))
	}
	w.channel = s.Channel(t, team, members...).Id
	return w
}

// person is somebody by the name he has in a story.
func (w *town) person(id string) mattermosttest.User {
	w.mu.Lock()
	defer w.mu.Unlock()
	u, ok := w.people[id]
	if !ok {
		u = w.join()
		w.people[id] = u
	}
	return u
}

// wayIn is one for buttons, at this program alone.
const wayIn = "  callback:\n    listen: 127.0.0.1:0\n    url: http://127.0.0.1:0\n"

// config is how the program runs here; callback is the way in for buttons, ""
// for none.
func (w *town) config(t testing.TB, callback string) string {
	t.Helper()
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte(w.bot.Token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "web:\n  enabled: false\nmattermost:\n  enabled: true\n  url: %q\n  token_file: %q\n", w.server.URL, token)
	b.WriteString(callback)
	id := func(name string) string { return w.person(name).Id }
	fmt.Fprintf(&b, "roles:\n  officers:\n    - {person: \"mattermost:%s\", name: Aandachtsfunctionaris 1, reads: all}\n    - {person: \"mattermost:%s\", name: Aandachtsfunctionaris 2, reads: all}\n",
		id(readers[0]), id(readers[1]))
	fmt.Fprintf(&b, "  coordinators:\n    - {person: \"mattermost:%s\", name: Coördinator}\n  dpo: []\n  admins: []\n", id(readers[2]))
	fmt.Fprintf(&b, "desk:\n  channel: \"mattermost:%s\"\ncopen:\n  participants: []\n", w.channel)
	return b.String()
}

// start runs one more program here.
func (w *town) start(t testing.TB, config string) *program {
	t.Helper()
	p := start(t, config)
	w.programs = append(w.programs, p)
	return p
}

var (
	handledMessages = regexp.MustCompile(`(?m)^meldroute_messages_total\{[^}]*platform="mattermost"\} (\d+)$`)
	waitingMessages = regexp.MustCompile(`(?m)^meldroute_messages_waiting\{platform="mattermost"\} (\d+)$`)
)

// work is how many messages the programs have taken, or tried to, and how many
// wait.
func (w *town) work() (handled, waiting int) {
	w.t.Helper()
	for _, p := range w.programs {
		_, m := get(w.t, p.operations()+"/metrics")
		for at, re := range map[*int]*regexp.Regexp{&handled: handledMessages, &waiting: waitingMessages} {
			for _, x := range re.FindAllStringSubmatch(m, -1) {
				n, err := strconv.Atoi(x[1])
				if err != nil {
					w.t.Fatal(err)
				}
				*at += n
			}
		}
	}
	return handled, waiting
}

// tellOn begins a story on Mattermost. The stories share a server: each has plants
// of its own.
func tellOn(t *testing.T, name, config string, callback bool, plants ...string) *story {
	t.Helper()
	place(t)
	w := settle(t, mattermosttest.Shared(t))
	w.buttons = callback
	s := &story{t: t, town: w, name: filepath.Join("..", "mattermost", name), numbers: map[string]string{}, plants: plants}
	in := ""
	if callback {
		in = wayIn
	}
	s.p = w.start(t, w.config(t, in)+config)
	return s
}

// tellOnMattermost is tellOn with a way in for buttons.
func tellOnMattermost(t *testing.T, name, config string, plants ...string) *story {
	t.Helper()
	return tellOn(t, name, config, true, plants...)
}

// sealed ends the program and searches the plants in all that Mattermost keeps,
// and in all that the program keeps and tells.
func (w *town) sealed(s *story) {
	s.t.Helper()
	_, metrics := get(s.t, s.p.operations()+"/metrics")
	s.p.stop()
	places := map[string][]byte{"a notice": []byte(strings.Join(s.said, "\n")), "the metrics": []byte(metrics)}
	for name, b := range s.files() {
		places[name] = b
	}
	log := s.p.log.all() + s.p.out.all()
	places["the log"] = []byte(log)
	s.search(places)
	for _, plant := range s.plants {
		// What is typed stays, as its people were told.
		if kept := w.server.Holds(s.t, plant); w.buttons && len(kept) > 0 || !w.buttons && !slices.Equal(kept, []string{"posts"}) {
			s.t.Errorf("%q stands in Mattermost's %q", plant, kept)
		}
	}
	for id, u := range w.people {
		for _, x := range []string{u.Id, u.Username, u.Email, w.bot.Token, w.channel} {
			if strings.Contains(log, x) {
				s.t.Errorf("the log tells of %s: %q", id, x)
			}
		}
	}
	if kept := w.server.Holds(s.t, "112"); !slices.Contains(kept, "posts") {
		s.t.Errorf("the search does not see what Mattermost keeps, but %q", kept)
	}
}
