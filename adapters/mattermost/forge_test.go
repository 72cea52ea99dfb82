package mattermost_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/adaptertest"
	"github.com/meldroute/meldroute/adapters/mattermost"
	"github.com/meldroute/meldroute/adapters/mattermost/mattermosttest"
	"github.com/meldroute/meldroute/config/private"
)

// tap stands between the server and the way in, and keeps what passes.
type tap struct {
	mu   sync.Mutex
	last *http.Request
	body []byte
}

func (p *tap) see(r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last, p.body = r.Clone(context.Background()), body
}

// taken is the request that passed last.
func (p *tap) taken() (path string, body map[string]any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = json.Unmarshal(p.body, &body)
	return p.last.URL.Path, body
}

// siege is a house of which a test sees every callback, and whose clock it can
// put forward.
type siege struct {
	*house
	tap   *tap
	ahead atomic.Int64
	seen  *siegeHandler
}

// siegeHandler notes what got through, and gives a form to a press on "form".
type siegeHandler struct {
	mu     sync.Mutex
	got    []adapters.Message
	form   adapters.Form
	answer adapters.Answer
	begins bool // a command gives the form
}

func (h *siegeHandler) Early(adapters.Message) *adapters.Reply { return nil }

func (h *siegeHandler) Handle(_ context.Context, m adapters.Message) (adapters.Answer, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.got = append(h.got, m)
	if m.Press == "form" || h.begins && m.Press == adapters.TokenReport {
		f := h.form
		return adapters.Answer{Form: &f}, nil
	}
	if m.Filled != nil {
		return h.answer, nil
	}
	return adapters.Answer{Notice: "Gedaan."}, nil
}

func (h *siegeHandler) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.got)
}

func besiege(t *testing.T) *siege {
	t.Helper()
	g := &siege{tap: &tap{}, seen: &siegeHandler{form: report()}}
	var way http.Handler
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.tap.see(r)
		way.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	g.house = start(t, g.seen, func(o *mattermost.Options) {
		o.Callback = mattermost.Callback{Listen: "127.0.0.1:0", URL: front.URL, Command: command(t, o.Channel, front.URL)}
		o.Now = func() time.Time { return time.Now().Add(time.Duration(g.ahead.Load())) }
		o.Memory.(*adaptertest.Memory).Now = o.Now
	})
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: g.adapter.Listens()})
	proxy.Transport = &http.Transport{DisableKeepAlives: true}
	way = proxy
	return g
}

// command makes the slash command in the team of a channel, and gives its token.
func command(t *testing.T, channel, way string) string {
	t.Helper()
	admin := mattermosttest.Shared(t).Admin.Client
	at, _, err := admin.GetChannel(t.Context(), channel)
	if err != nil {
		t.Fatal(err)
	}
	cmd, _, err := admin.CreateCommand(t.Context(), &model.Command{
		TeamId: at.TeamId, Trigger: "signaal", Method: model.CommandMethodPost, URL: way + "/mattermost/command",
	})
	if err != nil {
		t.Fatal(err)
	}
	return cmd.Token
}

// forward puts every clock forward.
func (g *siege) forward(by time.Duration) {
	g.ahead.Store(int64(by))
}

// send posts to the way in as anybody on the network can.
func (g *siege) send(t *testing.T, method, path, media, body string) (status int, answer string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+g.adapter.Listens()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", media)
	req.Header.Set("Authorization", "Token geheim-verkeerd")
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(b)
}

// with is a body with some of it changed.
func with(body map[string]any, changes map[string]any) string {
	out := maps.Clone(body)
	maps.Copy(out, changes)
	b, _ := json.Marshal(out)
	return string(b)
}

const (
	noPress = `{"update":null,"ephemeral_text":"Dit is verlopen. Er is niets gedaan.","skip_slack_parsing":true}` + "\n"
	noForm  = `{"error":"Dit is verlopen. Er is niets gedaan."}` + "\n"
)

