package web

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/meldroute/meldroute/adapters"
)

// maxPanes is how many people stand side by side: a browser opens six
// connections to one server, and each page holds one.
const maxPanes = 3

//go:embed templates
var templates embed.FS

// shown is an entry as a page shows it.
type shown struct {
	Log   string `json:"log"`
	Slot  string `json:"slot"` // names the entry on the page
	Order int    `json:"order"`
	HTML  string `json:"html"`
}

func (a *Adapter) shown(who visitor, log string, e entry, lang string) shown {
	var b bytes.Buffer
	view := struct {
		texts
		entry
		Blocks      []block
		Danger, Src string
	}{texts: a.texts(lang), entry: e, Blocks: markup(e.Text), Danger: adapters.TokenDanger}
	if e.Picture != nil {
		view.Src = e.Picture.src(who.path, who.public(log))
	}
	if err := pages.ExecuteTemplate(&b, "post.html", view); err != nil {
		a.opt.Log.Error("web: post was not rendered")
	}
	log = who.public(log)
	return shown{Log: log, Slot: log + "/" + e.slot, Order: e.order, HTML: b.String()}
}

// pane is a person, or the channel, on the stage.
type pane struct {
	Person
	Role   string
	On     bool
	Toggle string // the address of the stage with this person on or off it
	Page   string
}

// stage is the page with several people side by side. Who they are stands in
// the address and nowhere else.
func (s *server) stage(w http.ResponseWriter, r *http.Request) {
	l := lang(r)
	on := s.cast(r.URL.Query().Get("show"))
	view := struct {
		texts
		People, On []pane
		Other      string
		Full       bool
	}{texts: s.texts(l), Full: len(on) == maxPanes}
	for _, p := range s.opt.People {
		x := pane{Person: p, Role: s.role(l, p.Role), On: slices.Contains(on, p.ID), Page: "/p/" + p.ID + "?lang=" + l}
		next := slices.DeleteFunc(slices.Clone(on), func(id string) bool { return id == p.ID })
		if !x.On {
			next = append(next, p.ID)
		}
		x.Toggle = stageURL(next, l)
		view.People = append(view.People, x)
	}
	for _, id := range on {
		i := slices.IndexFunc(view.People, func(x pane) bool { return x.ID == id })
		view.On = append(view.On, view.People[i])
	}
	view.Other = stageURL(on, map[string]string{"nl": "en", "en": "nl"}[l])
	s.render(w, "stage.html", view)
}

// cast is who stands on the stage: whom the address names, else the first
// employee beside the first reader of the channel.
func (s *server) cast(show string) []string {
	var on []string
	for id := range strings.SplitSeq(show, ",") {
		if s.seats[id] != nil && !slices.Contains(on, id) && len(on) < maxPanes {
			on = append(on, id)
		}
	}
	if len(on) > 0 {
		return on
	}
	for _, want := range []func(*seat) bool{
		func(p *seat) bool { return p.Role == "employee" },
		func(p *seat) bool { return p.reads },
	} {
		for _, p := range s.opt.People {
			if want(s.seats[p.ID]) && !slices.Contains(on, p.ID) {
				on = append(on, p.ID)
				break
			}
		}
	}
	if len(on) == 0 {
		on = append(on, s.opt.People[0].ID)
	}
	return on
}

func stageURL(on []string, lang string) string {
	return "/?" + url.Values{"show": {strings.Join(on, ",")}, "lang": {lang}}.Encode()
}

func (a *Adapter) role(lang, role string) string {
	switch role {
	case "employee", "officer", "coordinator", "teamcoordinator":
		return a.opt.Say(lang, "web.role."+role, nil)
	}
	return ""
}

// logView is a dialogue or the channel on a person's page.
type logView struct {
	ID, Title, Note string
	Channel         bool
	Posts           []shown
}

// page is a person's page. It holds the posts so far; what comes after comes
// by the stream of events.
func (s *server) page(w http.ResponseWriter, r *http.Request, who visitor) {
	l := lang(r)
	view := struct {
		texts
		Who, Role, ID, Begin, Mark string
		Known                      string // his address, where he is signed in
		Logs                       []logView
		Idle                       int64
		Keep                       int
		Broken, Framed             bool
	}{texts: s.texts(l), Who: who.Name, Role: s.role(l, who.Role), ID: who.path,
		Idle: s.opt.Idle.Milliseconds(), Keep: keep, Framed: r.URL.Query().Get("frame") != ""}
	if s.door != nil {
		view.Known = adapters.NewAddress(Platform, who.ID).Key()
	}
	ids := s.logs(who)
	view.Broken = !s.openLogs(r.Context(), ids)
	news, rev, _ := s.book.since(0, ids...)
	view.Mark = s.mark(rev)
	for _, id := range ids {
		v := logView{ID: who.public(id), Title: s.opt.Say(l, "web.direct", nil), Channel: id != who.ID}
		if v.Channel {
			v.Title = s.opt.Channel.Name
			v.Note = s.opt.Say(l, "web.channel.note", map[string]any{"Count": len(s.opt.Readers)})
		}
		for _, e := range news[id] {
			v.Posts = append(v.Posts, s.shown(who, id, e, l))
		}
		view.Logs = append(view.Logs, v)
	}
	if len(news[who.ID]) == 0 {
		view.Begin = who.begin
	}
	s.render(w, "page.html", view)
}

// pages are the templates; html/template escapes all that they are given.
var pages = template.Must(template.New("").Funcs(template.FuncMap{
	// trusted marks what post.html itself made, to stand within page.html.
	"trusted": func(s string) template.HTML { return template.HTML(s) },
	"dict":    dict,
	"initial": func(name string) string {
		r, _ := utf8.DecodeRuneInString(name)
		return string(r)
	},
}).ParseFS(templates, "templates/*.html"))

// dict passes several values to a nested template.
func dict(pairs ...any) map[string]any {
	m := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if k, ok := pairs[i].(string); ok {
			m[k] = pairs[i+1]
		}
	}
	return m
}
