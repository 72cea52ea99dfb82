package mail_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/adaptertest"
	"github.com/meldroute/meldroute/adapters/mail"
	"github.com/meldroute/meldroute/adapters/mail/mailtest"
	"github.com/meldroute/meldroute/config/private"
)

const resident = "aandachtsfunctionaris@example.net"

func to(address string) adapters.Address { return adapters.NewAddress(mail.Platform, address) }

// Mail does what every platform does that takes nothing in.
func TestOneWay(t *testing.T) {
	t.Parallel()
	adaptertest.TestOneWay(t, func(t *testing.T, h adapters.Handler) *adaptertest.Platform {
		s := mailtest.Serve(t, mail.StartTLS)
		s.Refuse = func(rcpt string) error {
			if rcpt == "niemand@example.net" {
				return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "Zilvervos"}
			}
			return nil
		}
		a := open(t, s, mail.StartTLS, nil)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- a.Run(ctx, h) }()
		return &adaptertest.Platform{
			Adapter: a, Unknown: to("niemand@example.net"),
			People: [2]adapters.Address{to(resident), to("ander@example.net")},
			Tab:    func(t *testing.T, who adapters.Address) adaptertest.Tab { return &box{s: s, who: who.ID.Reveal()} },
			Stop:   func() error { stop(); return <-ended },
		}
	})
}

// box is a mailbox that is looked through.
type box struct {
	adaptertest.Hand
	s   *mailtest.Server
	who string
}

func (b *box) Await(_ string, _ func(adaptertest.View) bool) adaptertest.View {
	var v adaptertest.View
	for _, l := range b.s.Box(b.who) {
		text, _, _ := strings.Cut(l.Text, "\n\n")
		v.Posts = append(v.Posts, adaptertest.Post{Text: text})
	}
	return v
}

// A mail is plain text with a neutral subject, says what it cannot do, and
// comes to one mailbox, over TLS and signed in.
func TestMail(t *testing.T) {
	t.Parallel()
	for _, way := range []string{mail.StartTLS, mail.Implicit} {
		s := mailtest.Serve(t, way)
		a := open(t, s, way, nil)
		r := adapters.Reply{Key: "a", Text: "**Let op**\n\n- één <b>& twee\n- [klik](https://evil.example)", Choices: []adapters.Choice{{Token: "t0ken", Label: "Openen"}}}
		if err := a.Send(t.Context(), to(resident), r); err != nil {
			t.Fatalf("%s: %v", way, err)
		}
		got := s.Box(resident)
		if len(got) != 1 || !s.TLS || s.User != mailtest.User {
			t.Fatalf("%s: %d mails, TLS %v, signed in as %q", way, len(got), s.TLS, s.User)
		}
		want := "Let op\n\n- één <b>& twee\n- [klik](https://evil.example)\n\nnl mail.choices\n\nnl mail.foot\n"
		if got[0].Text != want || len(got[0].Parts) != 1 || strings.Contains(got[0].Raw, "t0ken") {
			t.Errorf("%s: got %q", way, got[0].Text)
		}
		for name, want := range map[string]string{
			"Subject": "nl mail.subjectWoerden", "To": "<" + resident + ">", "From": "<meldroute@example.org>",
			"Auto-Submitted": "auto-generated", "Importance": "", "User-Agent": "", "Date": "Wed, 14 Apr 2027 12:00:00 +0000",
		} {
			if h := got[0].Header.Get(name); h != want {
				t.Errorf("%s: %s is %q, want %q", way, name, h, want)
			}
		}
	}
}

// Urgent mail says so, and what comes over an earlier mail stands beneath it.
func TestMailUrgentAndOver(t *testing.T) {
	t.Parallel()
	s := mailtest.Serve(t, mail.Plain)
	a := open(t, s, mail.Plain, nil)
	for _, r := range []adapters.Reply{{Key: "a", Text: "een"}, {Key: "b", Over: "a", Text: "twee", Urgent: true}} {
		if err := a.Send(t.Context(), to(resident), r); err != nil {
			t.Fatal(err)
		}
	}
	got := s.Box(resident)
	if len(got) != 2 {
		t.Fatalf("got %d mails", len(got))
	}
	if h := got[1].Header; h.Get("Importance") != "high" || h.Get("In-Reply-To") != got[0].Header.Get("Message-Id") ||
		h.Get("Subject") != "nl mail.subject.urgentWoerden" {
		t.Errorf("got %v", h)
	}
}

