package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/term"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/mattermost"
	"github.com/meldroute/meldroute/adapters/mattermost/setup"
	"github.com/meldroute/meldroute/config"
)

// mattermostCmd holds what concerns Mattermost.
type mattermostCmd struct {
	Setup mattermostSetupCmd `cmd:"" help:"Maak in Mattermost klaar wat de bot nodig heeft. Mag vaker."`
}

type mattermostSetupCmd struct {
	URL         string   `name:"url" placeholder:"ADRES" help:"Adres van de server; anders dat van de configuratie."`
	Team        string   `required:"" placeholder:"NAAM" help:"Het team, met de naam uit zijn adres."`
	Channel     string   `default:"aandachtsfunctionarissen" placeholder:"NAAM" help:"Het besloten kanaal, met de naam uit zijn adres (${default})."`
	Bot         string   `default:"meldroute" placeholder:"NAAM" help:"De gebruikersnaam van de bot (${default})."`
	Officer     []string `placeholder:"NAAM" help:"Gebruikersnaam van een aandachtsfunctionaris. Mag vaker."`
	Coordinator []string `placeholder:"NAAM" help:"Gebruikersnaam van een coördinator. Mag vaker."`
	DPO         []string `name:"dpo" placeholder:"NAAM" help:"Gebruikersnaam van de functionaris gegevensbescherming."`
	Admin       []string `placeholder:"NAAM" help:"Gebruikersnaam van een functioneel beheerder."`
	Callback    string   `placeholder:"ADRES" help:"Hoe Mattermost de bot bereikt, voor knoppen, vensters en /signaal."`
	Login       string   `placeholder:"NAAM" help:"Meld je aan als deze systeembeheerder. Anders vraagt de opdracht om een token."`
	AdminToken  string   `name:"admin-token-file" type:"path" env:"MELDROUTE_MATTERMOST_ADMIN_TOKEN_FILE" placeholder:"BESTAND" help:"Bestand met het token van een systeembeheerder."`
	Renew       bool     `help:"Geef de bot een nieuw token, en trek alle oude in."`
}

// Run makes it, and prints what to put in the configuration. What an admin
// gives is used and forgotten; the bot's own tokens go into files.
func (c mattermostSetupCmd) Run(e *env) error {
	texts, err := config.LoadTexts(e.config.Texts)
	if err != nil {
		return err
	}
	s := &setUp{e: e, mattermostSetupCmd: c, say: func(id string, args map[string]any) string {
		return texts.Say(e.config.Municipality.Language, id, args)
	}}
	err = s.run(e.ctx)
	var f adapters.Finding
	if errors.As(err, &f) {
		return errors.New(s.say(f.ID, f.Args))
	}
	return err
}

// setUp is one run of the command.
type setUp struct {
	mattermostSetupCmd
	e   *env
	say func(id string, args map[string]any) string
}

func (s *setUp) run(ctx context.Context) error {
	c := &s.e.config.Mattermost
	if s.URL == "" {
		s.URL = c.URL
	}
	if s.Callback == "" {
		s.Callback = c.Callback.URL
	}
	for _, address := range []string{s.URL, s.Callback} {
		if id := config.AddressProblem(address); id != "" && (address != "" || address == s.URL) {
			return fmt.Errorf("%q: %s", address, s.say(id, nil))
		}
	}
	admin, out, err := s.admin(ctx)
	if err != nil {
		return err
	}
	defer out()
	token, command := s.file(c.Token, "mattermost-token"), s.file(c.Callback.Command, "mattermost-signaal-token")
	have, err := os.ReadFile(token)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	o := setup.Options{
		URL: s.URL, Admin: admin, Team: s.Team, Channel: s.Channel, ChannelTitle: s.e.config.Web.Channel.Name, Bot: s.Bot,
		Members: slices.Concat(s.Officer, s.Coordinator), Others: slices.Concat(s.DPO, s.Admin),
		Token: strings.TrimSpace(string(have)), Renew: s.Renew, CommandHint: s.say("setup.hint", nil),
		Tell: func(f adapters.Finding) {
			_, _ = fmt.Fprintf(s.e.out, "%s: %s\n", s.say(level(f.Level).LevelID(), nil), s.say(f.ID, f.Args))
		},
	}
	if s.Callback != "" {
		o.Command = s.Callback + "/mattermost/command"
	}
	made, err := setup.Make(ctx, o)
	if err != nil {
		return err
	}
	if err := s.keep(token, made.Token); err != nil {
		return err
	}
	if made.Command == "" {
		command = ""
	} else if err := s.keep(command, made.Command); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.e.out, "\n%s\n\n%s", s.say("setup.next", nil), s.yaml(made, token, command))
	return err
}

