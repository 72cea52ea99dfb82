package slack_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/adaptertest"
	"github.com/meldroute/meldroute/adapters/slack"
	"github.com/meldroute/meldroute/adapters/slack/slacktest"
	"github.com/meldroute/meldroute/config/private"
)

// text is anything that can be typed, of a length up to most.
func text(most int) *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringN(0, most, -1), rapid.StringOfN(rapid.Rune(), 0, most, -1), rapid.Just(""),
		rapid.SampledFrom([]string{"\n\n\n", "- ", "**", "- **a** b\n- \n-", " ", "\x00", "\xff\xfe", "<!here>", "😀", "a\n\n- b\n\nc **d"}),
		rapid.Map(rapid.IntRange(0, most), func(n int) string {
			s := ""
			for len(s) < n {
				s += "Zé😀 "
			}
			return s
		}),
	)
}

func aForm(t *rapid.T) adapters.Form {
	short, long := text(200), text(7000)
	tone := rapid.SampledFrom([]adapters.Tone{adapters.TonePlain, adapters.ToneMain, adapters.ToneDanger, adapters.ToneQuiet})
	f := adapters.Form{
		Token: text(40).Draw(t, "token"), Title: text(160).Draw(t, "title"), Intro: long.Draw(t, "intro"),
		Submit: text(40).Draw(t, "submit"), Step: 2, Of: rapid.IntRange(0, 3).Draw(t, "of"),
	}
	if rapid.Bool().Draw(t, "linked") {
		f.Link = &adapters.Link{Label: short.Draw(t, "label"), URL: "https://x.example/" + rapid.StringMatching(`[a-z]{0,30}`).Draw(t, "url"), Note: short.Draw(t, "note")}
	}
	for range rapid.OneOf(rapid.IntRange(0, 40), rapid.Just(130)).Draw(t, "facts") {
		f.Facts = append(f.Facts, adapters.Fact{Label: short.Draw(t, "label"), Value: private.New(long.Draw(t, "value")), Tone: tone.Draw(t, "tone")})
	}
	kinds := rapid.SampledFrom([]adapters.Kind{adapters.Line, adapters.Area, adapters.One, adapters.Many, adapters.Date, adapters.Phone})
	for i := range rapid.IntRange(0, 15).Draw(t, "fields") {
		fd := adapters.Field{
			Name: "n" + string(rune('a'+i)), Label: short.Draw(t, "label"), Help: short.Draw(t, "help"), Kind: kinds.Draw(t, "kind"),
			Optional: rapid.Bool().Draw(t, "optional"), Max: rapid.IntRange(0, 5000).Draw(t, "max"),
		}
		for range rapid.IntRange(0, 2).Draw(t, "values") {
			fd.Value = append(fd.Value, private.New(long.Draw(t, "value")))
		}
		for j := range rapid.OneOf(rapid.IntRange(0, 12), rapid.IntRange(0, 12), rapid.IntRange(99, 101)).Draw(t, "options") {
			fd.Options = append(fd.Options, adapters.Option{Value: "o" + string(rune('0'+j)), Label: short.Draw(t, "option"), Help: short.Draw(t, "help")})
			if rapid.Bool().Draw(t, "chosen") {
				fd.Value = append(fd.Value, private.New("o"+string(rune('0'+j))))
			}
		}
		f.Fields = append(f.Fields, fd)
	}
	for range rapid.IntRange(0, 60).Draw(t, "acts") {
		f.Acts = append(f.Acts, adapters.Act{
			Value: "a." + text(30).Draw(t, "act"), Label: short.Draw(t, "label"), Tone: tone.Draw(t, "tone"),
			Group: rapid.SampledFrom([]string{"", "Een", "Twee"}).Draw(t, "group"), Under: rapid.SampledFrom([]string{"", "na", "zz"}).Draw(t, "under"),
		})
	}
	return f
}

func aReply(t *rapid.T) adapters.Reply {
	r := adapters.Reply{
		Text: text(4100).Draw(t, "text"), Urgent: rapid.Bool().Draw(t, "urgent"), Quiet: rapid.Bool().Draw(t, "quiet"),
		Step: 1, Of: rapid.IntRange(0, 2).Draw(t, "of"),
	}
	for range rapid.OneOf(rapid.IntRange(0, 27), rapid.IntRange(98, 101)).Draw(t, "choices") {
		r.Choices = append(r.Choices, adapters.Choice{Token: "t", Label: text(80).Draw(t, "label"), Tone: adapters.ToneMain})
	}
	return r
}

// Whatever a form or a reply holds, Slack takes it or the adapter refuses it.
func TestEverythingFitsOrIsRefused(t *testing.T) {
	t.Parallel()
	a, err := slack.New(options(t, workspace(t), &adaptertest.Memory{}))
	if err != nil {
		t.Fatal(err)
	}
	refused := func(t *rapid.T, err error) {
		if !errors.Is(err, adapters.ErrUnfit) {
			t.Fatalf("refused with %v", err)
		}
	}
	t.Run("form", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			b, err := a.Modal(aForm(t), "nl")
			if err != nil {
				refused(t, err)
			} else if wrong := slacktest.CheckView(b); len(wrong) > 0 {
				t.Fatalf("Slack would say %v", wrong)
			}
		})
	})
	t.Run("reply", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			r := aReply(t)
			b, err := a.Blocks(r, "en")
			if err != nil {
				refused(t, err)
			} else if wrong := slacktest.CheckMessage(b); len(wrong) > 0 && a.Limits().Reply(r) == nil {
				t.Fatalf("Slack would say %v", wrong)
			}
		})
	})
}
