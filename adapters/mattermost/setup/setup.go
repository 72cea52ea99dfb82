// Package setup makes on a Mattermost server what the bot needs there, and
// looks whether all is as it must be.
//
// Make works with the rights of a system admin, for as long as it runs: the bot
// itself never has them. Check works with the bot's own token, and sees what
// that shows. Neither is part of the running bot, which is package mattermost;
// both say what they find by the id of a text, for the program to put in words.
package setup

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"github.com/meldroute/meldroute/adapters"
)

// Trigger is the slash command's word.
const Trigger = "signaal"

// callTime is how long one call may take.
const callTime = 15 * time.Second

func refuse(id string, args ...string) error { return adapters.Found(adapters.Blocking, id, args...) }

// SignIn signs an admin in by name and password, with the code of a second
// factor where he has one. Call out when done.
func SignIn(ctx context.Context, address, name, password, code string) (token string, out func(), err error) {
	c, done := client(address, "")
	_, res, err := c.LoginWithMFA(ctx, name, password, code)
	if err != nil {
		done()
		return "", nil, denied(res, err, "setup.login.refused")
	}
	return c.AuthToken, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTime)
		defer cancel()
		_, _ = c.Logout(ctx) // the session ends by itself as well
		done()
	}, nil
}

// client is a client of the server, and what closes it.
func client(address, token string) (*model.Client4, func()) {
	c := model.NewAPIv4Client(address)
	t := http.DefaultTransport.(*http.Transport).Clone()
	c.HTTPClient = &http.Client{
		Transport: t, Timeout: callTime,
		// A token goes to the server that was named and nowhere else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	c.SetToken(token)
	return c, t.CloseIdleConnections
}

// denied puts in words why a first call failed: not there, or not let in.
func denied(res *model.Response, err error, id string) error {
	if status(res) == http.StatusUnauthorized {
		return refuse(id)
	}
	return failed("", res, err)
}

// failed is what is told of a call that should have worked: the server's own
// code, and none of its words, which can name somebody.
func failed(what string, res *model.Response, err error) error {
	if err == nil {
		return nil
	}
	var app *model.AppError
	var at *url.Error
	switch {
	case status(res) >= http.StatusMultipleChoices && errors.As(err, &app):
		return refuse("setup.refused", "What", what, "Why", fmt.Sprintf("%d, %s", res.StatusCode, app.Id))
	case status(res) >= http.StatusMultipleChoices:
		return refuse("setup.refused", "What", what, "Why", http.StatusText(res.StatusCode))
	case errors.As(err, &at):
		return refuse("setup.server.unreachable", "Why", at.Err.Error())
	}
	return refuse("setup.server.unreachable", "Why", "?")
}

func status(res *model.Response) int {
	if res == nil {
		return 0
	}
	return res.StatusCode
}

// is reports whether the server refused with this code.
func is(err error, id string) bool {
	var app *model.AppError
	return errors.As(err, &app) && app.Id == id
}

// versions are those that the bot is made for; the tests run the first.
const (
	oldestMajor, oldestMinor = 9, 10
	newestMajor              = 11
)

// version says whether the bot can work with a server.
func version(s string) adapters.Finding {
	var major, minor int
	if n, _ := fmt.Sscanf(s, "%d.%d", &major, &minor); n != 2 {
		return adapters.Found(adapters.Warning, "setup.version.unknown")
	}
	short := fmt.Sprintf("%d.%d", major, minor)
	switch {
	case major < oldestMajor || major == oldestMajor && minor < oldestMinor:
		return adapters.Found(adapters.Blocking, "setup.version.old", "Version", short)
	case major > newestMajor:
		return adapters.Found(adapters.Warning, "setup.version.new", "Version", short)
	}
	return adapters.Found(adapters.Note, "setup.version.ok", "Version", short)
}

// fit refuses what cannot be the private channel of the desk.
func fit(c *model.Channel) []adapters.Finding {
	var out []adapters.Finding
	for _, f := range []struct {
		bad bool
		id  string
	}{
		{c.Type != model.ChannelTypePrivate, "setup.channel.open"},
		{c.DeleteAt != 0, "setup.channel.archived"},
		{c.Shared != nil && *c.Shared, "setup.channel.shared"},
		{c.GroupConstrained != nil && *c.GroupConstrained, "setup.channel.synced"},
	} {
		if f.bad {
			out = append(out, adapters.Found(adapters.Blocking, f.id))
		}
	}
	return out
}

// person says what is wrong with somebody who is given a right.
func person(u *model.User) (adapters.Finding, bool) {
	switch name := "@" + u.Username; {
	case u.IsBot:
		return adapters.Found(adapters.Blocking, "setup.person.bot", "Name", name), true
	case u.DeleteAt != 0:
		return adapters.Found(adapters.Blocking, "setup.person.gone", "Name", name), true
	case u.IsGuest():
		return adapters.Found(adapters.Blocking, "setup.person.guest", "Name", name), true
	}
	return adapters.Finding{}, false
}

// Name is a user name without what people write around it: the key of
// Made.People.
func Name(name string) string {
	return strings.ToLower(strings.TrimPrefix(strings.TrimSpace(name), "@"))
}