// admin is the token of a system admin, and what ends it: a session, or nothing.
func (s *setUp) admin(ctx context.Context) (token string, out func(), err error) {
	out = func() {}
	if s.Login == "" {
		if s.AdminToken != "" {
			b, err := os.ReadFile(s.AdminToken)
			return strings.TrimSpace(string(b)), out, err
		}
		token, err = s.ask("setup.ask.token", nil)
		return token, out, err
	}
	password, err := s.ask("setup.ask.password", map[string]any{"Name": s.Login})
	if err != nil {
		return "", nil, err
	}
	code, err := s.ask("setup.ask.code", nil)
	if err != nil {
		return "", nil, err
	}
	return setup.SignIn(ctx, s.URL, s.Login, password, code)
}

// ask reads a line that a terminal does not show.
func (s *setUp) ask(id string, args map[string]any) (string, error) {
	_, _ = fmt.Fprint(s.e.err, s.say(id, args))
	if f, ok := s.e.in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		b, err := term.ReadPassword(int(f.Fd()))
		_, _ = fmt.Fprintln(s.e.err)
		return strings.TrimSpace(string(b)), err
	}
	var line []byte
	for one := make([]byte, 1); ; { // no further: the next question reads on
		n, err := s.e.in.Read(one)
		if n == 1 && one[0] != '\n' {
			line = append(line, one[0])
			continue
		}
		if n == 1 || errors.Is(err, io.EOF) && len(line) > 0 {
			return strings.TrimSpace(string(line)), nil
		}
		if err != nil {
			return "", err
		}
	}
}

// file is where a token is kept: where the configuration says, or with the data.
func (s *setUp) file(configured config.Secret, name string) string {
	if configured.File() != "" {
		return configured.File()
	}
	return filepath.Join(s.e.config.Data.Dir, name)
}

// keep writes a token where only this account reads it.
func (s *setUp) keep(path, token string) error {
	if have, err := os.ReadFile(path); err == nil && strings.TrimSpace(string(have)) == token {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".token-*") // 0600
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(temp, token)
	if err = errors.Join(err, temp.Sync(), temp.Chmod(0o400), temp.Close()); err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		_ = os.Remove(temp.Name())
		return err
	}
	_, _ = fmt.Fprintln(s.e.out, s.say("setup.saved", map[string]any{"Path": path}))
	return nil
}

// yaml is what goes into the configuration.
func (s *setUp) yaml(made setup.Made, token, command string) string {
	var b strings.Builder
	write := func(format string, args ...any) { _, _ = fmt.Fprintf(&b, format, args...) }
	write("web:\n  enabled: false\nmattermost:\n  enabled: true\n  url: %q\n  token_file: %q\n", s.URL, token)
	if s.Callback != "" {
		listen := s.e.config.Mattermost.Callback.Listen
		if listen == "" {
			listen = "127.0.0.1:8066"
		}
		write("  callback:\n    listen: %q\n    url: %q\n", listen, s.Callback)
		if command != "" {
			write("    command_token_file: %q\n", command)
		}
	}
	write("roles:\n")
	for _, l := range []struct {
		role, more string
		names      []string
	}{{"officers", ", reads: all", s.Officer}, {"coordinators", "", s.Coordinator}, {"dpo", "", s.DPO}, {"admins", "", s.Admin}} {
		write("  %s:%s\n", l.role, map[bool]string{true: " []"}[len(l.names) == 0])
		for _, name := range l.names {
			p := made.People[setup.Name(name)]
			write("    - {person: \"mattermost:%s\", name: %q%s}\n", p.ID, p.Name, l.more)
		}
	}
	write("desk:\n  channel: \"mattermost:%s\"\ncopen:\n  participants: []\n", made.Channel)
	return b.String()
}

// openMattermost makes the adapter of Mattermost.
func (b *bot) openMattermost(c config.Config) (adapters.Adapter, error) {
	m := c.Mattermost
	o := mattermost.Options{
		URL: m.URL, Token: m.Token.Reveal(), Typed: m.FreeText == config.TypedText, Lang: c.Municipality.Language,
		Callback: mattermost.Callback{
			Listen: m.Callback.Listen, URL: m.Callback.URL, Cert: string(m.Callback.Cert), Key: string(m.Callback.Key),
			Command: m.Callback.Command.Reveal(),
		},
		Memory: memory{b.store.Memory(mattermost.Platform)}, Say: b.texts.Say, Now: b.e.now, Log: b.log, Ready: b.ready,
	}
	if ch := c.Desk.Channel; ch.Platform() == mattermost.Platform {
		o.Channel = ch.ID()
	}
	a, err := mattermost.New(o)
	if err != nil {
		return nil, err
	}
	return b.beside(a, m.FreeText), nil
}

// checkMattermost looks at the live server.
func checkMattermost(ctx context.Context, c config.Config) []adapters.Finding {
	m := c.Mattermost
	if !m.Enabled {
		return nil
	}
	live := setup.Live{
		URL: m.URL, Token: m.Token.Reveal(), Callback: m.Callback.URL, Page: m.FreeText == config.WebText,
		Allowed: on(mattermost.Platform, c.Readers()), Others: on(mattermost.Platform, others(c)),
	}
	if c.Desk.Channel.Platform() == mattermost.Platform {
		live.Channel = c.Desk.Channel.ID()
	}
	return setup.Check(ctx, live)
}
