package config

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Web is the chat in the browser: with SignIn for everybody, without it a try-out
// on this machine, whose people are picked on the page.
type Web struct {
	Enabled bool        `yaml:"enabled"`
	Listen  string      `yaml:"listen"`    // host:port; not of this machine only with SignIn, Cert and Key; port 0 picks a free one
	URL     string      `yaml:"url"`       // with SignIn: how a browser reaches it, without a path
	Cert    FilePath    `yaml:"cert_file"` // PEM
	Key     FilePath    `yaml:"key_file"`  // PEM
	SignIn  SignIn      `yaml:"sign_in"`
	People  []WebPerson `yaml:"people"` // of the try-out
	Channel WebChannel  `yaml:"channel"`
}

// SignIn is the provider of the municipality's accounts (OpenID Connect). Without
// Issuer there is none.
type SignIn struct {
	Issuer   string `yaml:"issuer"` // exactly as the provider calls itself
	ClientID string `yaml:"client_id"`
	Secret   Secret `yaml:"client_secret_file"`
	// Claim names a person for ever: what stands in Roles after "web:".
	Claim string `yaml:"claim"`
}

// On reports whether people sign in.
func (s SignIn) On() bool { return s.Issuer != "" }

// WebPerson is a try-out person of the web chat. Its address is "web:"+ID.
type WebPerson struct {
	ID   string  `yaml:"id" must:"true"`
	Name string  `yaml:"name" must:"true"`
	Role WebRole `yaml:"role" must:"true"`
}

// WebRole is the seat that the page gives to a try-out person. It gives no
// rights: those come from Roles.
type WebRole string

// The seats of the try-out.
const (
	Employee    WebRole = "employee"
	OfficerSeat WebRole = "officer"
	Coordinator WebRole = "coordinator"
	TeamLead    WebRole = "teamlead"
)

// WebChannel is the private channel of the web chat. Its address is "web:"+ID.
type WebChannel struct {
	ID   string `yaml:"id"`
	Name string `yaml:"name"`
}

// webID is the form of an id of somebody who signed in.
var webID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// fickle are the claims that can change, or be given to somebody else later
// (OpenID Connect Core 1.0, 5.7).
var fickle = []string{"email", "preferred_username", "upn", "unique_name", "name", "nickname", "given_name", "family_name", "phone_number"}

func (v *validator) web() {
	web := v.c.Web
	seen := map[string]bool{}
	for i, p := range web.People {
		key := indexed("web.people", i)
		v.ident(key+".id", p.ID, seen)
		v.filled(key+".name", p.Name)
		v.oneOf(key+".role", string(p.Role), string(Employee), string(OfficerSeat), string(Coordinator), string(TeamLead))
	}
	v.ident("web.channel.id", web.Channel.ID, seen)
	v.filled("web.channel.name", web.Channel.Name)
	if web.SignIn.On() {
		v.signIn()
		return
	}
	in := web.SignIn
	if in.Claim = ""; in != (SignIn{}) || web.URL != "" || web.Cert != "" || web.Key != "" {
		v.fail("web.sign_in.issuer", "config.web.unsigned", nil)
	}
	// It knows no sign-in: beside a real chat anybody on the machine would be
	// its people.
	if v.c.Mattermost.Enabled || v.c.Slack.Enabled {
		v.fail("web.enabled", "config.web.beside", nil)
	}
	if exposed(web.Listen) {
		v.fail("web.listen", "config.web.loopback", nil)
	}
}

// signIn checks the web chat for people who sign in.
func (v *validator) signIn() {
	web, in := v.c.Web, v.c.Web.SignIn
	if len(web.People) > 0 {
		v.fail("web.people", "config.web.played", nil)
	}
	v.root("web.url", web.URL)
	v.certificate("web.", web.Listen, web.Cert, web.Key)
	// A provider may well call itself with a slash at the end.
	v.address("web.sign_in.issuer", strings.TrimSuffix(in.Issuer, "/"))
	v.filled("web.sign_in.client_id", in.ClientID)
	v.filled("web.sign_in.claim", in.Claim)
	if in.Secret.Empty() {
		v.fail("web.sign_in.client_secret_file", "config.empty", nil)
	}
	if slices.Contains(fickle, in.Claim) {
		v.fail("web.sign_in.claim", "config.web.claim", nil)
	}
}

// root demands an address without a path, that a name may be sent to.
func (v *validator) root(key, s string) {
	if u, err := url.Parse(s); err == nil && u.Path != "" {
		v.fail(key, "config.page.path", nil)
		return
	}
	v.address(key, s)
}

// somebody demands a person on a chat that is on.
func (v *validator) somebody(key string, p Who) {
	if p.Platform() != platformWeb || !v.c.Web.Enabled {
		v.there(key, p)
		return
	}
	if v.c.Web.SignIn.On() {
		v.signsIn(key, p.ID())
		return
	}
	if !slices.ContainsFunc(v.c.Web.People, func(w WebPerson) bool { return w.ID == p.ID() }) {
		v.fail(key, "config.person.unknown", nil)
	}
}

// signsIn demands an id that somebody can have who signs in, and no longer that
// of somebody who was played in the trial.
func (v *validator) signsIn(key, id string) {
	switch {
	case !webID.MatchString(id) || id == v.c.Web.Channel.ID:
		v.fail(key, "config.web.id", nil)
	case slices.ContainsFunc(Default().Web.People, func(w WebPerson) bool { return w.ID == id }):
		v.fail(key, "config.web.trial", nil)
	}
}
