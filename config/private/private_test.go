package private_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/meldroute/meldroute/config/private"
)

const planted = "Zilvervos"

type person struct {
	Name  private.Text
	Alias []private.Text
	More  map[string][]private.Text
	Born  time.Time `json:"born"`
	Count int       `json:",omitempty"`
	Ptr   *private.Text
}

func sample() person {
	p := private.New(planted)
	return person{Name: p, Alias: private.List(planted, "x"), More: map[string][]private.Text{"k": {p}}, Born: time.Unix(1, 0).UTC(), Ptr: &p}
}

// Whatever prints, logs or marshals a value by accident shows the mask.
func TestTextNeverShowsItsContent(t *testing.T) {
	t.Parallel()
	p := sample()
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "p", p, "n", p.Name)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "p", p, "n", p.Name)
	plain, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	seen := []string{log.String(), string(plain), p.Name.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%10s"} {
		seen = append(seen, fmt.Sprintf(verb, p), fmt.Sprintf(verb, p.Name))
	}
	for _, s := range seen {
		if strings.Contains(s, planted) || strings.Contains(s, fmt.Sprintf("%x", planted)) {
			t.Errorf("content shown in %q", s)
		}
	}
}

// What Encode writes, Decode reads back whole.
func TestEncodeDecode(t *testing.T) {
	t.Parallel()
	want := sample()
	b, err := private.Encode(want)
	if err != nil {
		t.Fatal(err)
	}
	var got person
	if err := private.Decode(b, &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Error("what came back differs")
	}
}

// A decoding error does not quote what it could not read.
func TestDecodeErrorHoldsNoContent(t *testing.T) {
	t.Parallel()
	var got struct{ A int }
	err := private.Decode([]byte(`{"A":"`+planted+`"}`), &got)
	if err == nil || strings.Contains(err.Error(), planted) {
		t.Errorf("got %v, want an error without content", err)
	}
}
