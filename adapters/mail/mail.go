// Package mail is the way to people outside the chat: other municipalities, the
// ketenregisseur, and the second way of an alarm (D15). It sends and takes
// nothing in: whoever answers a mail answers to the person it names.
//
// A mail holds a reference, a kind and a date, and no content (promise 2). It
// also makes the invitations that people keep in a calendar (Calendar). What is
// sent to whom is decided in bot/desk and bot/copen.
package mail

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base32"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/textproto"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/meldroute/meldroute/adapters"
)

// Platform is the first part of every address of this adapter; the rest is a
// mail address.
const Platform = "mail"

// The ways to keep others from reading along.
const (
	StartTLS = "starttls" // begins in the open, and is refused when TLS does not follow
	Implicit = "implicit" // TLS from the first byte (RFC 8314)
	Plain    = "none"     // on this machine only
)

// Options is what New needs. Host, Port, From, Memory and Say are required.
type Options struct {
	Host string
	Port int
	TLS  string // StartTLS, Implicit or Plain
	// User signs in with Password; without one nobody signs in.
	User, Password string
	From           string // a mail address
	Municipality   string // stands in the subject
	Lang           string // of subjects, "nl" or "en"
	Memory         adapters.Memory
	// Say gives the text of the catalog with this id.
	Say func(lang, id string, args map[string]any) string
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Roots are whose certificates count; the system's when nil.
	Roots *x509.CertPool
}

const (
	// patience is how long connecting may take, and sending after it: both
	// fit in the time that a delivery has (bot/reminder).
	patience = 5 * time.Second
	// remember is how long a sent mail is known: longer than anybody tries.
	remember = 90 * 24 * time.Hour
	// maxFiles bounds what goes along with one mail, in bytes.
	maxFiles = 5 << 20

	scopeSent = "sent"
)

// Adapter sends mail. Make it with New.
type Adapter struct {
	o    Options
	slot chan struct{} // one mail at a time: a key is looked up and sent by one
}

var (
	_ adapters.Adapter  = (*Adapter)(nil)
	_ adapters.Attacher = (*Adapter)(nil)
)

