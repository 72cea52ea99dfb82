package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	main "github.com/meldroute/meldroute/bot"

	"github.com/meldroute/meldroute/adapters/slack"
	"github.com/meldroute/meldroute/adapters/slack/slacktest"
	"github.com/meldroute/meldroute/config"
)

// The people of the workspace.
const (
	sanne    = "U0SANNE"
	ineke    = "U0INEKE"
	meldpunt = "C0MELDPUNT"
)

// slackConfig is a configuration of Slack, over HTTP or by Socket Mode.
func slackConfig(t testing.TB, dir string, http bool) string {
	t.Helper()
	way := "app_token_file: " + secretFile(t, slacktest.AppToken)
	if http {
		way = "http: {listen: \"127.0.0.1:0\", url: \"https://bot.example.org\", signing_secret_file: " + secretFile(t, slacktest.Secret) + "}"
	}
	return fmt.Sprintf(`
data: {dir: %q}
web: {enabled: false}
operations: {listen: ""}
slack:
  enabled: true
  team: %s
  bot_token_file: %s
  %s
roles:
  officers: [{person: "slack:%s", name: Ineke, reads: all}]
  coordinators: []
desk: {channel: "slack:%s"}
copen: {participants: []}
`, filepath.Join(dir, "data"), slacktest.Team, secretFile(t, slacktest.BotToken), way, ineke, meldpunt)
}

// console is what the program writes, to be waited for.
type console struct {
	mu sync.Mutex
	b  bytes.Buffer
	on chan string // where it runs
}

func (w *console) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, how, ok := strings.Cut(string(b), "draait op "); ok {
		w.on <- strings.TrimSpace(how)
	}
	return w.b.Write(b)
}

func (w *console) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.String()
}

// awaits waits until ok holds.
func awaits(t *testing.T, ws *slacktest.Workspace, what string, ok func() bool) {
	t.Helper()
	limit := time.After(20 * time.Second)
	for {
		changed := ws.Changed()
		if ok() {
			return
		}
		select {
		case <-changed:
		case <-limit:
			t.Fatalf("%s: not seen", what)
		}
	}
}

// A signal goes from an employee's command to the officer's window, through
// modals alone, on both ways in: what was filled in stands in no message, no
// metadata and no line of the log.
func TestSlackFromCommandToCase(t *testing.T) {
	t.Parallel()
	for name, http := range map[string]bool{"socket": false, "http": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := config.Parse("s.yaml", []byte(slackConfig(t, t.TempDir(), http)), nil)
			if err != nil {
				t.Fatal(err)
			}
			ws := slacktest.New(t)
			ws.Scopes = slack.Scopes()
			ws.AddUser(slacktest.User{ID: sanne, Name: "Sanne", Locale: "nl-NL"})
			ws.AddUser(slacktest.User{ID: ineke, Name: "Ineke", Locale: "nl-NL"})
			ws.AddChannel(slacktest.Channel{ID: meldpunt, Private: true, Members: []string{ineke, slacktest.Bot}})
			out, log := &console{on: make(chan string, 1)}, &console{}
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() {
				done <- main.ServeSlack(ctx, c, out, slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})), func(o *slack.Options) {
					o.API, o.Dial = slacktest.URL, ws.Dial
				})
			}()
			defer func() {
				stop()
				if err := <-done; err != nil {
					t.Errorf("serve: %v", err)
				}
			}()
			select {
			case how := <-out.on:
				if http {
					ws.UseHTTP(how)
				}
			case err := <-done:
				t.Fatalf("serve: %v", err)
			}
			report(t, ws)
			officer := ws.Person(ineke)
			awaits(t, ws, "the card", func() bool { return len(ws.Posts(meldpunt)) == 1 })
			officer.PressIn(meldpunt, "Openen")
			awaits(t, ws, "the case", func() bool { m := officer.Modal(); return m != nil && strings.Contains(m.Text, "Zilvervos") })
			all := fmt.Sprint(ws.Posts(meldpunt), ws.Posts(sanne), ws.Metadata(meldpunt), ws.Metadata(sanne)) + out.String() + log.String()
			if strings.Contains(all, "Zilvervos") {
				t.Error("what was filled in stands outside the windows")
			}
			employee := ws.Person(sanne)
			employee.Type("Zilvervos woont op nummer 3")
			awaits(t, ws, "how to delete it", func() bool { return strings.Contains(fmt.Sprint(ws.Posts(sanne)), "Verwijderen") })
			employee.OpenHome()
			if home := employee.Home().Text; !strings.Contains(home, "0900-8844") {
				t.Errorf("home: %q", home)
			}
		})
	}
}