// A mail that nobody knows the fate of is sent again under the same
// Message-ID; one that was taken never, not by another process either.
func TestMailIsSentOnce(t *testing.T) {
	t.Parallel()
	s := mailtest.Serve(t, mail.StartTLS)
	m := &adaptertest.Memory{Now: now}
	a := open(t, s, mail.StartTLS, func(o *mail.Options) { o.Memory = m })
	s.Lock()
	s.Swallow = true
	s.Unlock()
	r := adapters.Reply{Key: "a", Text: "een"}
	err := a.Send(t.Context(), to(resident), r)
	if err == nil || errors.Is(err, adapters.ErrGone) || strings.Contains(err.Error(), "Zilvervos") || strings.Contains(err.Error(), resident) {
		t.Fatalf("a mail that failed: got %v", err)
	}
	for range 2 {
		if err := a.Send(t.Context(), to(resident), r); err != nil {
			t.Fatal(err)
		}
	}
	again := open(t, s, mail.StartTLS, func(o *mail.Options) { o.Memory = m })
	if err := again.Send(t.Context(), to(resident), r); err != nil {
		t.Fatal(err)
	}
	got := s.Box(resident)
	if len(got) != 2 || got[0].Header.Get("Message-Id") != got[1].Header.Get("Message-Id") {
		t.Fatalf("got %d mails, want the first and its repetition under one id", len(got))
	}
	if m.Holds("", resident) {
		t.Error("the address is kept")
	}
	m.Break(true)
	if err := a.Send(t.Context(), to(resident), adapters.Reply{Key: "b", Text: "twee"}); err == nil || len(s.Box(resident)) != 2 {
		t.Errorf("without a memory: got %v and %d mails", err, len(s.Box(resident)))
	}
}

// Only a recipient that the server will never take is gone.
func TestMailGone(t *testing.T) {
	t.Parallel()
	s := mailtest.Serve(t, mail.Plain)
	a := open(t, s, mail.Plain, nil)
	for i, c := range []struct {
		code     int
		enhanced smtp.EnhancedCode
		gone     bool
	}{
		{550, smtp.EnhancedCode{5, 1, 1}, true}, {551, smtp.EnhancedCode{5, 1, 6}, true}, {554, smtp.EnhancedCode{5, 7, 1}, false},
		{450, smtp.EnhancedCode{4, 2, 1}, false}, {452, smtp.EnhancedCode{4, 2, 2}, false},
	} {
		s.Lock()
		s.Refuse = func(string) error {
			return &smtp.SMTPError{Code: c.code, EnhancedCode: c.enhanced, Message: "Zilvervos"}
		}
		s.Unlock()
		err := a.Send(t.Context(), to(resident), adapters.Reply{Key: string(rune('a' + i)), Text: "een"})
		if err == nil || errors.Is(err, adapters.ErrGone) != c.gone || strings.Contains(err.Error(), resident) || strings.Contains(err.Error(), "Zilvervos") {
			t.Errorf("%d: got %v, want gone %v, without the address", c.code, err, c.gone)
		}
	}
	for _, bad := range []string{"", "geen adres", "a@example.org, b@example.org", "Naam <a@example.org>", "a@example.org\r\nBcc: b@example.org"} {
		if err := a.Send(t.Context(), to(bad), adapters.Reply{Key: "x"}); !errors.Is(err, adapters.ErrGone) {
			t.Errorf("%q: got %v", bad, err)
		}
	}
}

