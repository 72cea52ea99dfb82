package vault_test

import (
	"bytes"
	"testing"

	"github.com/meldroute/meldroute/store/vault"
)

// BenchmarkOpen is what a start waits for.
func BenchmarkOpen(b *testing.B) {
	path := keyFile(b)
	for b.Loop() {
		open(b, path)
	}
}

// BenchmarkTurn is the vault's share of a dialogue turn: two names, one
// opening and one sealing of 1 KB (DESIGN section 9).
func BenchmarkTurn(b *testing.B) {
	v := open(b, keyFile(b))
	plain := bytes.Repeat([]byte("x"), 1<<10)
	sealed := v.SealWorking(plain, ad)
	b.ReportAllocs()
	for b.Loop() {
		v.Name("session", "web", "U0123456789")
		v.Name("inbox", "web", "E0123456789")
		if _, err := v.OpenWorking(sealed, ad); err != nil {
			b.Fatal(err)
		}
		v.SealWorking(plain, ad)
	}
}

func BenchmarkName(b *testing.B) {
	v := open(b, keyFile(b))
	b.ReportAllocs()
	for b.Loop() {
		v.Name("session", "web", "U0123456789")
	}
}

// BenchmarkCase is a case opened at the desk: a key unwrapped, eight fields.
func BenchmarkCase(b *testing.B) {
	v := open(b, keyFile(b))
	k, err := vault.NewKey()
	if err != nil {
		b.Fatal(err)
	}
	wrapped, err := v.Wrap(k, ad)
	if err != nil {
		b.Fatal(err)
	}
	sealed := k.Seal(bytes.Repeat([]byte("x"), 256), ad)
	b.ReportAllocs()
	for b.Loop() {
		k, err := v.Unwrap(wrapped, ad)
		if err != nil {
			b.Fatal(err)
		}
		for range 8 {
			if _, err := k.Open(sealed, ad); err != nil {
				b.Fatal(err)
			}
		}
		k.Erase()
	}
}

func BenchmarkMAC(b *testing.B) {
	v := open(b, keyFile(b))
	line := bytes.Repeat([]byte("x"), 256)
	b.ReportAllocs()
	for b.Loop() {
		v.MAC(line)
	}
}

func BenchmarkSign(b *testing.B) {
	v := open(b, keyFile(b))
	b.ReportAllocs()
	for b.Loop() {
		v.Sign(ad)
	}
}
