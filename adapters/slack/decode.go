package slack

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
)

// kind is what an act is to the adapter.
type kind int

const (
	ignored kind = iota
	typed        // in the dialogue
	pressed      // under a message, at home, or by command or shortcut
	opening      // our own button: a form that waits
	filled       // a form was submitted
	left         // a form was left by a button of its own
	looked       // the Home tab was opened
)

// act is something that somebody did.
type act struct {
	kind    kind
	m       adapters.Message
	user    string
	trigger string
	view    *view  // in which it was done
	waits   string // opening: which form
	command bool   // it came as a slash command, whose answer may hold words
	said    bool   // there was text behind the command
	ack     func(answer any)
	offered bool // while it was handled, choices were sent to where it was done
}

// view is what an act in a modal says of it.
type view struct {
	ID       string                 `json:"id"`
	Type     string                 `json:"type"`
	Hash     string                 `json:"hash"`
	Callback string                 `json:"callback_id"`
	Token    string                 `json:"private_metadata"`
	Title    *slack.TextBlockObject `json:"title"`
	Submit   *slack.TextBlockObject `json:"submit"`
	Close    *slack.TextBlockObject `json:"close"`
	Blocks   []rawBlock             `json:"blocks"` // read when they are shown again
	State    struct {
		Values map[string]map[string]state `json:"values"`
	} `json:"state"`
}

// state is what stands in an input.
type state struct {
	Type    string   `json:"type"`
	Value   *string  `json:"value"`
	Date    *string  `json:"selected_date"`
	Option  *option  `json:"selected_option"`
	Options []option `json:"-"`
}

type option struct {
	Value string `json:"value"`
}

// UnmarshalJSON reads selected_options, which other elements fill otherwise.
func (s *state) UnmarshalJSON(b []byte) error {
	type bare state
	var in struct {
		bare
		Selected json.RawMessage `json:"selected_options"`
	}
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	*s = state(in.bare)
	if s.Type == "checkboxes" && len(in.Selected) > 0 {
		return json.Unmarshal(in.Selected, &s.Options)
	}
	return nil
}

// interaction is a press, a form, or a shortcut: as much as is needed of it.
type interaction struct {
	Type    string `json:"type"`
	Trigger string `json:"trigger_id"`
	At      string `json:"action_ts"`
	Team    struct {
		ID string `json:"id"`
	} `json:"team"`
	User struct {
		ID string `json:"id"`
	} `json:"user"`
	Container struct {
		Channel string `json:"channel_id"`
		Message string `json:"message_ts"`
	} `json:"container"`
	Actions []struct {
		ID    string `json:"action_id"`
		Value string `json:"value"`
		At    string `json:"action_ts"`
	} `json:"actions"`
	View *view `json:"view"`
}

// outer is an event in its envelope.
type outer struct {
	Type      string `json:"type"`
	Challenge string `json:"challenge"`
	Team      string `json:"team_id"`
	ID        string `json:"event_id"`
	Event     struct {
		Type    string          `json:"type"`
		Subtype string          `json:"subtype"`
		Channel string          `json:"channel"`
		Kind    string          `json:"channel_type"`
		User    json.RawMessage `json:"user"` // an id, but not in every event
		Bot     string          `json:"bot_id"`
		Text    string          `json:"text"`
		TS      string          `json:"ts"`
		Tab     string          `json:"tab"`
		Files   json.RawMessage `json:"files"`
	} `json:"event"`
}

var errTeam = errors.New("of another workspace")

// event reads an event: what somebody typed, or that he opened the Home tab.
// What is no business of ours is ignored.
func (s *server) event(o outer) (*act, error) {
	if o.Team != s.team {
		return nil, errTeam
	}
	e := o.Event
	var user string
	_ = json.Unmarshal(e.User, &user)
	x := &act{user: user}
	x.m = adapters.Message{ID: o.ID, From: address(user), At: address(user), Direct: true, Sent: moment(e.TS)}
	switch e.Type {
	case "message":
		// Of what was edited or deleted Slack sends the old words again.
		if e.Kind != "im" || e.Subtype != "" && e.Subtype != "file_share" || e.Bot != "" || !isUser(user) || user == s.bot {
			return x, nil
		}
		x.kind = typed
		x.m.Text = private.New(words(e.Text))
		var files []json.RawMessage
		if json.Unmarshal(e.Files, &files) == nil {
			x.m.Files = len(files)
		}
	case "member_joined_channel", "member_left_channel", "group_archive", "group_unarchive", "channel_shared", "channel_unshared":
		if e.Channel == s.opt.Channel {
			s.look()
		}
	case "user_change":
		if s.people.change(e.User) {
			s.look()
		}
	case "app_home_opened":
		if e.Tab == "home" && isUser(user) {
			x.kind = looked
		}
	}
	return x, nil
}

// interactive reads a press, a form or a shortcut.
func (s *server) interactive(in interaction) (*act, error) {
	if in.Team.ID != s.team {
		return nil, errTeam
	}
	x := &act{user: in.User.ID, trigger: in.Trigger, view: in.View}
	x.m = adapters.Message{From: address(in.User.ID), At: address(in.User.ID), Direct: true, Sent: s.opt.Now().UTC()}
	switch {
	case !isUser(in.User.ID):
	case in.Type == "shortcut":
		x.kind, x.m.Press, x.m.ID = pressed, adapters.TokenReport, s.name("shortcut", in.User.ID, in.At, in.Trigger)
	case in.Type == "view_submission" && in.View != nil:
		x.kind = filled
		x.m.Filled = &adapters.Filled{Token: in.View.Token, Values: in.View.values()}
		x.m.ID = s.name(in.View.parts()...)
	case in.Type == "block_actions" && len(in.Actions) > 0:
		s.pressing(x, in)
	}
	return x, nil
}

