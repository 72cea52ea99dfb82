package main_test

import (
	"strings"
	"testing"
)

// After an acute report the person reads that it was sent, and that nobody has
// read it yet, before he is asked about 112; the notice of the same receipt is
// visible once.
func TestReceiptComesBeforeTheNextQuestion(t *testing.T) {
	t.Parallel()
	k := monday()
	r := onFile(t).replica(t, newChat(), k)
	r.acute("e-1")
	order := func() (sent, asked, times int) {
		sent, asked = -1, -1
		for i, x := range r.chat.at("web:e-1") {
			if strings.Contains(x.Text, "Jouw code is") {
				sent, times = i, times+1
			}
			if strings.Contains(x.Text, "Heb je 112 gebeld?") {
				asked = i
			}
		}
		return sent, asked, times
	}
	if sent, asked, _ := order(); sent < 0 || asked < sent {
		t.Errorf("the receipt stands at %d and the question at %d", sent, asked)
	}
	r.loop().run(t, k)
	if _, _, times := order(); times != 1 {
		t.Errorf("the receipt is visible %d times", times)
	}
}
