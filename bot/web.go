package main

import (
	"context"
	"errors"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/web"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
)

// openWeb makes the chat in the browser: behind a sign-in, or to try.
func (b *bot) openWeb(c config.Config) (adapters.Adapter, error) {
	o := web.Options{
		Listen: c.Web.Listen, URL: c.Web.URL, Cert: string(c.Web.Cert), Key: string(c.Web.Key), SignIn: signIn(c),
		Memory: memory{b.store.Memory(web.Platform)}, Say: b.texts.Say, Now: b.e.now, Log: b.log, Ready: b.ready,
	}
	for _, p := range c.Web.People {
		o.People = append(o.People, web.Person{ID: p.ID, Name: p.Name, Role: string(p.Role)})
	}
	if c.Desk.Channel.Platform() == web.Platform { // else it stands in another chat
		o.Channel = web.Place{ID: c.Web.Channel.ID, Name: c.Web.Channel.Name}
		for _, r := range on(web.Platform, c.Readers()) {
			o.Readers = append(o.Readers, r.ID)
		}
	}
	return web.New(o)
}

// signIn is the provider of the configuration, nil without one.
func signIn(c config.Config) *web.SignIn {
	in := c.Web.SignIn
	if !in.On() {
		return nil
	}
	return &web.SignIn{Issuer: in.Issuer, ClientID: in.ClientID, Secret: private.New(in.Secret.Reveal()), Claim: in.Claim}
}

// checkSignIn asks the provider who it is.
func checkSignIn(ctx context.Context, c config.Config) []adapters.Finding {
	in := signIn(c)
	if !c.Web.Enabled || in == nil {
		return nil
	}
	back := adapters.Found(adapters.Note, "check.signin.back", "URL", c.Web.URL+web.ReturnPath)
	switch err := in.Check(ctx); {
	case errors.Is(err, web.ErrIssuer):
		return []adapters.Finding{adapters.Found(adapters.Blocking, "check.signin.issuer"), back}
	case err != nil:
		return []adapters.Finding{adapters.Found(adapters.Warning, "check.signin.silent"), back}
	}
	return []adapters.Finding{adapters.Found(adapters.Note, "check.signin.ok"), back}
}