// Nothing goes in the open to another machine, nor on when TLS does not follow
// or nobody vouches for the server; a wrong password is told, without it.
func TestMailIsSafe(t *testing.T) {
	t.Parallel()
	if _, err := mail.New(mail.Options{Host: "mail.example.org", Port: 25, TLS: mail.Plain, From: "a@example.org", Memory: &adaptertest.Memory{Now: now}, Say: say}); err == nil {
		t.Error("another machine without TLS was taken")
	}
	open25, closed := mailtest.Serve(t, mail.Plain), mailtest.Serve(t, mail.StartTLS)
	for name, a := range map[string]*mail.Adapter{
		"no STARTTLS":  open(t, open25, mail.StartTLS, nil),
		"a stranger":   open(t, closed, mail.StartTLS, func(o *mail.Options) { o.Roots = open25.Roots }),
		"a wrong word": open(t, closed, mail.StartTLS, func(o *mail.Options) { o.Password = "Goudvos-2" }),
	} {
		err := a.Send(t.Context(), to(resident), adapters.Reply{Key: "a", Text: "een"})
		if err == nil || errors.Is(err, adapters.ErrGone) || strings.Contains(err.Error(), "Goudvos") {
			t.Errorf("%s: got %v", name, err)
		}
		if err := a.Check(t.Context()); err == nil {
			t.Errorf("%s: bot check finds it good", name)
		}
	}
	if got := len(open25.Box(resident)) + len(closed.Box(resident)); got != 0 {
		t.Errorf("%d mails came", got)
	}
	if err := open(t, closed, mail.StartTLS, nil).Check(t.Context()); err != nil {
		t.Errorf("bot check: %v", err)
	}
	if n := len(closed.Box(resident)); n != 0 {
		t.Errorf("bot check sent %d mails", n)
	}
}

// A server that says nothing is left when the sender's time is over.
func TestMailDoesNotHang(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	a := open(t, &mailtest.Server{Port: l.Addr().(*net.TCPAddr).Port}, mail.StartTLS, nil)
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	if err := a.Send(ctx, to(resident), adapters.Reply{Key: "a", Text: "een"}); err == nil || errors.Is(err, adapters.ErrGone) {
		t.Errorf("got %v", err)
	}
}

// An invitation goes along as a part to accept and as a file; another file as
// it is. What is too large is refused before anything is sent.
func TestMailFiles(t *testing.T) {
	t.Parallel()
	s := mailtest.Serve(t, mail.Plain)
	a := open(t, s, mail.Plain, nil)
	e := meeting()
	e.Attendee = resident
	ics := mail.Calendar(e)
	files := []adapters.File{
		{Name: "overleg.ics", Type: e.Type(), Body: private.New(string(ics))},
		{Name: "cijfers.html", Type: "text/html; charset=utf-8", Body: private.New("<p>Cijfers: één</p>")},
	}
	if err := a.SendFiles(t.Context(), to(resident), adapters.Reply{Key: "a", Text: "Je bent uitgenodigd."}, files...); err != nil {
		t.Fatal(err)
	}
	got := s.Box(resident)[0]
	var kinds []string
	for _, p := range got.Parts {
		kinds = append(kinds, strings.SplitN(p.Kind, ";", 2)[0]+" "+p.Name)
		if strings.HasPrefix(p.Kind, "text/calendar") && (p.Data != string(ics) || !strings.Contains(p.Kind, "method=REQUEST")) {
			t.Errorf("the invitation did not arrive as it is: %q %q", p.Kind, p.Data)
		}
	}
	slices.Sort(kinds)
	if want := []string{"text/calendar ", "text/calendar overleg.ics", "text/html cijfers.html", "text/plain "}; !slices.Equal(kinds, want) {
		t.Errorf("got %q, want %q", kinds, want)
	}
	if got.Header.Get("Subject") != "nl mail.subject.calendarWoerden" {
		t.Errorf("subject: %q", got.Header.Get("Subject"))
	}
	files[1].Body = private.New(strings.Repeat("x", 6<<20))
	if err := a.SendFiles(t.Context(), to(resident), adapters.Reply{Key: "b"}, files...); !errors.Is(err, adapters.ErrUnfit) {
		t.Errorf("too large: got %v", err)
	}
}
