package slack

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"github.com/meldroute/meldroute/adapters"
)

// Check says what is wrong with the workspace and what is good to know. It
// changes nothing; for Socket Mode it asks for an address, and does not use it.
// allowed are who may read the channel, others have another right.
func (a *Adapter) Check(ctx context.Context, allowed, others []adapters.Named) []adapters.Finding {
	k := &checker{a: a}
	if k.token(ctx) {
		k.app(ctx)
		k.channel(ctx, allowed)
		for _, p := range slices.Concat(allowed, others) {
			k.person(ctx, p)
		}
	}
	return k.findings
}

type checker struct {
	a        *Adapter
	findings []adapters.Finding
}

func (k *checker) find(l adapters.Level, id string, args ...string) {
	k.findings = append(k.findings, adapters.Found(l, id, args...))
}

// token looks at the bot's token: that Slack knows it, for this workspace, and
// what it may do.
func (k *checker) token(ctx context.Context) bool {
	_, err := k.a.who(ctx)
	switch {
	case errors.Is(err, errTeam):
		k.find(adapters.Blocking, "slack.check.team", "Team", k.a.opt.Team)
	case errors.Is(err, errFatal):
		k.find(adapters.Blocking, "slack.check.token")
	case err != nil:
		k.find(adapters.Blocking, "slack.check.unreachable", "Why", err.Error())
	}
	if err != nil {
		return false
	}
	k.find(adapters.Note, "slack.check.ok")
	lacks, more, err := k.a.scopes(ctx)
	if err != nil {
		return true // it was there a moment ago
	}
	for _, s := range lacks {
		k.find(adapters.Blocking, "slack.check.scope", "Scope", s)
	}
	for _, s := range more {
		k.find(adapters.Warning, "slack.check.more", "Scope", s)
	}
	return true
}

// scopes compares what the token may do with what the bot asks for.
func (a *Adapter) scopes(ctx context.Context) (lacks, more []string, err error) {
	var r *slack.AuthTestResponse
	err = a.call(ctx, "auth.test", func(ctx context.Context) (err error) {
		r, err = a.api.AuthTestContext(ctx)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	for s := range strings.SplitSeq(r.Header.Get("X-OAuth-Scopes"), ",") {
		if s = strings.TrimSpace(s); s != "" {
			more = append(more, s)
		}
	}
	for _, s := range Scopes() {
		if !slices.Contains(more, s) {
			lacks = append(lacks, s)
		}
	}
	return lacks, slices.DeleteFunc(more, func(s string) bool { return slices.Contains(Scopes(), s) }), nil
}

// app looks at the app's token, of Socket Mode.
func (k *checker) app(ctx context.Context) {
	if k.a.opt.Listen != "" {
		return
	}
	err := k.a.call(ctx, "apps.connections.open", func(ctx context.Context) error {
		_, _, err := k.a.api.StartSocketModeContext(ctx)
		return err
	})
	if err != nil {
		k.find(adapters.Blocking, "slack.check.app", "Why", err.Error())
	}
}

// channel looks at the desk's channel, and who is in it.
func (k *checker) channel(ctx context.Context, allowed []adapters.Named) {
	if k.a.opt.Channel == "" {
		return
	}
	room, err := k.a.room(ctx, address(k.a.opt.Channel))
	switch {
	case err != nil:
		k.find(adapters.Blocking, "slack.check.channel", "Why", err.Error())
		return
	case !room.Private:
		k.find(adapters.Blocking, "slack.check.open")
	default:
		k.find(adapters.Note, "slack.check.private")
	}
	in := func(id string) bool {
		return slices.ContainsFunc(room.Members, func(m adapters.Member) bool { return m.Address == address(id) })
	}
	for _, p := range allowed {
		if !in(p.ID) {
			k.find(adapters.Warning, "slack.check.absent", "Name", p.Name)
		}
	}
	for _, m := range room.Members {
		id := m.Address.ID.Reveal()
		if !slices.ContainsFunc(allowed, func(p adapters.Named) bool { return p.ID == id }) {
			k.find(adapters.Blocking, "slack.check.stranger", "ID", id)
		}
	}
}

// person looks at somebody with a right.
func (k *checker) person(ctx context.Context, p adapters.Named) {
	got, err := k.a.people.get(ctx, p.ID, knownReading)
	switch {
	case err != nil && failed(err, gone):
		k.find(adapters.Blocking, "slack.check.unknown", "Name", p.Name)
	case err != nil:
		k.find(adapters.Warning, "slack.check.unreachable", "Why", err.Error())
	case got.gone:
		k.find(adapters.Warning, "slack.check.gone", "Name", p.Name)
	case got.guest, got.bot:
		k.find(adapters.Blocking, "slack.check.guest", "Name", p.Name)
	}
}