// report goes through the intake as an employee.
func report(t *testing.T, ws *slacktest.Workspace) {
	t.Helper()
	p := ws.Person(sanne)
	token := ""
	next := func(act string, values ...string) {
		t.Helper()
		awaits(t, ws, "the next form", func() bool { m := p.Modal(); return m != nil && m.Callback == "form" && m.Metadata != token })
		token = p.Modal().Metadata
		for i := 0; i+1 < len(values); i += 2 {
			if err := p.Set("f/"+values[i], values[i+1]); err != nil {
				t.Fatal(err)
			}
		}
		if act != "" {
			p.PressModal(act)
			return
		}
		if empty := p.Empty(); len(empty) > 0 {
			t.Fatalf("still empty: %q", empty)
		}
		p.Submit()
	}
	p.Command("/signaal", "")
	next("", "what", "Zilvervos slaapt in een kas", "when", "today", "seen", "self")
	next("", "form", "other")
	next("skip")
	next("skip")
	next("skip")
	next("", "urgency", "acute")
	next("", "department", "boa", "involved", "no", "contact", "chat")
	next("choose:send")
}

// The program prints a manifest for the way in that is configured.
func TestSlackManifest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, http := range map[string]bool{"socket": false, "http": true} {
		file := filepath.Join(dir, name+".yaml")
		write(t, dir, name+".yaml", slackConfig(t, dir, http))
		out, ok := feed(t, dir, "", "slack", "manifest", "-c", file)
		var m struct {
			Settings struct {
				Socket bool `json:"socket_mode_enabled"`
				Acts   struct {
					URL string `json:"request_url"`
				} `json:"interactivity"`
			}
		}
		if err := json.Unmarshal([]byte(out), &m); !ok || err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if m.Settings.Socket == http || (m.Settings.Acts.URL == "https://bot.example.org/slack") != http {
			t.Errorf("%s: %+v", name, m.Settings)
		}
	}
}

// enters enters a line whenever something is asked.
type enters struct {
	console
	in *io.PipeWriter
}

func (w *enters) Write(b []byte) (int, error) {
	n, err := w.console.Write(b)
	if strings.HasPrefix(string(b), "→") {
		_, _ = w.in.Write([]byte("\n"))
	}
	return n, err
}

// The probe says of each step what came of it, in words, goes on at a line of
// the operator's, fails when something did not hold, and leaves no store behind.
func TestSlackProbe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c, err := config.Parse("s.yaml", []byte(slackConfig(t, dir, false)), nil)
	if err != nil {
		t.Fatal(err)
	}
	ws := slacktest.New(t)
	ws.Scopes = slack.Scopes()
	ws.AddUser(slacktest.User{ID: ineke, Name: "Ineke", Locale: "nl-NL"})
	ws.AddChannel(slacktest.Channel{ID: meldpunt, Private: true, Members: []string{ineke, slacktest.Bot}})
	probe := func() (string, error) {
		in, w := io.Pipe()
		defer func() { _ = in.Close() }()
		out := &enters{in: w}
		err := main.ProbeSlack(t.Context(), c, "slack:"+ineke, in, out, func(o *slack.Options) { o.API, o.Dial = slacktest.URL, ws.Dial })
		return out.String(), err
	}
	said, err := probe()
	if err != nil {
		t.Errorf("nothing failed, and it says %v", err)
	}
	for _, want := range []string{
		"Stop eerst de bot", "hield: De app heeft de rechten van het manifest.\n", "→ Ga naar je gesprek met de bot.",
		"overgeslagen: Een klik komt aan.\n", "overgeslagen: Er opent een venster. Een stap hiervoor hield niet.\n",
		"hield: Het kanaal is besloten, zonder gasten en bots. Leden: 1.\n", "Hield niet: 0. Overgeslagen: ",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in:\n%s", want, said)
		}
	}
	if strings.Contains(said, "Ineke") {
		t.Error("it says a name")
	}
	ws.ChangeChannel(meldpunt, func(c *slacktest.Channel) { c.Private = false })
	said, err = probe()
	if want := "hield niet: Het kanaal is besloten, zonder gasten en bots. Het kanaal is niet besloten"; err == nil || !strings.Contains(said, want) {
		t.Errorf("failed: %v, and no %q in:\n%s", err, want, said)
	}
	if _, err := os.Stat(filepath.Join(dir, "data")); !os.IsNotExist(err) {
		t.Errorf("there is a store: %v", err)
	}
	ws.Problems() // the label that is too long
}
