package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/web"
	"github.com/meldroute/meldroute/config"
)

// openPages makes the bot's own pages, where the configuration asks for them.
func (b *bot) openPages() (*web.Pages, error) {
	c := b.e.config
	if !c.Page.On() {
		return nil, nil
	}
	return web.NewPages(web.PagesOptions{
		Listen: c.Page.Listen, URL: c.Page.URL, Cert: string(c.Page.Cert), Key: string(c.Page.Key),
		Memory: memory{b.store.Memory("page")}, Say: b.texts.Say, Lang: c.Municipality.Language, Now: b.e.now, Log: b.log,
		Ready: func(address string) { _, _ = fmt.Fprintf(b.e.out, "Pagina: %s, op %s\n", c.Page.URL, address) },
	})
}

// beside is a chat with the bot's own pages, where there are any.
func (b *bot) beside(chat web.Chat, forms config.FreeText) adapters.Adapter {
	if b.pages == nil {
		return chat
	}
	return b.pages.Beside(chat, forms == config.WebText)
}

// checkPage says what a municipality should know about the bot's own page, and
// whether it answers, as far as that shows from here.
func checkPage(ctx context.Context, c config.Config) []adapters.Finding {
	if !c.Mattermost.Enabled && !c.Slack.Enabled {
		return nil
	}
	var out []adapters.Finding
	if c.Slack.Enabled && c.Slack.FreeText != config.WebText {
		out = append(out, adapters.Found(adapters.Note, "check.page.vendor"))
	}
	if !c.Page.On() {
		return append(out, adapters.Found(adapters.Note, "check.page.none"))
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.Page.URL+"/", nil)
	if err != nil {
		return append(out, adapters.Found(adapters.Blocking, "check.page.silent", "Why", "?"))
	}
	res, err := http.DefaultClient.Do(req)
	var at *url.Error
	switch {
	case errors.As(err, &at):
		return append(out, adapters.Found(adapters.Warning, "check.page.silent", "Why", at.Err.Error()))
	case err != nil:
		return append(out, adapters.Found(adapters.Warning, "check.page.silent", "Why", "?"))
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK || !strings.Contains(res.Header.Get("Content-Security-Policy"), "frame-ancestors") {
		return append(out, adapters.Found(adapters.Warning, "check.page.other", "Status", res.Status))
	}
	return append(out, adapters.Found(adapters.Note, "check.page.ok"))
}
