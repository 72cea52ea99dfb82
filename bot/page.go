package main

import (
	"fmt"

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
