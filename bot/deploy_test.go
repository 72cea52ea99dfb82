package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/mattermost/mattermosttest"
	"github.com/meldroute/meldroute/adapters/mattermost/setup"
	"github.com/meldroute/meldroute/config"
)

// composed is what these tests look at in deploy/compose.yaml.
type composed struct {
	Services map[string]struct {
		Image       string
		Ports       []string
		Environment map[string]string
		NetworkMode string `yaml:"network_mode"`
		ReadOnly    bool   `yaml:"read_only"`
		Build       struct{ Context, Dockerfile string }
	}
}

func deployed(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func compose(t *testing.T) composed {
	t.Helper()
	var c composed
	if err := yaml.Unmarshal([]byte(deployed(t, "compose.yaml")), &c); err != nil {
		t.Fatal(err)
	}
	if len(c.Services) != 3 {
		t.Fatalf("%d services", len(c.Services))
	}
	return c
}

// Only this machine reaches the trial, and its parts reach each other without a
// network between them. No image is whatever is newest.
func TestComposeStaysOnThisMachine(t *testing.T) {
	t.Parallel()
	for name, s := range compose(t).Services {
		for _, p := range s.Ports {
			if !strings.HasPrefix(p, "127.0.0.1:") {
				t.Errorf("%s: port %s is for all", name, p)
			}
		}
		if name != "database" && s.NetworkMode != "service:database" {
			t.Errorf("%s: network %q", name, s.NetworkMode)
		}
		if _, tag, _ := strings.Cut(s.Image, ":"); s.Build.Dockerfile == "" && (tag == "" || tag == "latest") {
			t.Errorf("%s: image %q", name, s.Image)
		}
		if s.Build.Dockerfile != "" {
			if _, err := os.Stat(filepath.Join("..", "deploy", s.Build.Context, s.Build.Dockerfile)); err != nil {
				t.Error(err)
			}
		}
	}
}

// With the settings of the trial a real Mattermost gives setup and check nothing
// to warn of but what the server keeps.
func TestComposeSettingsOnARealServer(t *testing.T) {
	t.Parallel()
	var settings []string
	for name, value := range compose(t).Services["mattermost"].Environment {
		if !slices.Contains([]string{"MM_SQLSETTINGS_DATASOURCE", "MM_SERVICESETTINGS_LISTENADDRESS", "MM_SERVICESETTINGS_SITEURL"}, name) {
			settings = append(settings, name+"="+value)
		}
	}
	s := mattermosttest.Start(t, settings...)
	var warned []string
	hear := func(f adapters.Finding) {
		if f.Level != adapters.Note {
			warned = append(warned, f.ID)
		}
	}
	team := s.Team(t)
	made, err := setup.Make(t.Context(), setup.Options{
		URL: s.URL, Admin: s.Admin.Token, Team: team.Name, Channel: "desk", ChannelTitle: "Desk", Bot: "meldroute",
		Command: "http://127.0.0.1:8066/mattermost/command", CommandHint: "Meld", Tell: hear,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range setup.Check(t.Context(), setup.Live{URL: s.URL, Token: made.Token, Channel: made.Channel, Callback: s.URL}) {
		hear(f)
	}
	if want := []string{"setup.retention", "setup.retention"}; !slices.Equal(warned, want) {
		t.Errorf("warned of %q, want %q", warned, want)
	}
}

// The configuration beside it is one, with the database of the trial.
func TestComposeConfiguration(t *testing.T) {
	t.Parallel()
	secret := secretFile(t, "zilvervos")
	in := strings.ReplaceAll(deployed(t, "config/gemeente.yaml"), "/run/secrets/database", secret)
	c, err := config.Parse("gemeente.yaml", []byte(in), nil)
	if err != nil || c.Data.Database.Password.Reveal() != "zilvervos" {
		t.Errorf("got %v", err)
	}
}

// The container is built with the Go that go.mod asks for, and runs as nobody
// in particular.
func TestDockerfile(t *testing.T) {
	t.Parallel()
	mod, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindSubmatch(mod)
	got := regexp.MustCompile(`(?m)^FROM golang:(\S+) `).FindStringSubmatch(deployed(t, "Dockerfile"))
	if want == nil || got == nil || string(want[1]) != got[1] {
		t.Errorf("go.mod has %s, the Dockerfile %s", want, got)
	}
	if !strings.Contains(deployed(t, "Dockerfile"), "\nUSER 65532:65532\n") {
		t.Error("it runs as root")
	}
}

// systemd understands the unit, where systemd is, and what shields the program
// is in it.
func TestUnit(t *testing.T) {
	t.Parallel()
	unit := deployed(t, "meldroute.service")
	for _, line := range []string{
		"User=meldroute", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes",
		"LimitCORE=0", "MemorySwapMax=0", "StateDirectoryMode=0700", "SystemCallFilter=@system-service",
	} {
		if !strings.Contains(unit, "\n"+line+"\n") {
			t.Errorf("no line %s", line)
		}
	}
	verify, err := exec.LookPath("systemd-analyze")
	if err != nil {
		return // the lines above are the test where systemd is not
	}
	path := filepath.Join(t.TempDir(), "meldroute.service")
	unit = strings.Replace(unit, "ExecStart=/usr/local/bin/meldroute", "ExecStart=/bin/true", 1)
	if err := os.WriteFile(path, []byte(unit), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), verify, "verify", path).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze: %v: %s", err, out)
	}
}
