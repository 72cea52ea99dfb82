package vault_test

import (
	"errors"
	"testing"

	"github.com/meldroute/meldroute/store/vault"
)

func FuzzParse(f *testing.F) {
	// No content makes Parse panic; what it takes serves, what it refuses is
	// ErrDamaged.
	whole := read(f, keyFile(f))
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add([]byte(`{"version":1,"keysets":{"wrap":{"primaryKeyId":1,"key":[{}]}}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := vault.Parse(b)
		if err != nil {
			if !errors.Is(err, vault.ErrDamaged) || v != nil {
				t.Errorf("got %v, want ErrDamaged", err)
			}
			return
		}
		for u := range makeAll(t, v) {
			if !makeAll(t, v).taken(v, u) {
				t.Errorf("%s: does not take what it makes", u)
			}
		}
	})
}

func FuzzKeyOpen(f *testing.F) {
	// No bytes make Open panic, and none but the sealed ones open.
	k, err := vault.NewKey()
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte{}, []byte{})
	f.Add([]byte{1}, []byte("ad"))
	f.Add(k.Seal([]byte("inhoud"), ad)[:30], ad)
	f.Fuzz(func(t *testing.T, b, ad []byte) {
		if _, err := k.Open(b, ad); err != vault.ErrOpen {
			t.Errorf("got %v, want ErrOpen", err)
		}
		if got, err := k.Open(k.Seal(b, ad), ad); err != nil || string(got) != string(b) {
			t.Errorf("opened %d bytes, %v; want the %d sealed", len(got), err, len(b))
		}
	})
}

func FuzzUnwrap(f *testing.F) {
	// No bytes make what a vault opens or checks panic, and foreign ones are
	// refused.
	v := open(f, keyFile(f))
	for _, b := range makeAll(f, v) {
		f.Add(b[:len(b)-1], ad)
	}
	f.Add([]byte{}, []byte{})
	f.Fuzz(func(t *testing.T, b, ad []byte) {
		_, err1 := v.Unwrap(b, ad)
		_, err2 := v.OpenWorking(b, ad)
		_, err3 := v.OpenReporter(b, ad)
		for _, err := range []error{err1, err2, err3} {
			if err != vault.ErrOpen {
				t.Errorf("got %v, want ErrOpen", err)
			}
		}
		if err := v.CheckCanary(b); !errors.Is(err, vault.ErrWrongKey) {
			t.Errorf("got %v, want ErrWrongKey", err)
		}
		if v.VerifyMAC(b, ad) || v.Verify(b, ad) {
			t.Error("foreign code accepted")
		}
		v.Current(vault.UseWrap, b)
		v.Current(vault.UseIndex, b)
	})
}
