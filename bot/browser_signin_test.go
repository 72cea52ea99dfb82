package main_test

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/meldroute/meldroute/adapters/web/providertest"
)

// signedIn is the program behind a real provider, over TLS, and the provider.
func signedIn(t *testing.T) (*program, *providertest.Provider) {
	t.Helper()
	provider := providertest.Start(t)
	place := httptest.NewTLSServer(nil)
	url, own := place.URL, place.TLS.Certificates[0]
	place.Close()
	dir := t.TempDir()
	write := func(name, kind string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	key, err := x509.MarshalPKCS8PrivateKey(own.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	provider.User("0f3c-melder", "Sanne Proef")
	provider.User("0f3c-officier", "Ineke Proef")
	provider.User("0f3c-coordinator", "Carla Proef")
	provider.Redirect(url + "/in/done")
	b, err := os.ReadFile(signInConfig(t, strings.TrimPrefix(url, "https://"), url, fmt.Sprintf("cert_file: %s\n  key_file: %s",
		write("cert.pem", "CERTIFICATE", own.Certificate[0]), write("key.pem", "PRIVATE KEY", key)), provider.Issuer))
	if err != nil {
		t.Fatal(err)
	}
	return start(t, string(b)), provider
}

// signs signs somebody in, from the page with the way in.
func (x *tab) signs(id string) {
	x.b.t.Helper()
	x.press("Aanmelden")
	x.run(chromedp.WaitReady(chromedp.CSS("#username")))
	x.run(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(() => {
		document.querySelector('#username').value = %q;
		document.querySelector('#password').value = %q;
		document.querySelector('button').click();
	})()`, id, providertest.Password)))
	x.run(chromedp.WaitReady(chromedp.CSS(".known")))
	x.sees("Je kenmerk hier: web:" + id)
	if at := value(x, chromedp.Evaluate[string](`location.href`)); strings.Contains(at, id) || strings.Contains(at, "code=") {
		x.b.t.Errorf("%s: the address tells who: %s", x.name, at)
	}
}

// Behind a real provider, over TLS, a report goes from who signs in to the
// officer who does, in browsers of their own. Signing out closes every page, but
// for a form that is being filled in: that can be sent after signing in again.
func TestBrowserSignsIn(t *testing.T) {
	own := chromedp.Flag("ignore-certificate-errors", true) // it is the test's own
	melders, officers := openBrowser(t, own), openBrowser(t, own)
	p, _ := signedIn(t)
	melder := melders.tab("inlog-melder", p.url+"/", 390, 844, true, 1)
	melder.looks("ingang")
	english := melders.tab("login", p.url+"/?lang=en", 900, 700, false, 1)
	english.sees("Sign in with your account")
	english.looks("entrance")
	melder.signs("0f3c-melder")
	melder.sees("Sanne Proef")
	melder.report(func(what string) {
		if what == "begin" || what == "stap1" {
			melder.looks(what)
		}
	})
	officer := officers.tab("inlog-officier", p.url+"/?lang=nl", 1280, 800, false, 1)
	officer.looks("ingang")
	officer.signs("0f3c-officier")
	officer.sees("Nieuw signaal")
	officer.looks("kaart")
	officer.press("Openen")
	officer.sees("mag niet weg")
	officer.press("Ik neem het")
	officer.sees("Wat nog moet")
	officer.looks("genomen")
	melder.sees("heeft je signaal gelezen")
	officer.press("Sluiten")
	officer.press("Afmelden")
	officer.run(chromedp.WaitReady(chromedp.CSS(".why")))
	officer.sees("Je bent afgemeld")
	officer.looks("afgemeld")

	melder.press("Nog iets melden")
	melder.fill("Wat is gezien of gehoord?", "Nog iets.")
	other := melders.tab("inlog-ander", p.url+"/", 900, 700, false, 1)
	idle := melders.tab("inlog-leeg", p.url+"/", 900, 700, false, 1)
	other.press("Afmelden")
	other.run(chromedp.WaitReady(chromedp.CSS(".why")))
	other.sees("Je bent afgemeld")
	idle.sees("Je bent afgemeld")
	idle.looks("afgemeld")
	if left := value(idle, chromedp.Evaluate[string](`document.title + document.body.innerText`)); strings.Contains(left, "Proef") {
		t.Error("after signing out a page still says who was there")
	}
	melder.sees("Je bent niet meer aangemeld")
	melder.looks("over")
	other.signs("0f3c-melder")
	melder.pick("Wanneer?", "Deze week")
	melder.press("Verder")
	melder.sees("Wie zag het?")
	if log := p.log.all(); strings.Contains(log, "0f3c") || strings.Contains(log, "Proef") {
		t.Error("the log says who")
	}
}