// New makes the adapter. It refuses to send in the open to another machine.
func New(o Options) (*Adapter, error) {
	if o.Memory == nil || o.Say == nil {
		return nil, errors.New("mail: options need Memory and Say")
	}
	if _, err := address(o.From); err != nil {
		return nil, errors.New("mail: from is no mail address")
	}
	if o.TLS == Plain && !loopback(o.Host) {
		return nil, errors.New("mail: without TLS the server must be on this machine")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	a := &Adapter{o: o, slot: make(chan struct{}, 1)}
	_, err := a.client(patience) // the library's own demands
	return a, err
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Name is "mail".
func (a *Adapter) Name() string { return Platform }

// Limits are our own: nobody reads a longer mail. Choices cannot be pressed in
// a mail; a line says where they are.
func (a *Adapter) Limits() adapters.Limits {
	return adapters.Limits{Text: 8000, Choices: 25, ChoiceLabel: 80}
}

// Run takes nothing in: it waits for ctx.
func (a *Adapter) Run(ctx context.Context, _ adapters.Handler) error {
	<-ctx.Done()
	return nil
}

// Check connects and signs in, and sends nothing.
func (a *Adapter) Check(ctx context.Context) error {
	c, err := a.client(left(ctx))
	if err != nil {
		return err
	}
	if err := c.DialWithContext(ctx); err != nil {
		return failed(err)
	}
	_ = c.Close() // it was reached: that it does not say goodbye is its own affair
	return nil
}

// Send sends r once: what was sent under its key to this address is remembered.
// A mail whose fate nobody knows is sent again with the same Message-ID, by
// which most mailboxes show it once. ErrGone is a recipient that the server
// will never take.
func (a *Adapter) Send(ctx context.Context, to adapters.Address, r adapters.Reply) error {
	return a.SendFiles(ctx, to, r)
}

// SendFiles is Send with files. An invitation goes along twice: as a part that
// mail programs offer to accept, and as a file.
func (a *Adapter) SendFiles(ctx context.Context, to adapters.Address, r adapters.Reply, files ...adapters.File) error {
	rcpt, err := address(to.ID.Reveal())
	if to.Platform != Platform || err != nil {
		return fmt.Errorf("mail: no address of a mailbox: %w", adapters.ErrGone)
	}
	if err := a.Limits().Reply(r); err != nil {
		return err
	}
	size := 0
	for _, f := range files {
		if size += len(f.Body.Reveal()); size > maxFiles {
			return fmt.Errorf("%w: files are larger than %d bytes", adapters.ErrUnfit, maxFiles)
		}
	}
	select {
	case a.slot <- struct{}{}:
		defer func() { <-a.slot }()
	case <-ctx.Done():
		return ctx.Err()
	}
	key := a.messageID(rcpt, r.Key)
	if _, sent, err := a.o.Memory.Get(ctx, scopeSent, key); err != nil || sent {
		return err
	}
	if err := a.deliver(ctx, rcpt, r, files); err != nil {
		return err
	}
	_, _, err = a.o.Memory.Put(ctx, adapters.Item{Scope: scopeSent, Key: key, Until: a.o.Now().Add(remember)})
	return err
}

func (a *Adapter) deliver(ctx context.Context, rcpt string, r adapters.Reply, files []adapters.File) error {
	m, err := a.message(rcpt, r, files)
	if err != nil {
		return err
	}
	c, err := a.client(left(ctx))
	if err != nil {
		return err
	}
	err = c.DialAndSendWithContext(ctx, m)
	if m.IsDelivered() {
		return nil // the server took it; how it parted does not matter
	}
	return failed(err)
}

// client is a connection to be made: one for each mail, since they are few.
func (a *Adapter) client(wait time.Duration) (*mail.Client, error) {
	opts := []mail.Option{mail.WithPort(a.o.Port), mail.WithTimeout(wait), mail.WithoutNoop(), mail.WithHELO(a.domain())}
	switch a.o.TLS {
	case StartTLS:
		opts = append(opts, mail.WithTLSPolicy(mail.TLSMandatory))
	case Implicit:
		opts = append(opts, mail.WithSSL())
	case Plain:
		opts = append(opts, mail.WithTLSPolicy(mail.NoTLS))
	default:
		return nil, fmt.Errorf("mail: no way of TLS called %q", a.o.TLS)
	}
	if a.o.User != "" {
		opts = append(opts, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(a.o.User), mail.WithPassword(a.o.Password))
	}
	c, err := mail.NewClient(a.o.Host, opts...)
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	if a.o.Roots != nil {
		if err := c.SetTLSConfig(&tls.Config{ServerName: a.o.Host, RootCAs: a.o.Roots, MinVersion: tls.VersionTLS12}); err != nil {
			return nil, fmt.Errorf("mail: %w", err)
		}
	}
	return c, nil
}

// left is how long connecting, or sending after it, may still take.
func left(ctx context.Context) time.Duration {
	if until, ok := ctx.Deadline(); ok {
		return max(min(patience, time.Until(until)), time.Millisecond)
	}
	return patience
}

// domain is where the sender's mailbox is.
func (a *Adapter) domain() string {
	_, domain, _ := strings.Cut(a.o.From, "@")
	return domain
}

// messageID names a mail by its recipient and key, the same at every try.
func (a *Adapter) messageID(rcpt, key string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(rcpt) + "\x00" + key))
	return strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:20])) + "@" + a.domain()
}

// address reads a bare mail address: no name beside it, nothing folded in.
func address(s string) (string, error) {
	p, err := netmail.ParseAddress(s)
	if err != nil || p.Address != s || p.Name != "" {
		return "", errors.New("mail: no mail address")
	}
	return s, nil
}

// failed says why a mail was not taken, without what the server wrote: that may
// repeat the address.
func failed(err error) error {
	var refused *mail.SendError
	if errors.As(err, &refused) {
		code, enhanced := refused.ErrorCode(), refused.EnhancedStatusCode()
		if refused.Reason == mail.ErrSMTPRcptTo && gone(code, enhanced) {
			return fmt.Errorf("mail: recipient refused (%d): %w", code, adapters.ErrGone)
		}
		return fmt.Errorf("mail: not sent, %s (%d %s)", refused.Reason, code, enhanced)
	}
	var answer *textproto.Error
	if errors.As(err, &answer) {
		return fmt.Errorf("mail: the server answered %d", answer.Code)
	}
	return fmt.Errorf("mail: %w", err)
}

// gone reports whether a refusal is about the recipient and lasts. 5.7 is about
// what a server allows us (RFC 3463), which its operator can mend.
func gone(code int, enhanced string) bool {
	return code >= 500 && code <= 599 && !strings.HasPrefix(enhanced, "5.7.")
}
