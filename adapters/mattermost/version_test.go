package mattermost_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mattermost/mattermost/server/public/model"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/mattermost"
	"github.com/meldroute/meldroute/adapters/mattermost/mattermosttest"
	"github.com/meldroute/meldroute/config/private"
)

// Every element of a dialog is within the bounds of the library, in bytes, also
// of a form that is not; what does not fit in a label stands beside it.
func TestDialogFits(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("één ", 100)
	f := report()
	f.Title, f.Submit = long, ""
	for i := range f.Fields {
		f.Fields[i].Label, f.Fields[i].Short, f.Fields[i].Help = fmt.Sprint(long, i), "Kort één", long
		for j := range f.Fields[i].Options {
			f.Fields[i].Options[j].Help = long
		}
	}
	for _, multi := range []bool{false, true} {
		d := mattermost.Dialog(f, multi)
		req := model.OpenDialogRequest{TriggerId: "x", URL: "http://x", Dialog: d}
		if err := req.IsValid(); err != nil {
			t.Errorf("multi %v: %v", multi, err)
		}
		if !strings.Contains(d.IntroductionText, strings.TrimSpace(long)) {
			t.Error("the title is lost")
		}
	}
	names := map[string]bool{}
	for _, e := range mattermost.Dialog(report(), false).Elements {
		if names[e.Name] || e.DisplayName == "" {
			t.Errorf("element %q comes twice, or is called nothing", e.Name)
		}
		names[e.Name] = true
	}
}

// What must be filled in is marked so, although there is a way back: closing a
// dialog is one. Where the ways out are all there is, none is chosen beforehand.
func TestDialogMarksWhatIsNeeded(t *testing.T) {
	t.Parallel()
	back := adapters.Act{Value: "back", Label: "Terug", Tone: adapters.ToneQuiet}
	field := adapters.Field{Name: "what", Label: "Gaat het over een collega?", Short: "Over een collega?", Kind: adapters.Line}
	d := mattermost.Dialog(adapters.Form{Title: "Wat?", Submit: "Verder", Fields: []adapters.Field{field}, Acts: []adapters.Act{back}}, false)
	if len(d.Elements) != 1 || d.Elements[0].Optional || d.SubmitLabel != "Verder" {
		t.Errorf("got %+v under %q", d.Elements, d.SubmitLabel)
	}
	if e := d.Elements[0]; e.DisplayName != "Over een collega?" || e.HelpText != "" {
		t.Errorf("the label stands there twice: %q, %q", e.DisplayName, e.HelpText)
	}
	d = mattermost.Dialog(adapters.Form{Title: "SIG", Acts: []adapters.Act{{Value: "take", Label: "Ik neem het"}, back}}, false)
	if len(d.Elements) != 1 || d.Elements[0].Default != "" || d.Elements[0].Optional || len(d.Elements[0].Options) != 2 {
		t.Errorf("got %+v", d.Elements)
	}
}

// What stands in a form is read back from its dialog as it is, on both kinds of
// server.
func TestDialogReadsBack(t *testing.T) {
	t.Parallel()
	f := report()
	for _, multi := range []bool{false, true} {
		in := map[string]any{"f0": "a\r\nb", "f1": "", "f2": "3-2-2026", "f3": "no", "act": "submit"}
		if multi {
			in["f4"] = []any{"a", "b"}
		} else {
			in["f4o0"], in["f4o1"], in["f4o2"] = true, "true", false
		}
		got, act, wrong, ok := mattermost.Read(f, multi, in)
		want := map[string][]string{"what": {"a\nb"}, "when": {"2026-02-03"}, "self": {"no"}, "signs": {"a", "b"}}
		if diff := cmp.Diff(want, got); diff != "" || !ok || act != "" || len(wrong) != 0 {
			t.Errorf("multi %v: ok %v, act %q, wrong %q (-want +got):\n%s", multi, ok, act, wrong, diff)
		}
	}
	for name, in := range map[string]map[string]any{
		"no option":     {"f4": []any{"a", "z"}},
		"no list":       {"f4": "a"},
		"more than all": {"f4": []any{"a", "a", "a", "a"}},
		"no text in it": {"f4": []any{1}},
	} {
		if _, _, _, ok := mattermost.Read(f, true, in); ok {
			t.Errorf("%s was taken", name)
		}
	}
	_, _, wrong, ok := mattermost.Read(f, false, map[string]any{"f0": strings.Repeat("x", 51), "f4o0": true, "f4o2": true})
	if !ok || wrong["what"] == "" || wrong["signs"] == "" {
		t.Errorf("got %q", wrong)
	}
}

