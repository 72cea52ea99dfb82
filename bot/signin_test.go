package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/meldroute/meldroute/adapters/web/providertest"
)

// `bot check` says what the provider must be told, and whether it is who it
// should be.
func TestCheckAsksTheProvider(t *testing.T) {
	t.Parallel()
	provider := providertest.Start(t)
	for name, tc := range map[string]struct {
		issuer string
		want   string
	}{
		"as it should be": {provider.Issuer, "De aanmelddienst antwoordt, en noemt zich zoals het hier staat."},
		"another name":    {strings.Replace(provider.Issuer, "127.0.0.1", "localhost", 1), "De aanmelddienst noemt zich anders dan hier staat."},
		"nobody":          {"http://127.0.0.1:1", "De aanmelddienst antwoordt nu niet"},
	} {
		file := signInConfig(t, "127.0.0.1:0", "https://meldroute.example.org", "", tc.issuer)
		out, _ := exec.Command(binary(t), "-c", file, "check").CombinedOutput()
		for _, want := range []string{tc.want, "https://meldroute.example.org/in/done"} {
			if !strings.Contains(string(out), want) {
				t.Errorf("%s: lacks %q:\n%s", name, want, out)
			}
		}
		if strings.Contains(string(out), providertest.Secret) {
			t.Errorf("%s: tells the secret", name)
		}
	}
}

// signInConfig is the path of a configuration of the web chat behind a provider.
func signInConfig(t *testing.T, listen, url, more, issuer string) string {
	t.Helper()
	dir := t.TempDir()
	secret, file := filepath.Join(dir, "secret"), filepath.Join(dir, "gemeente.yaml")
	for path, text := range map[string]string{secret: providertest.Secret, file: fmt.Sprintf(`
web:
  listen: %s
  url: %s
  sign_in: {issuer: "%s", client_id: %s, client_secret_file: %s}
  people: []
  %s
roles:
  officers: [{person: "web:0f3c-officier", name: Ineke, reads: all}]
  coordinators: [{person: "web:0f3c-coordinator", name: Carla}]
copen: {participants: []}
`, listen, url, issuer, providertest.ClientID, secret, more)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return file
}
