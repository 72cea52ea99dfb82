package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/meldroute/meldroute/config"
)

// signedIn is a whole configuration of the web chat behind a sign-in, with what
// the test changes in it.
func signedIn(t *testing.T, change func(map[string]string)) string {
	t.Helper()
	v := map[string]string{
		"listen": "127.0.0.1:8080", "url": "https://meldroute.example.org", "issuer": "https://login.example.org/gemeente", "claim": "oid",
		"people": "[]", "person": "web:0f3c-A_1", "channel": "web:desk", "more": "", "secret": "zilvervos",
	}
	change(v)
	if v["secret"] != "" {
		path := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(path, []byte(v["secret"]+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		v["secret"] = path
	}
	return strings.NewReplacer("$listen", v["listen"], "$url", v["url"], "$issuer", v["issuer"], "$claim", v["claim"], "$people", v["people"],
		"$person", v["person"], "$channel", v["channel"], "$more", v["more"], "$secret", v["secret"]).Replace(`
web:
  listen: "$listen"
  url: "$url"
  sign_in: {issuer: "$issuer", client_id: meldroute, client_secret_file: "$secret", claim: "$claim"}
  people: $people
  $more
roles:
  officers: [{person: "$person", name: A, reads: all}]
  coordinators: []
desk: {channel: "$channel"}
copen: {participants: []}
`)
}

func set(key, to string) func(map[string]string) {
	return func(v map[string]string) { v[key] = to }
}

// Behind a sign-in people are named by what the provider calls them, and nobody
// is played; it may stand in the open over TLS, and beside another chat.
func TestWebBehindSignIn(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{
		"as it is":              signedIn(t, func(map[string]string) {}),
		"a slash at the issuer": signedIn(t, set("issuer", "https://login.example.org/")),
		"everywhere, with TLS": signedIn(t, func(v map[string]string) {
			v["listen"], v["more"] = ":8443", "cert_file: a\n  key_file: b"
		}),
		"to try": signedIn(t, func(v map[string]string) { v["url"], v["issuer"] = "http://127.0.0.1:8080", "http://127.0.0.1:9000" }),
		"beside Slack, its people and its channel": strings.Replace(slack(t, set("web", "true")), "web: {enabled: true}",
			signedInWeb(signedIn(t, func(map[string]string) {})), 1),
	} {
		c, err := config.Parse("w.yaml", []byte(file), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !c.Web.SignIn.On() || c.Web.SignIn.Secret.Reveal() != "zilvervos" || len(c.Web.People) != 0 {
			t.Errorf("%s: got %+v", name, c.Web)
		}
		roundTrip(t, c)
	}
	if c := config.Default(); c.Web.SignIn.On() || c.Web.SignIn.Claim != "sub" {
		t.Errorf("as it is delivered: %+v", c.Web.SignIn)
	}
}

// signedInWeb is the web part of a configuration.
func signedInWeb(file string) string {
	web, _, _ := strings.Cut(strings.TrimSpace(file), "roles:")
	return web
}

// What would let the wrong people in, or nobody, is said.
func TestWebBehindSignInProblems(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(map[string]string)
		want   string
	}{
		{"somebody is played", set("people", "[{id: a, name: A, role: employee}]"), "web.people: Met aanmelden speel je niemand."},
		{"everywhere", set("listen", ":8443"), "web.listen: Zonder certificaat"},
		{"half a certificate", set("more", "key_file: b"), "web.cert_file: Vul cert_file en key_file allebei in"},
		{"no address", set("url", ""), "web.url: Schrijf een heel adres"},
		{"a path", set("url", "https://meldroute.example.org/chat"), "web.url: Schrijf alleen een naam"},
		{"in the open", set("url", "http://meldroute.example.org"), "web.url: Schrijf dit adres met https://"},
		{"a provider in the open", set("issuer", "http://login.example.org"), "web.sign_in.issuer: Schrijf dit adres met https://"},
		{"no secret", set("secret", ""), "web.sign_in.client_secret_file: Vul dit in."},
		{"a claim that changes", set("claim", "email"), "web.sign_in.claim: Dit gegeven kan veranderen"},
		{"no claim", set("claim", ""), "web.sign_in.claim: Vul dit in."},
		{"by a name", set("person", "web:anna@example.org"), "roles.officers[1].person: Dit kenmerk kan niet."},
		{"the channel as a person", set("person", "web:desk"), "roles.officers[1].person: Dit kenmerk kan niet."},
		{"somebody of the trial", set("person", "web:coordinator"), "roles.officers[1].person: Dit is iemand uit de proef."},
		{"somebody of Slack", set("person", "slack:U0INEKE"), "roles.officers[1].person: Het platform slack staat niet aan."},
		{"another channel", set("channel", "web:elders"), "desk.channel: Dit kanaal bestaat niet."},
		{"a channel of Slack", set("channel", "slack:C0MELDPUNT"), "desk.channel: Het platform slack staat niet aan."},
		{"no provider", set("issuer", ""), "web.sign_in.issuer: Hier hoort een aanmelddienst bij."},
	} {
		_, err := config.Parse("w.yaml", []byte(signedIn(t, c.change)), nil)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "zilvervos") {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

// Who reads signals in another chat than the one with the desk's channel cannot
// open any: that is told before anything runs.
func TestCheckReadersAreWhereTheDeskIs(t *testing.T) {
	t.Parallel()
	beside := func(person string) string {
		return strings.Replace(slack(t, func(v map[string]string) { v["web"], v["person"] = "true", person }), "web: {enabled: true}",
			signedInWeb(signedIn(t, func(map[string]string) {})), 1)
	}
	const want = "A zit in een andere chat dan het kanaal"
	for person, told := range map[string]bool{"slack:U0INEKE": false, "web:0f3c-A_1": true} {
		if got := strings.Contains(strings.Join(findings(t, beside(person))[config.Blocking], "\n"), want); got != told {
			t.Errorf("%s: told %v, want %v", person, got, told)
		}
	}
}