// newer is a server that says it is of another version: the real one, behind a
// proxy. What that version would do with an answer is not shown by this, only
// that the answer is of the library's type.
func newer(t *testing.T, version string) (address string) {
	t.Helper()
	u, err := url.Parse(mattermosttest.Shared(t).URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(u)
	proxy.Transport = &http.Transport{DisableKeepAlives: true}
	proxy.ModifyResponse = func(res *http.Response) error {
		if res.StatusCode != http.StatusSwitchingProtocols {
			res.Header.Set("X-Version-Id", version)
		}
		return nil
	}
	srv := httptest.NewServer(proxy)
	t.Cleanup(srv.Close)
	return srv.URL
}

// Newer than 9.10 (a fake that follows the library's types): a server of 11.1
// is answered with the next form at once, and with one list for many answers;
// one of 9.10 gets a button for it in the person's own channel, which goes when
// the form is filled in.
func TestNextForm(t *testing.T) {
	t.Parallel()
	for version, next := range map[string]bool{"9.10.0": false, "10.12.3": false, "11.1.0.11.1.0.x": true} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			h := &siegeHandler{form: report()}
			second := adapters.Form{Token: "form-two", Title: "En dan?", Submit: "Klaar", Fields: []adapters.Field{
				{Name: "signs", Label: "Signalen", Kind: adapters.Many, Value: private.List("b"), Options: []adapters.Option{{Value: "a", Label: "A"}, {Value: "b", Label: "B"}}}}}
			h.answer = adapters.Answer{Form: &second}
			at := newer(t, version)
			x := start(t, h, func(o *mattermost.Options) { callback(o); o.URL = at })
			if got := x.adapter.Limits().NextForm; got != next {
				t.Errorf("the next form at once: %v, want %v", got, next)
			}
			alice := x.people[0]
			reply(t, x.adapter, address(alice), adapters.Reply{Key: "a", Text: "vraag", Choices: []adapters.Choice{{Token: "form", Label: "Open"}}})
			tab := openTab(t, x, alice)
			tab.Press("Open")
			body, _ := json.Marshal(map[string]any{
				"type": "dialog_submission", "state": tab.dialogState(), "user_id": alice.Id, "channel_id": tab.channel,
				"submission": map[string]any{"f0": "Iets", "act": "submit"},
			})
			g := &siege{house: x}
			_, answer := g.send(t, http.MethodPost, x.adapter.Path(t.Context(), "form"), "application/json", string(body))
			var res model.SubmitDialogResponse
			if err := json.Unmarshal([]byte(answer), &res); err != nil || res.IsValid() != nil {
				t.Fatalf("no answer of the library's type: %q", answer)
			}
			posts := x.posts(t, tab.channel)
			if next {
				if res.Type != "form" || res.Form.Title != "En dan?" || !res.Form.Elements[0].MultiSelect || res.Form.Elements[0].Default != "b" || len(posts) != 1 {
					t.Errorf("got %q with %d posts", answer, len(posts))
				}
				return
			}
			if res.Type != "" || len(posts) != 2 || plain(posts[1].Message) != "There is a form for you." {
				t.Fatalf("got %q with %d posts", answer, len(posts))
			}
			h.answer = adapters.Answer{}
			press(t, alice, posts[1].Id)
			body, _ = json.Marshal(map[string]any{
				"type": "dialog_submission", "state": tab.dialogState(), "user_id": alice.Id, "channel_id": tab.channel,
				"submission": map[string]any{"f0o1": true},
			})
			_, answer = g.send(t, http.MethodPost, x.adapter.Path(t.Context(), "form"), "application/json", string(body))
			if posts = x.posts(t, tab.channel); answer != "{}\n" || len(posts) != 2 || posts[1].Message != "Filled in." || len(posts[1].Attachments()) != 0 {
				t.Errorf("got %q with %d posts", answer, len(posts))
			}
			if m := h.got[len(h.got)-1]; m.Filled == nil || m.Filled.Token != "form-two" || m.Filled.Values.One("signs") != "b" {
				t.Error("the second form was not handed over")
			}
		})
	}
}

// What a server cannot take so fast is sent again when it says, and stands
// there once.
func TestRateLimited(t *testing.T) {
	t.Parallel()
	s := mattermosttest.Start(t)
	x := settle(t, s, discard{}, nil)
	x.direct(t, x.people[0])
	s.Restart(t, "MM_RATELIMITSETTINGS_ENABLE=true", "MM_RATELIMITSETTINGS_PERSEC=5", "MM_RATELIMITSETTINGS_MAXBURST=10",
		"MM_RATELIMITSETTINGS_VARYBYUSER=true", "MM_RATELIMITSETTINGS_VARYBYREMOTEADDR=false", "MM_RATELIMITSETTINGS_MEMORYSTORESIZE=10000")
	x.run()
	t.Cleanup(func() { _ = x.end(); x.quiet() })
	want := numbered("bericht", 12)
	for _, s := range want {
		reply(t, x.adapter, address(x.people[0]), adapters.Reply{Key: s, Text: s})
	}
	if err := x.end(); err != nil {
		t.Fatal(err)
	}
	s.Restart(t)
	var got []string
	for _, p := range x.posts(t, x.direct(t, x.people[0])) {
		got = append(got, plain(p.Message))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("posts (-want +got):\n%s", diff)
	}
	if !x.adapter.Slowed() {
		t.Error("the server never said that it was too fast: nothing was tested")
	}
}
