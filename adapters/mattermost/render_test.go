package mattermost_test

import (
	"strings"
	"testing"

	"github.com/mattermost/mattermost/server/public/shared/markdown"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/mattermost"
	"github.com/meldroute/meldroute/adapters/mattermost/mattermosttest"
	"github.com/meldroute/meldroute/config/private"
)

// The little that a text may hold becomes Markdown.
func TestMarkdown(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Bel **112**.":            "Bel **112**.",
		"een\n\ntwee\ndrie":       "een\n\ntwee\ndrie",
		"kies:\n- a\n- b\ndaarna": "kies:\n\n- a\n- b\n\ndaarna",
		"12:30 uur, 3.5 km":       "12:30 uur, 3.5 km",
		"** los":                  `\*\* los`,
		"a **b** c **d":           `a **b** c \*\*d`,
	} {
		if got := mattermost.Markdown(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// tricks is text that would do something in one of Mattermost's readers.
func tricks(user, keyword string) []string {
	out := []string{
		"# kop", "> citaat", "- lijst", "+ lijst", "1. lijst", "2) lijst", "---", "===", "***", "    code", "\tcode",
		"```\ncode\n```", "~~~\ncode\n~~~", "`code`", "**vet**x**", "_schuin_", "__vet__", "~~weg~~", "| a | b |\n|---|---|\n| 1 | 2 |",
		"[klik](https://evil.example)", "![x](https://evil.example/x.png)", "<https://evil.example>", "https://evil.example", "HTTP://evil.example",
		"www.evil.example", "mailto:x@evil.example", "x@evil.example", "tel:112", "[x]: https://evil.example\n[x]", "[x][y]",
		"<b>vet</b>", "<!-- weg -->", "<img src=x>", "&lt;b&gt;", "&#64;all", ":smile:", ":+1:", ":)", "<3", "#hashtag", "~town-square", "$x^2$",
		"\u202eomgekeerd\u202c", "@\u200ball", "\u2066@all\u2069", "a\u2028# kop", "a\u0000b", "@" + "\u034f" + "all",
	}
	for _, m := range []string{"all", "channel", "here", user} {
		out = append(out, "@"+m, "(@"+m+")", ".@"+m, "x.@"+m, "@"+m+".", ":@"+m+":", "-@"+m+"-", "@"+strings.ToUpper(m), "**@"+m+"**", "é@"+m, "\\@"+m, "@@"+m, "_@"+m+"_")
	}
	return append(out, keyword)
}

// Whatever stands in a text, the server's own reader of Markdown sees text in
// it and no more: nothing that is made a link, an image, code or a quote.
func TestMarkdownIsOnlyText(t *testing.T) {
	t.Parallel()
	for _, s := range tricks("jan", "jan") {
		got := mattermost.Markdown(s)
		markdown.Inspect(got, func(node any) bool {
			switch node.(type) {
			case *markdown.InlineLink, *markdown.InlineImage, *markdown.ReferenceLink, *markdown.ReferenceImage, *markdown.Autolink,
				*markdown.CodeSpan, *markdown.FencedCode, *markdown.IndentedCode, *markdown.BlockQuote, *markdown.Emoji, *markdown.ListItem:
				if !strings.HasPrefix(s, "- ") { // that is a list of ours
					t.Errorf("%q became %q, in which there is a %T", s, got, node)
				}
			}
			return true
		})
		for _, r := range got {
			if strings.ContainsRune("\u202e\u202c\u2066\u2069\u2028\u0000\u034f", r) {
				t.Errorf("%q: %U is left in", s, r)
			}
		}
	}
}

// Nothing in a text mentions anybody: counted by the server, for another member
// of the channel who is named in it. One real mention shows that it counts.
func TestMarkdownMentionsNobody(t *testing.T) {
	t.Parallel()
	x := start(t, discard{}, nil)
	member := x.server.User(t, x.team)
	add(t, x, member)
	// That he was added is told him, a little later.
	eventually(t, "it is told who was added", func() bool { return mentions(t, x, member) == 1 })
	before := int64(1)
	for _, s := range tricks(member.Username, member.Username) {
		if s == member.Username {
			continue // who is told of a plain word chose it himself
		}
		r := adapters.Reply{Key: "t" + s, Text: "tekst " + s + "\n\n" + s, Choices: []adapters.Choice{{Token: "x", Key: "1", Label: s}, {Token: "y", Label: s}}}
		if err := x.adapter.Send(t.Context(), adapters.NewAddress(mattermost.Platform, x.channel.Id), r); err != nil {
			t.Fatal(err)
		}
		if n := mentions(t, x, member); n != before {
			t.Errorf("%q mentions", s)
			before = n
		}
	}
	x.server.Post(t, x.bot, x.channel, "@"+member.Username)
	if n := mentions(t, x, member); n != before+1 {
		t.Errorf("the server counted %d mentions, want %d: it does not count", n, before+1)
	}
	list, _, err := x.bot.Client.GetPostsForChannel(t.Context(), x.channel.Id, 0, 200, "", false, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list.Posts {
		if p.Hashtags != "" {
			t.Errorf("%q has the hashtag %q", p.Message, p.Hashtags)
		}
	}
}

// discard is a handler that does nothing.
type discard struct{ adapters.Handler }

func (discard) Early(adapters.Message) *adapters.Reply { return nil }

func add(t *testing.T, x *house, who mattermosttest.User) {
	t.Helper()
	if _, _, err := x.server.Admin.Client.AddTeamMember(t.Context(), x.team.Id, who.Id); err != nil {
		t.Fatal(err)
	}
	if _, _, err := x.people[0].Client.AddChannelMember(t.Context(), x.channel.Id, who.Id); err != nil {
		t.Fatal(err)
	}
}

func mentions(t *testing.T, x *house, who mattermosttest.User) int64 {
	t.Helper()
	m, _, err := who.Client.GetChannelMember(t.Context(), x.channel.Id, who.Id, "")
	if err != nil {
		t.Fatal(err)
	}
	return m.MentionCount
}

// The facts of a dialog are read by the same reader.
func TestDialogFactsAreOnlyText(t *testing.T) {
	t.Parallel()
	for _, s := range tricks("jan", "jan") {
		f := adapters.Form{Title: "Titel", Facts: []adapters.Fact{{Label: s, Value: private.New(s + "\n" + s)}}}
		got := mattermost.Intro(f)
		markdown.Inspect(got, func(node any) bool {
			switch node.(type) {
			case *markdown.InlineLink, *markdown.InlineImage, *markdown.ReferenceLink, *markdown.ReferenceImage, *markdown.Autolink,
				*markdown.CodeSpan, *markdown.FencedCode, *markdown.IndentedCode, *markdown.BlockQuote, *markdown.Emoji, *markdown.ListItem:
				t.Errorf("%q became %q, in which there is a %T", s, got, node)
			}
			return true
		})
	}
	for _, s := range append(tricks("jan", "jan"), "````\n@all\n````") {
		copied := s + "\n" + strings.Repeat("x", 3000)
		got := mattermost.Intro(adapters.Form{Title: "Titel", Fields: []adapters.Field{{Kind: adapters.Area, Label: "Tekst", Value: private.List(copied)}}})
		found := ""
		markdown.Inspect(got, func(node any) bool {
			if code, ok := node.(*markdown.FencedCode); ok {
				found = code.Code()
			}
			return true
		})
		if !strings.HasSuffix(strings.TrimRight(found, "\n"), "xxx") || strings.Contains(s, "@all") && !strings.Contains(found, "@all") {
			t.Errorf("%q became %.60q, to copy %.60q", s, got, found)
		}
	}
	link := adapters.Form{Title: "x", Link: &adapters.Link{Label: "Haal] op", URL: "https://bot.example/a)b", Note: "7K3"}}
	if got, want := mattermost.Intro(link), `[Haal\] op](https://bot.example/a%29b)`; !strings.Contains(got, want) {
		t.Errorf("got %q, want %q in it", got, want)
	}
}
