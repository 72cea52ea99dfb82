package desk

import (
	"context"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
)

// PressEnter begins to enter a signal that came by phone or on paper. It is a
// press of bot/dialogue, which looks at the right anew.
const PressEnter = "cmd-enter"

// Reads reports whether somebody may read signals now, as at every act.
func (d *Desk) Reads(ctx context.Context, who adapters.Address) (bool, error) {
	_, _, ok, err := d.reader(ctx, who)
	return ok, err
}

// Entered shows a signal to the officer who just entered it, in his own
// dialogue: its reference, which he may know, and "Openen". Who is involved in
// it himself reads why he cannot open it (D4).
func (d *Desk) Entered(ctx context.Context, ref store.Reference, who, at adapters.Address, lang string) error {
	may, err := d.o.Store.Allowed(ctx, ref, []store.Person{private.New(who.Key())})
	if err != nil {
		return err
	}
	r := adapters.Reply{Key: "entered." + string(ref), Text: d.say(lang, "desk.entered", map[string]any{"Ref": string(ref)})}
	if len(may) == 0 {
		r.Text += "\n\n" + d.say(lang, "desk.entered.out", nil)
		return d.send(ctx, at, r)
	}
	tk, err := d.OpenToken(ctx, ref, at)
	if err != nil {
		return err
	}
	r.Choices = []adapters.Choice{
		{Token: tk, Label: d.say(lang, "desk.open", nil), Tone: adapters.ToneMain},
		{Token: query{}.press(), Label: d.say(lang, "desk.overview.button", nil), Tone: adapters.ToneQuiet},
	}
	return d.send(ctx, at, r)
}
