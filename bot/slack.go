package main

import (
	"context"
	"fmt"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/slack"
	"github.com/meldroute/meldroute/config"
)

// slackCmd holds what concerns Slack.
type slackCmd struct {
	Manifest slackManifestCmd `cmd:"" help:"Toon het manifest van de app, om in Slack te plakken."`
	Probe    slackProbeCmd    `cmd:"" help:"Loop met iemand door de echte werkruimte, en zeg wat daar houdt. De bot mag niet draaien."`
}

type slackManifestCmd struct{}

// Run prints the manifest: for HTTP where an address is configured, else for
// Socket Mode.
func (slackManifestCmd) Run(e *env) error {
	texts, err := config.LoadTexts(e.config.Texts)
	if err != nil {
		return err
	}
	url := ""
	if h := e.config.Slack.HTTP; h.Listen != "" {
		url = h.URL
	}
	b, err := slack.Manifest(func(id string) string { return texts.Say(e.config.Municipality.Language, id, nil) }, url)
	if err == nil {
		_, err = fmt.Fprintf(e.out, "%s\n", b)
	}
	return err
}

// slackOptions are those of the configuration.
func slackOptions(c config.Config) slack.Options {
	o := slack.Options{
		BotToken: c.Slack.BotToken.Reveal(), AppToken: c.Slack.AppToken.Reveal(), Team: c.Slack.Team,
		Listen: c.Slack.HTTP.Listen, Secret: c.Slack.HTTP.Secret.Reveal(), Cert: string(c.Slack.HTTP.Cert), Key: string(c.Slack.HTTP.Key),
		Lang: c.Municipality.Language,
	}
	if ch := c.Desk.Channel; ch.Platform() == slack.Platform {
		o.Channel = ch.ID()
	}
	return o
}

// openSlack makes the adapter of Slack.
func (b *bot) openSlack(c config.Config) (adapters.Adapter, error) {
	return b.makeSlack(slackOptions(c))
}

func (b *bot) makeSlack(o slack.Options) (adapters.Adapter, error) {
	o.Memory, o.Say, o.Now, o.Log, o.Ready = memory{b.store.Memory(slack.Platform)}, b.texts.Say, b.e.now, b.log, b.ready
	o.Home = func(lang string) string { return b.dialogue.Phones(lang) }
	a, err := slack.New(o)
	if err != nil {
		return nil, err
	}
	return b.beside(a, b.e.config.Slack.FreeText), nil
}

// checkSlack looks at the live workspace.
func checkSlack(ctx context.Context, c config.Config, texts *config.Texts) []adapters.Finding {
	if !c.Slack.Enabled {
		return nil
	}
	o := slackOptions(c)
	o.Say, o.Memory = texts.Say, memory{} // nothing is kept
	a, err := slack.New(o)
	if err != nil {
		return []adapters.Finding{adapters.Found(adapters.Blocking, "slack.check.unreachable", "Why", err.Error())}
	}
	return a.Check(ctx, on(slack.Platform, c.Readers()), on(slack.Platform, others(c)))
}