// Every press that is not of a button of the bot, by who may press it, where it
// stands, now, gets the same answer, and the bot hears nothing of it.
func TestForgedPress(t *testing.T) {
	t.Parallel()
	g := besiege(t)
	alice, bob := g.people[0], g.people[1]
	choices := []adapters.Choice{{Token: "een", Label: "Een"}}
	desk := adapters.NewAddress("mattermost", g.channel.Id)
	for _, to := range []adapters.Address{address(alice), address(bob), desk} {
		reply(t, g.adapter, to, adapters.Reply{Key: "a", Text: "vraag", Choices: choices})
		reply(t, g.adapter, to, adapters.Reply{Key: "b", Text: "ander", Choices: choices})
	}
	tab := openTab(t, g.house, alice)
	tab.Press("Een")
	if g.seen.count() != 1 {
		t.Fatalf("a press is %d messages", g.seen.count())
	}
	path, good := g.tap.taken()
	sealed := good["context"].(map[string]any)["s"].(string)
	hisChannel := g.direct(t, bob)
	his, own, desks := g.posts(t, hisChannel)[0].Id, g.posts(t, g.direct(t, alice))[0].Id, g.posts(t, g.channel.Id)[0].Id
	forged := g.server.Post(t, bob, g.server.Direct(t, bob, alice), "klik").Id
	guest, gone, bot := g.server.User(t, g.team), g.server.User(t, g.team), g.server.Bot(t, g.team)
	for _, u := range []string{guest.Id, gone.Id} {
		if _, _, err := g.server.Admin.Client.AddChannelMember(t.Context(), g.channel.Id, u); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := g.server.Admin.Client.UpdateUserRoles(t.Context(), guest.Id, model.SystemGuestRoleId); err != nil {
		t.Fatal(err)
	}
	if _, err := g.server.Admin.Client.DeleteUser(t.Context(), gone.Id); err != nil {
		t.Fatal(err)
	}
	press(t, alice, desks)
	_, inDesk := g.tap.taken()
	shown := g.posts(t, g.direct(t, alice))[1]
	alike, _, err := alice.Client.CreatePost(t.Context(), &model.Post{
		ChannelId: shown.ChannelId, Message: shown.Message, Props: model.StringInterface{mattermost.PropMark: shown.GetProp(mattermost.PropMark)},
	})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is heard as a message", func() bool { return g.seen.count() == 3 })
	before := g.seen.count()
	tests := map[string]string{
		"on a post made to look so":   with(good, map[string]any{"post_id": alike.Id}),
		"nothing":                     `{}`,
		"no json":                     `user_id=x`,
		"a list":                      `[]`,
		"two values":                  with(good, nil) + `{}`,
		"of another person":           with(good, map[string]any{"user_id": bob.Id}),
		"of nobody":                   with(good, map[string]any{"user_id": model.NewId()}),
		"of no id":                    with(good, map[string]any{"user_id": "../../users/me"}),
		"in another channel":          with(good, map[string]any{"channel_id": hisChannel}),
		"of him, in his channel":      with(good, map[string]any{"user_id": bob.Id, "channel_id": hisChannel, "post_id": his}),
		"on another post of the bot":  with(good, map[string]any{"post_id": own}),
		"on another's post":           with(good, map[string]any{"post_id": forged}),
		"on no post":                  with(good, map[string]any{"post_id": model.NewId()}),
		"on a path":                   with(good, map[string]any{"post_id": "../" + own}),
		"with no context":             with(good, map[string]any{"context": map[string]any{}}),
		"with a plain token":          with(good, map[string]any{"context": map[string]any{"s": "een"}}),
		"with a token beside":         with(good, map[string]any{"context": map[string]any{"s": sealed, "t": "een"}}),
		"with a number":               with(good, map[string]any{"context": map[string]any{"s": 1}}),
		"with a bit changed":          with(good, map[string]any{"context": map[string]any{"s": flip(sealed)}}),
		"cut short":                   with(good, map[string]any{"context": map[string]any{"s": sealed[:20]}}),
		"of the desk, by an outsider": with(inDesk, map[string]any{"user_id": bob.Id}),
		"of the desk, by a guest":     with(inDesk, map[string]any{"user_id": guest.Id}),
		"of the desk, by who left":    with(inDesk, map[string]any{"user_id": gone.Id}),
		"of the desk, by a bot":       with(inDesk, map[string]any{"user_id": bot.Id}),
		"of the desk, elsewhere":      with(inDesk, map[string]any{"channel_id": g.direct(t, alice)}),
		"too long":                    with(good, map[string]any{"x": strings.Repeat("x", 70<<10)}),
	}
	for name, body := range tests {
		if status, got := g.send(t, http.MethodPost, path, "application/json", body); status != http.StatusOK || got != noPress {
			t.Errorf("%s: %d %q", name, status, got)
		}
	}
	// What changed since it was shown.
	reply(t, g.adapter, address(alice), adapters.Reply{Key: "b.past", Over: "b", Text: "Beantwoord.", Quiet: true})
	if _, got := g.send(t, http.MethodPost, path, "application/json", with(good, nil)); got != noPress {
		t.Errorf("answered already: %q", got)
	}
	if _, err := g.server.Admin.Client.RemoveUserFromChannel(t.Context(), g.channel.Id, alice.Id); err != nil {
		t.Fatal(err)
	}
	if _, got := g.send(t, http.MethodPost, path, "application/json", with(inDesk, nil)); got != noPress {
		t.Errorf("removed from the channel: %q", got)
	}
	g.forward(401 * 24 * time.Hour)
	reply(t, g.adapter, address(bob), adapters.Reply{Key: "c", Text: "later"})
	if _, got := g.send(t, http.MethodPost, path, "application/json", with(good, map[string]any{"user_id": bob.Id})); got != noPress {
		t.Errorf("long after: %q", got)
	}
	if n := g.seen.count(); n != before {
		t.Errorf("the bot heard %d forged presses", n-before)
	}
}

func flip(s string) string {
	b := []byte(s)
	if b[30] == 'A' {
		b[30] = 'B'
	} else {
		b[30] = 'A'
	}
	return string(b)
}

// press presses the first button of a post.
func press(t *testing.T, who mattermosttest.User, post string) {
	t.Helper()
	if _, err := who.Client.DoPostActionWithCookie(t.Context(), post, "a0", "", "", nil, ""); err != nil {
		t.Errorf("press: %v", err)
	}
}

// A press is told long after its button was made, but not for ever.
func TestPressExpires(t *testing.T) {
	t.Parallel()
	g := besiege(t)
	alice := g.people[0]
	reply(t, g.adapter, address(alice), adapters.Reply{Key: "a", Text: "vraag", Choices: []adapters.Choice{{Token: "een", Label: "Een"}}})
	tab := openTab(t, g.house, alice)
	g.forward(364 * 24 * time.Hour)
	tab.Press("Een")
	g.forward(401 * 24 * time.Hour)
	tab.Press("Een")
	if n := g.seen.count(); n != 1 {
		t.Errorf("%d presses counted, want the one in time", n)
	}
}

// A button that a person made himself, which brings the bot whatever he likes
// in the name of whoever presses it, does nothing.
func TestForgedButton(t *testing.T) {
	t.Parallel()
	g := besiege(t)
	alice, bob := g.people[0], g.people[1]
	reply(t, g.adapter, address(alice), adapters.Reply{Key: "a", Text: "vraag", Choices: []adapters.Choice{{Token: "een", Label: "Een"}}})
	openTab(t, g.house, alice).Press("Een")
	path, good := g.tap.taken()
	before := g.seen.count()
	for name, seal := range map[string]any{"a token": "een", "what he saw elsewhere": good["context"].(map[string]any)["s"]} {
		p, _, err := bob.Client.CreatePost(t.Context(), &model.Post{
			ChannelId: g.server.Direct(t, bob, alice).Id, Message: "klik",
			Props: model.StringInterface{"attachments": []*model.MessageAttachment{{Actions: []*model.PostAction{{
				Id: "a0", Type: "button", Name: "Een",
				Integration: &model.PostActionIntegration{URL: "http://" + g.adapter.Listens() + path, Context: map[string]any{"s": seal}},
			}}}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		press(t, alice, p.Id)
		if n := g.seen.count(); n != before {
			t.Errorf("with %s the bot heard it", name)
			before = n
		}
	}
}

// Every submitted form that is not the person's own, whole and in time, gets
// the same answer, and the bot hears nothing of it.
func TestForgedForm(t *testing.T) {
	t.Parallel()
	g := besiege(t)
	alice, bob := g.people[0], g.people[1]
	g.seen.form.Facts = []adapters.Fact{{Label: "Naam", Value: private.New("Zilvervos")}}
	for _, who := range g.people {
		reply(t, g.adapter, address(who), adapters.Reply{Key: "a", Text: "vraag", Choices: []adapters.Choice{{Token: "form", Label: "Open"}}})
	}
	hers, his := openTab(t, g.house, alice), openTab(t, g.house, bob)
	open := func(b *tab) map[string]any {
		t.Helper()
		b.Press("Open")
		v := b.dialogState()
		return map[string]any{
			"type": "dialog_submission", "state": v, "user_id": b.who.Id, "channel_id": b.channel, "team_id": g.team.Id, "cancelled": false,
			"submission": map[string]any{"f0": "Iets", "f3": "yes", "f4o0": true, "act": "submit"},
		}
	}
	good, other := open(hers), open(his)
	path := g.adapter.Path(t.Context(), "form")
	if g.memory.Holds("form/", "Zilvervos") || g.memory.Holds("form/", "Bergpad") {
		t.Error("what was only to be read is kept while the form is open")
	}
	before := g.seen.count()
	in := func(changes map[string]any) string {
		b, _ := json.Marshal(changes)
		var v any
		_ = json.Unmarshal(b, &v)
		return with(good, map[string]any{"submission": v})
	}
	tests := map[string]string{
		"nothing":                   `{}`,
		"another kind":              with(good, map[string]any{"type": "refresh"}),
		"a guessed state":           with(good, map[string]any{"state": "AAAAAAAAAAAAAAAAAAAAAAAAAA"}),
		"no state":                  with(good, map[string]any{"state": ""}),
		"a long state":              with(good, map[string]any{"state": strings.Repeat("A", 100)}),
		"his state by her":          with(good, map[string]any{"state": other["state"]}),
		"her state by him":          with(good, map[string]any{"user_id": bob.Id}),
		"her state by him, his way": with(good, map[string]any{"user_id": bob.Id, "channel_id": other["channel_id"]}),
		"in another channel":        with(good, map[string]any{"channel_id": g.channel.Id}),
		"of nobody":                 with(good, map[string]any{"user_id": model.NewId()}),
		"a field more":              in(map[string]any{"f0": "Iets", "f9": "x"}),
		"a field of another name":   in(map[string]any{"what": "Iets"}),
		"no option":                 in(map[string]any{"f3": "maybe"}),
		"no act":                    in(map[string]any{"act": "a7"}),
		"an act by its value":       in(map[string]any{"act": "skip"}),
		"a number for text":         in(map[string]any{"f0": 1}),
		"a list for text":           in(map[string]any{"f0": []string{"x"}}),
		"a text for a box":          in(map[string]any{"f4o0": "yes"}),
		"a nul":                     in(map[string]any{"f0": "a\x00b"}),
		"submission no object":      with(good, map[string]any{"submission": "x"}),
		"two values":                with(good, nil) + `{}`,
	}
	for name, body := range tests {
		if status, got := g.send(t, http.MethodPost, path, "application/json", body); status != http.StatusOK || got != noForm {
			t.Errorf("%s: %d %q", name, status, got)
		}
	}
	if n := g.seen.count(); n != before {
		t.Errorf("the bot heard %d forged forms", n-before)
	}
	// Through the server, as he can: it puts his own name to it.
	res, _, err := bob.Client.SubmitInteractiveDialog(t.Context(), model.SubmitDialogRequest{
		URL: "http://" + g.adapter.Listens() + path, State: good["state"].(string), UserId: alice.Id, ChannelId: good["channel_id"].(string),
		TeamId: g.team.Id, Submission: map[string]any{"f0": "Iets"},
	})
	if err == nil && res.Error == "" || g.seen.count() != before {
		t.Error("another person's form was taken through the server")
	}
	// It is used once, and what comes again is the same event.
	send := func(body string) string {
		_, got := g.send(t, http.MethodPost, path, "application/json", body)
		return got
	}
	first := send(with(good, nil))
	again := send(with(good, nil))
	if first != "{}\n" || again != first || g.seen.count() != before+2 || g.seen.got[before].ID != g.seen.got[before+1].ID {
		t.Errorf("taken: %q, then %q, in %d messages", first, again, g.seen.count()-before)
	}
	if got := send(in(map[string]any{"f0": "Iets anders", "act": "submit"})); got != noForm || g.seen.count() != before+2 {
		t.Errorf("used twice: %q", got)
	}
	// So many tries, and not too late.
	g.seen.answer = adapters.Answer{Errors: map[string]string{"what": "Nee."}}
	for i := range 10 {
		other["submission"] = map[string]any{"f0": fmt.Sprint("poging ", i), "act": "submit"}
		if got := send(with(other, nil)); got != `{"errors":{"f0":"Nee."}}`+"\n" {
			t.Errorf("try %d: %q", i, got)
		}
	}
	g.seen.answer = adapters.Answer{}
	if got := send(with(other, nil)); got != noForm {
		t.Errorf("after ten tries: %q", got)
	}
	late := open(hers)
	g.forward(31 * time.Minute)
	if got := send(with(late, nil)); got != noForm {
		t.Errorf("after half an hour: %q", got)
	}
}

// Whoever does not know an address gets nothing there, whatever he sends. The
// address of a form does not tell that of a press.
func TestUnknownWays(t *testing.T) {
	t.Parallel()
	g := besiege(t)
	press, form := g.adapter.Path(t.Context(), "press"), g.adapter.Path(t.Context(), "form")
	if strings.TrimPrefix(press, "/mattermost/press/") == strings.TrimPrefix(form, "/mattermost/form/") || len(press) < 40 {
		t.Errorf("the ways are %q and %q", press, form)
	}
	swapped := "/mattermost/press/" + strings.TrimPrefix(form, "/mattermost/form/")
	for _, r := range [][3]string{
		{"GET", press, "application/json"}, {"PUT", press, "application/json"}, {"HEAD", form, "application/json"}, {"POST", "/", "application/json"},
		{"POST", "/mattermost/press/", "application/json"}, {"POST", "/mattermost/press/00000000000000000000000000000000", "application/json"},
		{"POST", swapped, "application/json"}, {"POST", press + "/", "application/json"}, {"POST", press + "?x=1", "application/json"},
		{"POST", strings.ToUpper(press), "application/json"}, {"POST", press[:len(press)-1], "application/json"},
	} {
		if status, body := g.send(t, r[0], r[1], r[2], "{}"); status != http.StatusNotFound || body != "" {
			t.Errorf("%s %s: %d %q", r[0], r[1], status, body)
		}
	}
	for _, media := range []string{"text/plain", "application/x-www-form-urlencoded", ""} {
		if status, body := g.send(t, http.MethodPost, press, media, "{}"); status != http.StatusOK || body != noPress {
			t.Errorf("%q: %d %q", media, status, body)
		}
	}
	if g.seen.count() != 0 {
		t.Error("the bot heard something")
	}
}

// The slash command is taken with its own token only, and is answered in the
// person's direct channel, wherever it was typed.
func TestCommand(t *testing.T) {
	t.Parallel()
	g := besiege(t)
	alice := g.people[0]
	form := url.Values{"user_id": {alice.Id}, "channel_id": {g.channel.Id}, "trigger_id": {"x"}, "text": {"spoed"}, "token": {"geheim-command"}}.Encode()
	_, refused := g.send(t, http.MethodPost, "/mattermost/command", "application/x-www-form-urlencoded", form)
	if !strings.Contains(refused, "Dit is verlopen.") || g.seen.count() != 0 {
		t.Errorf("with another token: %q, %d messages", refused, g.seen.count())
	}
	_, _, err := alice.Client.ExecuteCommand(t.Context(), g.channel.Id, "/signaal spoed")
	if err != nil {
		t.Fatal(err)
	}
	g.seen.mu.Lock()
	defer g.seen.mu.Unlock()
	if len(g.seen.got) != 1 || g.seen.got[0].Text.Reveal() != "spoed" || !g.seen.got[0].Direct || g.seen.got[0].At != address(alice) {
		t.Errorf("the command is %d messages", len(g.seen.got))
	}
}

// A command without words begins a report: in the person's own channel its form
// opens at once, elsewhere a button waits there.
func TestCommandBegins(t *testing.T) {
	t.Parallel()
	g := besiege(t)
	alice := g.people[0]
	g.seen.mu.Lock()
	g.seen.begins = true
	g.seen.mu.Unlock()
	tab := openTab(t, g.house, alice)
	for _, at := range []string{g.channel.Id, tab.channel} {
		if _, _, err := alice.Client.ExecuteCommandWithTeam(t.Context(), at, g.team.Id, "/signaal"); err != nil {
			t.Fatal(err)
		}
		if at == g.channel.Id {
			if got := g.texts(t, tab.channel); len(got) != 1 || got[0] != "There is a form for you." {
				t.Errorf("in her own channel: %q", got)
			}
		}
	}
	tab.dialogState()
	g.seen.mu.Lock()
	defer g.seen.mu.Unlock()
	for _, m := range g.seen.got {
		if m.Press != adapters.TokenReport || !m.Text.Empty() || m.At != address(alice) {
			t.Errorf("the command is press %q", m.Press)
		}
	}
}