// pressing reads a press on a button.
func (s *server) pressing(x *act, in interaction) {
	b := in.Actions[0]
	x.m.Sent = moment(b.At)
	inside := ""
	if in.View != nil {
		inside = in.View.ID
	}
	x.m.ID = s.name("press", in.User.ID, in.Container.Channel, in.Container.Message, inside, b.ID, b.At)
	if c := in.Container.Channel; c != "" && c[0] != 'D' {
		x.m.At, x.m.Direct = address(c), false
	}
	switch {
	case strings.HasPrefix(b.ID, doPress):
		x.kind, x.m.Press = pressed, b.Value
	case strings.HasPrefix(b.ID, doOpen):
		x.kind, x.waits = opening, b.Value
	case strings.HasPrefix(b.ID, doAct) && in.View != nil:
		x.kind = left
		x.m.Filled = &adapters.Filled{Token: in.View.Token, Act: b.Value, Values: in.View.values()}
	}
	if in.View != nil && in.View.Type != "modal" {
		x.view = nil // the Home tab is no window to answer in
	}
}

// slash reads a slash command. Its text is not taken in: people put names there.
func (s *server) slash(c slashCommand) (*act, error) {
	if c.Team != s.team {
		return nil, errTeam
	}
	x := &act{kind: pressed, user: c.User, trigger: c.Trigger, command: true, said: strings.TrimSpace(c.Text) != ""}
	if !isUser(c.User) {
		x.kind = ignored
	}
	x.m = adapters.Message{
		ID: s.name("command", c.User, c.Trigger), From: address(c.User), At: address(c.User), Direct: true,
		Press: adapters.TokenReport, Sent: s.opt.Now().UTC(),
	}
	return x, nil
}

// slashCommand is what was typed behind a slash.
type slashCommand struct {
	Team    string `json:"team_id"`
	User    string `json:"user_id"`
	Text    string `json:"text"`
	Trigger string `json:"trigger_id"`
}

// values is what stands in the form, by the name of the field: the groups of a
// field are put together again.
func (v *view) values() adapters.Values {
	out := adapters.Values{}
	for _, block := range slices.Sorted(maps.Keys(v.State.Values)) {
		field, ok := strings.CutPrefix(block, fieldMark)
		if !ok {
			continue
		}
		field, _, _ = strings.Cut(field, "#")
		for _, s := range v.State.Values[block] {
			out[field] = append(out[field], s.texts()...)
			if len(out[field]) == 0 {
				delete(out, field)
			}
		}
	}
	return out
}

func (s state) texts() []private.Text {
	var out []private.Text
	for _, one := range []*string{s.Value, s.Date} {
		if one != nil && *one != "" {
			out = append(out, private.New(*one))
		}
	}
	if s.Option != nil {
		out = append(out, private.New(s.Option.Value))
	}
	for _, o := range s.Options {
		out = append(out, private.New(o.Value))
	}
	return out
}

// parts are what tells a submitted form from others: it is the same when it is
// sent again unchanged, since its first answer was lost, and another when it was
// corrected.
func (v *view) parts() []string {
	parts := []string{"form", v.ID, v.Hash}
	for _, block := range slices.Sorted(maps.Keys(v.State.Values)) {
		parts = append(parts, block)
		for _, s := range v.State.Values[block] {
			for _, t := range s.texts() {
				parts = append(parts, t.Reveal())
			}
		}
	}
	return parts
}

// name makes an id of what tells an act from every other. It tells nothing of
// them: what was filled in may be among them.
func (s *server) name(parts ...string) string {
	h := hmac.New(sha256.New, []byte(s.opt.BotToken))
	for _, p := range parts {
		_, _ = h.Write([]byte(strconv.Itoa(len(p)) + ":" + p))
	}
	return parts[0] + "-" + hex.EncodeToString(h.Sum(nil)[:12])
}

// moment reads a timestamp of Slack; zero when it is none.
func moment(ts string) time.Time {
	f, err := strconv.ParseFloat(ts, 64)
	if err != nil || f <= 0 {
		return time.Time{}
	}
	return time.UnixMicro(int64(f * 1e6)).UTC()
}

var (
	// marked is what Slack makes of what it knows in a text: <@U1>, <https://x|x>.
	marked   = regexp.MustCompile(`<([^<>|]*)(?:\|([^<>]*))?>`)
	entities = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")
)

// words is a text as it was typed.
func words(s string) string {
	s = marked.ReplaceAllStringFunc(s, func(m string) string {
		part := marked.FindStringSubmatch(m)
		if part[2] != "" {
			return part[2]
		}
		return part[1]
	})
	return entities.Replace(s)
}

// rawBlock is a block of a view as Slack sent it, to be sent back.
type rawBlock json.RawMessage

// head is what must be known of it.
func (b rawBlock) head() (kind, id string) {
	var in struct {
		Type string `json:"type"`
		ID   string `json:"block_id"`
	}
	_ = json.Unmarshal(b, &in)
	return in.Type, in.ID
}

// BlockType implements slack.Block.
func (b rawBlock) BlockType() slack.MessageBlockType {
	kind, _ := b.head()
	return slack.MessageBlockType(kind)
}

// ID implements slack.Block.
func (b rawBlock) ID() string {
	_, id := b.head()
	return id
}

// MarshalJSON returns the block as it came.
func (b rawBlock) MarshalJSON() ([]byte, error) { return b, nil }

// UnmarshalJSON keeps the block as it comes.
func (b *rawBlock) UnmarshalJSON(in []byte) error {
	*b = append((*b)[:0], in...)
	return nil
}
