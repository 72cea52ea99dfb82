package main_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/meldroute/meldroute/adapters/mattermost/mattermosttest"
	"github.com/meldroute/meldroute/config"
)

// feed runs the program once, in a folder, with what is typed into it.
func feed(t *testing.T, dir, in string, args ...string) (out string, ok bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary(t), args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(in)
	b, err := cmd.CombinedOutput()
	return string(b), err == nil
}

// What setup prints is a configuration that check finds nothing against, on the
// server that setup made ready; the second time is as the first. The admin's
// token is nowhere afterwards, and the bot's only in its file.
func TestMattermostSetupLeadsToAConfiguration(t *testing.T) {
	t.Parallel()
	s, dir := mattermosttest.Shared(t), t.TempDir()
	team := s.Team(t)
	officer, second, coordinator, privacy := s.User(t, team), s.User(t, team), s.User(t, team), s.User(t)
	args := []string{
		"mattermost", "setup", "--url", s.URL, "--team", team.Name, "--bot", "bot-" + team.Name, "--callback", "http://127.0.0.1:8066",
		"--officer", "@" + officer.Username, "--officer", second.Username, "--coordinator", coordinator.Username, "--dpo", privacy.Username,
	}
	first, ok := feed(t, dir, s.Admin.Token+"\n", args...)
	if !ok {
		t.Fatal(first)
	}
	_, snippet, ok := strings.Cut(first, "Draai daarna `bot check`.\n")
	if !ok {
		t.Fatalf("no configuration in %s", first)
	}
	file := filepath.Join(dir, "gemeente.yaml")
	if err := os.WriteFile(file, []byte(snippet+"contacts: {confidant: {name: Zilvervos}}\noperations: {listen: \"\"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Parse(file, []byte(strings.ReplaceAll(snippet, `"data/`, `"`+dir+`/data/`)), nil)
	if err != nil {
		t.Fatalf("%v in\n%s", err, snippet)
	}
	if got, want := c.Roles.Officers[1].Person.ID(), second.Id; got != want || len(c.Roles.Coordinators) != 1 || len(c.Roles.DPO) != 1 {
		t.Errorf("the second officer is %s, want %s", got, want)
	}
	checked, ok := feed(t, dir, "", "check", "-c", file)
	if !ok || !strings.Contains(checked, "Het kanaal is besloten, en de bot zit erin.") {
		t.Errorf("check: %s", checked)
	}

	again, ok := feed(t, dir, "", append(args, "-c", file, "--admin-token-file", secretFile(t, s.Admin.Token))...)
	if _, same, _ := strings.Cut(again, "Draai daarna `bot check`.\n"); !ok || same != snippet {
		t.Errorf("the second time: %s\nwant\n%s", same, snippet)
	}
	in, ok := feed(t, dir, mattermosttest.Password+"\n\n", append(args, "-c", file, "--login", s.Admin.Username)...)
	if !ok {
		t.Errorf("by name and password: %s", in)
	}

	bot := c.Mattermost.Token.Reveal()
	all := first + checked + again + in
	for name, secret := range map[string]string{
		"the admin's token": s.Admin.Token, "the bot's": bot, "the command's": c.Mattermost.Callback.Command.Reveal(), "a password": mattermosttest.Password,
	} {
		if strings.Contains(all, secret) {
			t.Errorf("%s was printed", name)
		}
	}
	kept, err := filepath.Glob(filepath.Join(dir, "data", "*"))
	if err != nil || len(kept) != 2 {
		t.Errorf("files: %q", kept)
	}
	for _, path := range kept {
		i, err := os.Stat(path)
		b, rerr := os.ReadFile(path)
		if err != nil || rerr != nil || i.Mode().Perm() != 0o400 || strings.Contains(string(b), s.Admin.Token) {
			t.Errorf("%s: %v, %v, or it holds the admin's token", path, i.Mode(), err)
		}
	}
}

// secretFile is a file with a secret in it, outside the folder of the bot.
func secretFile(t testing.TB, secret string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// What an admin can mend is said in words, and no token goes out in the open.
func TestMattermostSetupSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	s, dir := mattermosttest.Shared(t), t.TempDir()
	for _, c := range []struct {
		name, in, want string
		args           []string
	}{
		{"no address", "x\n", "Schrijf een heel adres", []string{"--team", "a"}},
		{"in the open", "x\n", "Schrijf dit adres met https://", []string{"--url", "http://chat.example.org", "--team", "a"}},
		{"a callback in the open", "x\n", "Schrijf dit adres met https://", []string{"--url", s.URL, "--team", "a", "--callback", "http://bot.example.org"}},
		{"no token", "\n", "Mattermost neemt dit token niet aan.", []string{"--url", s.URL, "--team", "a"}},
		{"no team", s.Admin.Token + "\n", "Het team niet-daar bestaat niet.", []string{"--url", s.URL, "--team", "niet-daar"}},
	} {
		out, ok := feed(t, dir, c.in, append([]string{"mattermost", "setup"}, c.args...)...)
		if ok || !strings.Contains(out, c.want) {
			t.Errorf("%s: got %s, want %q", c.name, out, c.want)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Errorf("what went wrong left %q", left)
	}
}

// With what setup printed the program runs: an employee's message is answered
// with 112 first, the desk's channel is known, and nobody reads along.
func TestProgramRunsOnMattermost(t *testing.T) {
	t.Parallel()
	s, dir := mattermosttest.Shared(t), t.TempDir()
	team := s.Team(t)
	officer, reporter := s.User(t, team), s.User(t, team)
	link := s.Link(t)
	out, ok := feed(t, dir, s.Admin.Token+"\n", "mattermost", "setup", "--url", link.URL, "--team", team.Name,
		"--bot", "bot-"+team.Name, "--officer", officer.Username)
	_, snippet, found := strings.Cut(out, "Draai daarna `bot check`.\n")
	if !ok || !found {
		t.Fatal(out)
	}
	p := start(t, strings.ReplaceAll(snippet, `"data/`, `"`+dir+`/data/`))
	if p.url != link.URL {
		t.Errorf("it runs at %q, want %q", p.url, link.URL)
	}
	ready := func() bool { code, _ := get(t, p.operations()+"/readyz"); return code == http.StatusOK }
	until(t, "ready", ready)
	link.Cut()
	until(t, "not ready without the server", func() bool { return !ready() })
	link.Mend()
	until(t, "ready again", ready)
	bot, _, err := reporter.Client.GetUserByUsername(t.Context(), "bot-"+team.Name, "")
	if err != nil {
		t.Fatal(err)
	}
	direct := s.Direct(t, reporter, mattermosttest.User{User: bot})
	s.Post(t, reporter, direct, "hallo")
	if text := s.Await(t, reporter, direct.Id, "112"); !strings.Contains(text, "112") {
		t.Errorf("the first message is %q", text)
	}
	p.kill()
	s.Post(t, reporter, direct, "help")
	p.run()
	s.Await(t, reporter, direct.Id, "My signals")
}
