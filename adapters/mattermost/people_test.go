package mattermost_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/mattermost/mattermost/server/public/model"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/mattermost"
	"github.com/meldroute/meldroute/adapters/mattermost/mattermosttest"
)

// Only what a person says to the bot is heard: in his direct channel, in the
// desk's channel, or where he names the bot. Other bots, webhooks, guests, what
// the server says, what is edited and people among themselves are not.
func TestWhoIsHeard(t *testing.T) {
	t.Parallel()
	h := &heard{}
	x := start(t, h, nil)
	s, admin, team := x.server, x.server.Admin.Client, x.team
	other := s.Bot(t, team)
	post(t, x, other, "van een bot")
	guest := s.User(t, team)
	if _, err := admin.UpdateUserRoles(t.Context(), guest.Id, model.SystemGuestRoleId); err != nil {
		t.Fatal(err)
	}
	post(t, x, guest, "van een gast")
	town := s.Channel(t, team, x.people[0], x.people[1], x.bot)
	s.Post(t, x.people[0], town, "onder elkaar")
	s.Post(t, x.people[0], town, "hallo @"+x.bot.Username+" daar")
	s.Post(t, x.people[0], x.channel, "overzicht")
	hook(t, x, town)
	p := s.Post(t, x.people[1], s.Direct(t, x.people[1], x.bot), "een")
	text := "veranderd"
	if _, _, err := x.people[1].Client.PatchPost(t.Context(), p.Id, &model.PostPatch{Message: &text}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := x.people[1].Client.CreatePost(t.Context(), &model.Post{
		ChannelId: p.ChannelId, Message: "met bestanden", FileIds: []string{upload(t, x.people[1], p.ChannelId)},
	}); err != nil {
		t.Fatal(err)
	}
	h.await(t, 4)
	post(t, x, x.people[1], "einde")
	got := h.await(t, 5)
	slices.Sort(got)
	if want := []string{"een", "einde", "hallo daar", "met bestanden", "overzicht"}; !slices.Equal(got, want) && !slices.Equal(got, []string{"een", "einde", "hallo  daar", "met bestanden", "overzicht"}) {
		t.Errorf("got %q, want %q", got, want)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range h.from {
		text := m.Text.Reveal()
		if direct := text == "een" || text == "einde" || text == "met bestanden"; m.Direct != direct {
			t.Errorf("%q: direct is %v", text, m.Direct)
		}
		if files := text == "met bestanden"; (m.Files == 1) != files {
			t.Errorf("%q has %d files", text, m.Files)
		}
		if m.Lang != "en" || m.Name.Empty() {
			t.Errorf("%q: language %q, or no name", text, m.Lang)
		}
	}
	for _, at := range x.posts(t, x.direct(t, guest)) {
		if at.Message != "Guests cannot report here. Is there danger? Call 112." {
			t.Errorf("the guest reads %q", at.Message)
		}
	}
}

// Who typed what was not to be typed is told how to remove it: the bot cannot.
func TestStray(t *testing.T) {
	t.Parallel()
	x := start(t, stray{}, nil)
	direct := x.server.Direct(t, x.people[0], x.bot)
	x.server.Post(t, x.people[0], direct, "Zilvervos woont hier")
	eventually(t, "how to remove it", func() bool {
		return strings.Contains(strings.Join(x.texts(t, direct.Id), " "), "choose Delete. It stays on the server.")
	})
}

// stray takes nothing in that is typed.
type stray struct{ discard }

func (stray) Handle(context.Context, adapters.Message) (adapters.Answer, error) {
	return adapters.Answer{Stray: true}, nil
}

// hook posts through an incoming webhook that belongs to a person.
func hook(t *testing.T, x *house, at *model.Channel) {
	t.Helper()
	w, _, err := x.server.Admin.Client.CreateIncomingWebhook(t.Context(), &model.IncomingWebhook{ChannelId: at.Id, UserId: x.people[0].Id})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, x.server.URL+"/hooks/"+w.Id, strings.NewReader(`{"text":"@`+x.bot.Username+` van een webhook"}`))
	if err != nil {
		t.Fatal(err)
	}
	res, err := x.people[0].Client.HTTPClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if _ = res.Body.Close(); res.StatusCode != http.StatusOK {
		t.Fatalf("the webhook: %d", res.StatusCode)
	}
}

func upload(t *testing.T, who mattermosttest.User, channel string) string {
	t.Helper()
	up, _, err := who.Client.UploadFile(t.Context(), []byte("Zilvervos"), channel, "a.txt")
	if err != nil {
		t.Fatal(err)
	}
	return up.FileInfos[0].Id
}

// Of several replicas each gets every message, and one handles it. When one is
// killed the others go on with what comes, and with what it had begun.
func TestReplicas(t *testing.T) {
	t.Parallel()
	h := &heard{}
	x := start(t, h, nil)
	var stops []func()
	for range 2 {
		ready := make(chan struct{})
		o := x.options()
		o.Ready = func(string) { close(ready) }
		a, err := mattermost.New(o)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
		done := make(chan error, 1)
		go func() { done <- a.Run(ctx, h) }()
		stops = append(stops, func() { cancel(); <-done; a.Close() })
		<-ready
	}
	want := numbered("bericht", 30)
	post(t, x, x.people[0], want...)
	h.await(t, len(want))
	stops[0]()
	post(t, x, x.people[0], "na de eerste")
	h.await(t, len(want)+1)
	stops[1]()
	post(t, x, x.people[0], "na de tweede")
	got := h.await(t, len(want)+2)
	if !slices.Equal(got, append(want, "na de eerste", "na de tweede")) {
		t.Errorf("got %d messages in another order than the %d posted: %q", len(got), len(want)+2, got)
	}
}

// What a replica had begun when it was killed is taken over by another one.
func TestReplicaKilled(t *testing.T) {
	t.Parallel()
	h := &heard{}
	x := start(t, h, nil)
	if err := x.end(); err != nil {
		t.Fatal(err)
	}
	p := x.server.Post(t, x.people[0], x.server.Direct(t, x.people[0], x.bot), "een")
	if _, _, err := x.memory.Put(t.Context(), adapters.Item{Scope: "taken/" + x.people[0].Id, Key: "1/post:" + p.Id}); err != nil {
		t.Fatal(err)
	}
	x.run()
	if got := h.await(t, 1); !slices.Equal(got, []string{"een"}) {
		t.Errorf("got %q", got)
	}
}
