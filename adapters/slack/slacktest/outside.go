package slacktest

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// slackHost is where a program looks for Slack.
const slackHost = "slack.com"

// Outside lets another process reach the workspace as it reaches Slack itself.
// It returns what must stand in its environment, as Proxy does. Call it before an
// app connects.
func (w *Workspace) Outside() (env []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.outside = true
	return Proxy(w.t, w)
}

// ServeHTTP implements http.Handler: the Web API, and the way to Socket Mode.
func (w *Workspace) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.server.Handler.ServeHTTP(rw, r)
}

// at is the address of a path; scheme is http or ws.
func (w *Workspace) at(scheme, path string) string {
	if w.outside {
		return scheme + "s://" + slackHost + path
	}
	return scheme + "://" + Host + path
}

// Proxy lets a program in Go, in a process of its own, find h where it looks for
// Slack. It returns what must stand in the environment of that process: the proxy
// that leads to h, and the file with the certificate to trust. The program is not
// to be changed for it. Where Go asks the system whom to trust (macOS, Windows)
// the certificate has no effect.
func Proxy(t testing.TB, h http.Handler) (env []string) {
	t.Helper()
	cert, file := certificate(t)
	s := httptest.NewUnstartedServer(h)
	s.Listener = tunnels{s.Listener}
	s.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of a process that was killed
	s.StartTLS()
	t.Cleanup(s.Close)
	return []string{"HTTPS_PROXY=http://" + s.Listener.Addr().String(), "NO_PROXY=", "no_proxy=", "SSL_CERT_FILE=" + file}
}

// certificate is one for Slack's name, signed by itself, and the file it is in.
func certificate(t testing.TB) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	of := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{slackHost},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, of, of, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "slack.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

// tunnels is a listener to which each connection comes by CONNECT.
type tunnels struct{ net.Listener }

// Accept implements net.Listener.
func (l tunnels) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &tunnel{Conn: c}, nil
}

// tunnel is a connection that begins with a request for it (RFC 9110, 9.3.6).
type tunnel struct {
	net.Conn
	once sync.Once
	err  error
}

// Read implements net.Conn.
func (c *tunnel) Read(b []byte) (int, error) {
	c.once.Do(func() { c.err = c.open() })
	if c.err != nil {
		return 0, c.err
	}
	return c.Conn.Read(b)
}

// open answers the request. Nothing follows it before its answer.
func (c *tunnel) open() error {
	r, err := http.ReadRequest(bufio.NewReader(c.Conn))
	if err != nil {
		return err
	}
	if r.Method != http.MethodConnect || r.Host != slackHost+":443" {
		return fmt.Errorf("slacktest: %s to another than Slack", r.Method)
	}
	_, err = io.WriteString(c.Conn, "HTTP/1.1 200 OK\r\n\r\n")
	return err
}
