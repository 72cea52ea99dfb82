package setup

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"github.com/meldroute/meldroute/adapters"
)

// Live is what Check looks at: the configuration, as far as it is of
// Mattermost.
type Live struct {
	URL, Token string
	Channel    string           // id of the desk's channel; "" when that is elsewhere
	Allowed    []adapters.Named // who may read it, by id, with the name to call them by
	Others     []adapters.Named // who has another right
	Callback   string           // "" for none
	Page       bool             // forms stand on the bot's own page
}

// Check says, with the bot's own token, what is wrong and what is good to know.
// It changes nothing. What a bot cannot see is named as such.
func Check(ctx context.Context, l Live) []adapters.Finding {
	c, done := client(l.URL, l.Token)
	defer done()
	k := &checker{Live: l, c: c}
	if !k.self(ctx) {
		return k.findings
	}
	k.settings(ctx)
	k.channel(ctx)
	k.people(ctx, l.Others)
	k.callback(ctx)
	return k.findings
}

type checker struct {
	Live
	c        *model.Client4
	bot      *model.User
	findings []adapters.Finding
}

func (k *checker) find(l adapters.Level, id string, args ...string) {
	k.findings = append(k.findings, adapters.Found(l, id, args...))
}

// fail notes an error of this package.
func (k *checker) fail(err error) {
	var f adapters.Finding
	if errors.As(err, &f) {
		k.findings = append(k.findings, f)
	}
}

// self looks at the server and at the bot's own account.
func (k *checker) self(ctx context.Context) bool {
	u, res, err := k.c.GetMe(ctx, "")
	if err != nil {
		k.fail(denied(res, err, "setup.token.refused"))
		return false
	}
	k.bot = u
	k.findings = append(k.findings, version(res.ServerVersion))
	switch {
	case !u.IsBot:
		k.find(adapters.Blocking, "setup.token.person")
	case u.IsSystemAdmin():
		k.find(adapters.Blocking, "setup.token.admin")
	default:
		k.find(adapters.Note, "setup.token.ok", "Name", "@"+u.Username)
	}
	return true
}

// settings looks at those of the server that a bot can see.
func (k *checker) settings(ctx context.Context) {
	// A server before 11 wants to hear the format, which the client leaves out.
	r, err := k.c.DoAPIGet(ctx, "/config/client?format=old", "")
	if err != nil {
		k.fail(failed("config", model.BuildResponse(r), err))
		return
	}
	defer func() { _ = r.Body.Close() }()
	c, res, err := model.DecodeJSONFromResponse[map[string]string](r)
	if err != nil {
		k.fail(failed("config", res, err))
		return
	}
	for _, f := range []struct {
		on bool
		id string
	}{
		// What a phone is shown is for admins to see; setup looks at it.
		{c["SendPushNotifications"] == "true", "setup.push.look"},
		{c["SendEmailNotifications"] == "true" && c["EmailNotificationContentsType"] == model.EmailNotificationContentsFull, "setup.mail.full"},
		{c["EnableCompliance"] == "true", "setup.compliance"},
		{c["EnableComplianceExport"] == "true", "setup.export"},
		{c["DataRetentionEnableMessageDeletion"] != "true", "setup.retention"},
		{k.Callback != "" && c["EnableCommands"] == "false", "setup.command.off"},
	} {
		if f.on {
			k.find(adapters.Warning, f.id)
		}
	}
}

// channel looks at the desk's channel and who reads it.
func (k *checker) channel(ctx context.Context) {
	if k.Channel == "" {
		return
	}
	c, res, err := k.c.GetChannel(ctx, k.Channel)
	if s := status(res); err != nil && (s == http.StatusNotFound || s == http.StatusForbidden) {
		k.find(adapters.Blocking, "setup.channel.none")
		return
	}
	if err != nil {
		k.fail(failed("channel", res, err))
		return
	}
	bad := fit(c)
	k.findings = append(k.findings, bad...)
	all, err := members(ctx, k.c, k.Channel)
	if err != nil {
		k.fail(err)
		return
	}
	in := map[string]bool{}
	for _, u := range all {
		in[u.Id] = true
	}
	for _, u := range all {
		if u.Id != k.bot.Id && !k.allowed(u.Id) {
			k.find(adapters.Blocking, "setup.member.stranger", "Name", "@"+u.Username)
		}
	}
	for _, p := range k.people(ctx, k.Allowed) {
		if !in[p.ID] {
			k.find(adapters.Warning, "setup.member.absent", "Name", p.Name)
		}
	}
	if !in[k.bot.Id] {
		k.find(adapters.Blocking, "setup.channel.none")
	} else if len(bad) == 0 {
		k.find(adapters.Note, "setup.channel.ok")
	}
}

func (k *checker) allowed(id string) bool {
	return slices.ContainsFunc(k.Allowed, func(p adapters.Named) bool { return p.ID == id })
}

// people looks whether those with a right are who they seem, and returns those
// who are.
func (k *checker) people(ctx context.Context, all []adapters.Named) []adapters.Named {
	var good []adapters.Named
	for _, p := range all {
		u, res, err := k.c.GetUser(ctx, p.ID, "")
		switch {
		case status(res) == http.StatusNotFound:
			k.find(adapters.Blocking, "setup.person.unknown", "Name", p.Name)
		case err != nil:
			k.fail(failed("users", res, err))
		default:
			if f, bad := person(u); bad {
				k.findings = append(k.findings, f)
			} else {
				good = append(good, p)
			}
		}
	}
	return good
}

// callback looks whether the way in can be reached, as far as that shows from
// here: the server comes from elsewhere.
func (k *checker) callback(ctx context.Context) {
	switch {
	case k.Callback == "" && k.Page:
		k.find(adapters.Note, "setup.callback.page")
		return
	case k.Callback == "": // content is shown in dialogs only (promise 2)
		k.find(adapters.Blocking, "setup.callback.none")
		return
	}
	if host := internal(ctx, k.Callback, ""); host != "" {
		k.find(adapters.Note, "setup.callback.internal", "Host", host)
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, k.Callback, nil)
	if err != nil {
		k.find(adapters.Blocking, "setup.callback.silent", "Why", "?")
		return
	}
	res, err := k.c.HTTPClient.Do(req)
	var (
		cert *tls.CertificateVerificationError
		name x509.HostnameError
		at   *url.Error
	)
	switch {
	case err == nil:
		_ = res.Body.Close()
		k.find(adapters.Note, "setup.callback.ok")
	case errors.As(err, &cert), errors.As(err, &name):
		k.find(adapters.Blocking, "setup.callback.cert")
	case errors.As(err, &at):
		k.find(adapters.Warning, "setup.callback.silent", "Why", at.Err.Error())
	}
}

// internal is the host of an address that Mattermost calls only when its admin
// allows it: one of a network of the house. It is "" for any other, and for one
// that is allowed: by its name, or by a network that holds all its numbers.
func internal(ctx context.Context, address, allowed string) string {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return ""
	}
	host := u.Hostname()
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return ""
	}
	may := strings.FieldsFunc(allowed, func(r rune) bool { return r == ' ' || r == ',' })
	for _, ip := range ips {
		ip = ip.Unmap()
		in := func(s string) bool {
			network, err := netip.ParsePrefix(s)
			return s == host || err == nil && network.Contains(ip)
		}
		if (ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast()) && !slices.ContainsFunc(may, in) {
			return host
		}
	}
	return ""
}
