// Package mailtest is a real SMTP server for tests, with the mailboxes behind
// it. What the adapter must do is in adaptertest and in the tests of package
// mail.
package mailtest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/meldroute/meldroute/adapters/mail"
)

// Who may sign in.
const (
	User     = "meldroute"
	Password = "Zilvervos-1"
)

// Server is a running server. Lock it to change what it does.
type Server struct {
	sync.Mutex
	Port  int
	Roots *x509.CertPool // who vouches for it
	PEM   []byte         // the same, as a file holds it
	// Refuse answers RCPT TO.
	Refuse func(rcpt string) error
	// Swallow takes the next mail in, and answers that it failed.
	Swallow bool
	// TLS and User say how the last mail came.
	TLS  bool
	User string

	t     testing.TB
	boxes map[string][]Letter
	more  chan struct{}
}

// Letter is a mail as it came in.
type Letter struct {
	Raw    string
	Header netmail.Header
	Text   string
	Parts  []Part
}

// Part is one part of a mail, decoded; Name is a file's.
type Part struct{ Kind, Name, Data string }

// Serve starts a server on this machine until the test ends, with a way of TLS
// of package mail.
func Serve(t testing.TB, way string) *Server {
	t.Helper()
	s := &Server{t: t, boxes: map[string][]Letter{}, more: make(chan struct{})}
	srv := smtp.NewServer(backend{s})
	srv.Domain = "localhost"
	srv.ReadTimeout, srv.WriteTimeout = 10*time.Second, 10*time.Second
	srv.ErrorLog = silent{}
	var l net.Listener
	var err error
	cert := s.certificate(t)
	conf := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	switch way {
	case mail.Implicit:
		l, err = tls.Listen("tcp", "127.0.0.1:0", conf)
	case mail.StartTLS:
		srv.TLSConfig = conf
		fallthrough
	default:
		l, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		t.Fatal(err)
	}
	s.Port = l.Addr().(*net.TCPAddr).Port
	var done sync.WaitGroup
	done.Go(func() { _ = srv.Serve(l) })
	t.Cleanup(func() { _ = srv.Close(); done.Wait() })
	return s
}

type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}

// certificate makes one for 127.0.0.1, which vouches for itself.
func (s *Server) certificate(t testing.TB) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	s.Roots = x509.NewCertPool()
	s.Roots.AddCert(c)
	s.PEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

type backend struct{ s *Server }

func (b backend) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &session{s: b.s, conn: c}, nil
}

type session struct {
	s    *Server
	conn *smtp.Conn
	rcpt string
}

func (x *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (x *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, name, pw string) error {
		if name != User || pw != Password {
			return smtp.ErrAuthFailed
		}
		x.s.Lock()
		defer x.s.Unlock()
		x.s.User = name
		return nil
	}), nil
}

func (x *session) Mail(string, *smtp.MailOptions) error { return nil }

func (x *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	x.rcpt = to
	x.s.Lock()
	defer x.s.Unlock()
	_, x.s.TLS = x.conn.TLSConnectionState()
	if x.s.Refuse != nil {
		return x.s.Refuse(to)
	}
	return nil
}

func (x *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	x.s.Lock()
	defer x.s.Unlock()
	x.s.boxes[x.rcpt] = append(x.s.boxes[x.rcpt], read(x.s.t, b))
	close(x.s.more)
	x.s.more = make(chan struct{})
	if x.s.Swallow {
		x.s.Swallow = false
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "Zilvervos"}
	}
	return nil
}

func (x *session) Reset()        {}
func (x *session) Logout() error { return nil }

// Box is what an address was sent, oldest first.
func (s *Server) Box(at string) []Letter {
	s.Lock()
	defer s.Unlock()
	return append([]Letter(nil), s.boxes[at]...)
}

// Await returns what an address was sent as soon as there are n mails, or nil
// when there are not in time.
func (s *Server) Await(at string, n int, patience time.Duration) []Letter {
	late := time.After(patience)
	for {
		s.Lock()
		got, more := append([]Letter(nil), s.boxes[at]...), s.more
		s.Unlock()
		if len(got) >= n {
			return got
		}
		select {
		case <-more:
		case <-late:
			return nil
		}
	}
}

// read takes a mail apart.
func read(t testing.TB, b []byte) Letter {
	m, err := netmail.ReadMessage(bytes.NewReader(b))
	if err != nil {
		t.Errorf("a mail that cannot be read: %v", err)
		return Letter{}
	}
	l := Letter{Raw: string(b), Header: m.Header}
	l.walk(t, m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Header.Get("Content-Disposition"), m.Body)
	return l
}

func (l *Letter) walk(t testing.TB, kind, encoding, disposition string, body io.Reader) {
	media, params, err := mime.ParseMediaType(kind)
	if err != nil {
		t.Errorf("content type %q: %v", kind, err)
		return
	}
	if strings.HasPrefix(media, "multipart/") {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			p, err := parts.NextRawPart()
			if err == io.EOF {
				return
			}
			if err != nil {
				t.Errorf("a part that cannot be read: %v", err)
				return
			}
			l.walk(t, p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p.Header.Get("Content-Disposition"), p)
		}
	}
	data := decode(t, encoding, body)
	_, file, _ := mime.ParseMediaType(disposition)
	if media == "text/plain" && l.Text == "" {
		l.Text = strings.ReplaceAll(data, "\r\n", "\n")
	}
	l.Parts = append(l.Parts, Part{kind, file["filename"], data})
}

func decode(t testing.TB, encoding string, r io.Reader) string {
	switch strings.ToLower(encoding) {
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, r)
	case "quoted-printable":
		r = quotedprintable.NewReader(r)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Errorf("a part in %q: %v", encoding, err)
	}
	return string(b)
}
