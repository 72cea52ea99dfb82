package slacktest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// method is a call of the Web API: what it takes, what it needs, what it does.
type method struct {
	scopes []string // one of them
	app    bool     // the app's token, not the bot's
	do     func(w *Workspace, in url.Values) (object, string, []string)
}

func methods() map[string]method {
	return map[string]method{
		"auth.test":                    {do: authTest},
		"apps.connections.open":        {app: true, do: openConnection},
		"chat.postMessage":             {scopes: []string{"chat:write"}, do: postMessage},
		"chat.update":                  {scopes: []string{"chat:write"}, do: updateMessage},
		"chat.delete":                  {scopes: []string{"chat:write"}, do: deleteMessage},
		"chat.postEphemeral":           {scopes: []string{"chat:write"}, do: postEphemeral},
		"conversations.open":           {scopes: []string{"im:write"}, do: openConversation},
		"conversations.info":           {do: conversationInfo},
		"conversations.members":        {do: conversationMembers},
		"conversations.history":        {do: conversationHistory},
		"users.info":                   {scopes: []string{"users:read"}, do: userInfo},
		"views.open":                   {do: openView},
		"views.update":                 {do: updateView},
		"views.publish":                {do: publishView},
		"files.getUploadURLExternal":   {scopes: []string{"files:write"}, do: uploadURL},
		"files.completeUploadExternal": {scopes: []string{"files:write"}, do: completeUpload},
	}
}

// api answers a call of the Web API.
func (w *Workspace) api(rw http.ResponseWriter, r *http.Request) {
	name := r.PathValue("method")
	m, ok := methods()[name]
	if !ok {
		w.answer(rw, object{"ok": false, "error": "unknown_method"})
		return
	}
	in, err := arguments(r)
	if err != nil {
		w.answer(rw, object{"ok": false, "error": "invalid_json"})
		return
	}
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if token == "" {
		token = in.Get("token")
	}
	w.mu.Lock()
	w.calls[name]++
	sent := object{}
	for k := range in {
		sent[k] = read(in.Get(k))
	}
	delete(sent, "token")
	w.keep(name, sent)
	if after, ok := w.limited(name, in.Get("channel")); ok {
		w.mu.Unlock()
		rw.Header().Set("Retry-After", strconv.Itoa(int((after+time.Second-1)/time.Second)))
		rw.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(rw, `{"ok":false,"error":"ratelimited"}`)
		return
	}
	out := object{"ok": false, "error": "internal_error"}
	if w.refuse[name] > 0 {
		w.refuse[name]--
	} else {
		out = w.call(m, token, in)
	}
	if out["ok"] == true { // what is sent on purpose to be refused does not count
		w.record(name, in)
	}
	lost := w.lose[name] > 0
	if lost {
		w.lose[name]--
	}
	w.mu.Unlock()
	if lost {
		panic(http.ErrAbortHandler)
	}
	w.answer(rw, out)
}

// call does a call; mu is held.
func (w *Workspace) call(m method, token string, in url.Values) object {
	switch {
	case token == "":
		return object{"ok": false, "error": "not_authed"}
	case w.revoked:
		return object{"ok": false, "error": "token_revoked"}
	case m.app && token == w.token, !m.app && token == AppToken:
		return object{"ok": false, "error": "not_allowed_token_type"}
	case token != w.token && token != AppToken:
		return object{"ok": false, "error": "invalid_auth"}
	case len(m.scopes) > 0 && !slices.ContainsFunc(m.scopes, func(s string) bool { return slices.Contains(w.Scopes, s) }):
		return object{"ok": false, "error": "missing_scope", "needed": strings.Join(m.scopes, ","), "provided": strings.Join(w.Scopes, ",")}
	}
	out, code, wrong := m.do(w, in)
	if code != "" {
		if out == nil {
			out = object{}
		}
		out["ok"], out["error"] = false, code
		if len(wrong) > 0 {
			w.problem("%s: %s", code, strings.Join(wrong, "; "))
			out["response_metadata"] = object{"messages": wrong}
		}
		return out
	}
	if out == nil {
		out = object{}
	}
	out["ok"] = true
	return out
}

// limited reports whether a call comes too soon. Posting is paced for each
// channel: one a second, and short bursts (docs.slack.dev/apis/web-api/rate-limits).
func (w *Workspace) limited(name, channel string) (time.Duration, bool) {
	if l := w.limits[name]; len(l) > 0 {
		w.limits[name] = l[1:]
		return l[0], true
	}
	c := w.channels[channel]
	if name != "chat.postMessage" || c == nil {
		return 0, false
	}
	const burst = 6
	now := time.Now()
	if c.posted.IsZero() {
		c.tokens = burst
	} else {
		c.tokens = min(burst, c.tokens+now.Sub(c.posted).Seconds())
	}
	c.posted = now
	if c.tokens < 1 {
		w.problem("chat.postMessage: too fast for one channel (%s)", channel)
		return time.Second, true
	}
	c.tokens--
	return 0, false
}

// arguments reads a form, or JSON whose values become JSON again.
func arguments(r *http.Request) (url.Values, error) {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		err := r.ParseForm()
		return r.Form, err
	}
	body, err := io.ReadAll(r.Body)
	in := url.Values{}
	var o object
	if err != nil || len(body) == 0 {
		return in, err
	}
	if err := json.Unmarshal(body, &o); err != nil {
		return nil, err
	}
	for k, v := range o {
		if s, ok := v.(string); ok {
			in.Set(k, s)
		} else if v != nil {
			b, _ := json.Marshal(v)
			in.Set(k, string(b))
		}
	}
	return in, nil
}

func (w *Workspace) answer(rw http.ResponseWriter, o object) {
	rw.Header().Set("X-OAuth-Scopes", strings.Join(w.Scopes, ","))
	rw.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(rw).Encode(o)
}

func authTest(_ *Workspace, _ url.Values) (object, string, []string) {
	return object{"team_id": Team, "user_id": Bot, "bot_id": botID, "team": "Werk", "user": "meldroute", "url": "https://werk.slack.com/"}, "", nil
}

// place is the channel that is meant, by its id or by a person's.
func (w *Workspace) place(id string) (*Channel, string) {
	if u := w.users[id]; u != nil {
		return w.dm(u), ""
	}
	c := w.channels[id]
	if c == nil || c.Private && !c.has(Bot) {
		return nil, "channel_not_found"
	}
	return c, ""
}

// lacks says that the bot may not do something ("read", "history") with channels
// of this kind; nil when it may (docs.slack.dev/reference/scopes).
func (w *Workspace) lacks(c *Channel, what string) object {
	scope := "channels:" + what
	switch {
	case c.person != "":
		scope = "im:" + what
	case c.Private:
		scope = "groups:" + what
	}
	if slices.Contains(w.Scopes, scope) {
		return nil
	}
	return object{"needed": scope, "provided": strings.Join(w.Scopes, ",")}
}

// content reads what a message shows.
func (w *Workspace) content(in url.Values) (blocks []any, meta object, code string, wrong []string) {
	if s := in.Get("blocks"); s != "" {
		if json.Unmarshal([]byte(s), &blocks) != nil {
			return nil, nil, "invalid_blocks_format", nil
		}
		if wrong = checkBlocks("message", blocks); len(wrong) > 0 {
			return nil, nil, "invalid_blocks", wrong
		}
		for _, id := range slackFiles(blocks) {
			w.busyFor--
			if f := w.files[id]; f == nil || !f.whole || w.busyFor >= 0 {
				return nil, nil, "invalid_blocks", []string{"[ERROR] invalid slack file"}
			}
		}
	}
	text := in.Get("text")
	if text == "" && len(blocks) == 0 {
		return nil, nil, "no_text", nil
	}
	if text == "" {
		w.problem("a message without text: nothing for a notification or a screen reader")
	}
	if runes(text) > 40000 {
		w.problem("a message's text was cut off")
	}
	for _, mark := range []string{"<!", "<@", "<#", "<http", "<mailto"} {
		if strings.Contains(text, mark) {
			w.problem("a message's text mentions or links: %s", mark)
		}
	}
	if s := in.Get("metadata"); s != "" {
		if json.Unmarshal([]byte(s), &meta) != nil || meta["event_type"] == nil || meta["event_payload"] == nil {
			return nil, nil, "invalid_metadata_format", nil
		}
	}
	return blocks, meta, "", nil
}

func postMessage(w *Workspace, in url.Values) (object, string, []string) {
	c, code := w.place(in.Get("channel"))
	switch {
	case code != "":
		return nil, code, nil
	case c.Archived:
		return nil, "is_archived", nil
	case !c.has(Bot):
		return nil, "not_in_channel", nil
	}
	blocks, meta, code, wrong := w.content(in)
	if code != "" {
		return nil, code, wrong
	}
	m := &message{ts: w.stamp(), user: Bot, text: in.Get("text"), blocks: blocks, metadata: meta, thread: in.Get("thread_ts")}
	if m.thread != "" && c.find(m.thread) == nil {
		return nil, "thread_not_found", nil
	}
	c.messages = append(c.messages, m)
	w.wake()
	return object{"channel": c.ID, "ts": m.ts, "message": m.json(true)}, "", nil
}

// own finds a message that the bot may change.
func (w *Workspace) own(in url.Values, forbidden string) (*Channel, *message, string) {
	c := w.channels[in.Get("channel")]
	if c == nil {
		return nil, nil, "channel_not_found"
	}
	m := c.find(in.Get("ts"))
	switch {
	case m == nil:
		return nil, nil, "message_not_found"
	case m.user != Bot:
		w.problem("%s", forbidden)
		return nil, nil, forbidden
	}
	return c, m, ""
}

func updateMessage(w *Workspace, in url.Values) (object, string, []string) {
	c, m, code := w.own(in, "cant_update_message")
	if code != "" {
		return nil, code, nil
	}
	blocks, meta, code, wrong := w.content(in)
	if code != "" {
		return nil, code, wrong
	}
	m.text, m.blocks = in.Get("text"), blocks
	if meta != nil {
		m.metadata = meta
	}
	w.wake()
	return object{"channel": c.ID, "ts": m.ts, "text": m.text, "message": m.json(true)}, "", nil
}

func deleteMessage(w *Workspace, in url.Values) (object, string, []string) {
	c, m, code := w.own(in, "cant_delete_message")
	if code != "" {
		return nil, code, nil
	}
	c.messages = slices.DeleteFunc(c.messages, func(x *message) bool { return x == m })
	w.wake()
	return object{"channel": c.ID, "ts": m.ts}, "", nil
}

func postEphemeral(w *Workspace, in url.Values) (object, string, []string) {
	c, code := w.place(in.Get("channel"))
	if code != "" {
		return nil, code, nil
	}
	u := w.users[in.Get("user")]
	if u == nil || !c.has(u.ID) {
		return nil, "user_not_in_channel", nil
	}
	blocks, _, code, wrong := w.content(in)
	if code != "" {
		return nil, code, wrong
	}
	text := strings.Join(texts(blocks), "\n")
	if len(blocks) == 0 {
		text = unescape(in.Get("text"))
	}
	u.notices = append(u.notices, Seen{Text: text, Buttons: buttons(blocks)})
	w.wake()
	return object{"message_ts": w.stamp()}, "", nil
}

func openConversation(w *Workspace, in url.Values) (object, string, []string) {
	u := w.users[in.Get("users")]
	switch {
	case u == nil:
		return nil, "user_not_found", nil
	case u.Gone:
		return nil, "user_disabled", nil
	case u.Bot:
		return nil, "cannot_dm_bot", nil
	}
	c := w.dm(u)
	return object{"channel": object{"id": c.ID}}, "", nil
}

func conversationInfo(w *Workspace, in url.Values) (object, string, []string) {
	c, code := w.place(in.Get("channel"))
	if code != "" {
		return nil, code, nil
	}
	if no := w.lacks(c, "read"); no != nil {
		return no, "missing_scope", nil
	}
	return object{"channel": object{
		"id": c.ID, "is_private": c.Private, "is_im": c.person != "", "is_ext_shared": c.Shared, "is_shared": c.Shared,
		"is_archived": c.Archived, "is_member": c.has(Bot), "is_channel": c.person == "", "name": "kanaal",
	}}, "", nil
}

// page is the part of n things that a cursor asks for: few at a time, so that an
// app that does not ask on is found out.
func page(in url.Values, n int) (from, to int, next string) {
	from, _ = strconv.Atoi(in.Get("cursor"))
	to = min(n, from+3)
	if to < n {
		next = strconv.Itoa(to)
	}
	return min(from, n), to, next
}

func conversationMembers(w *Workspace, in url.Values) (object, string, []string) {
	c, code := w.place(in.Get("channel"))
	if code != "" {
		return nil, code, nil
	}
	if no := w.lacks(c, "read"); no != nil {
		return no, "missing_scope", nil
	}
	from, to, next := page(in, len(c.Members))
	return object{"members": c.Members[from:to], "response_metadata": object{"next_cursor": next}}, "", nil
}

func conversationHistory(w *Workspace, in url.Values) (object, string, []string) {
	c, code := w.place(in.Get("channel"))
	if code != "" {
		return nil, code, nil
	}
	if no := w.lacks(c, "history"); no != nil {
		return no, "missing_scope", nil
	}
	var all []object
	for _, m := range slices.Backward(c.messages) {
		if m.ts > in.Get("oldest") && m.thread == "" {
			all = append(all, m.json(!w.bare && slices.Contains([]string{"1", "true"}, in.Get("include_all_metadata"))))
		}
	}
	from, to, next := page(in, len(all))
	return object{"messages": all[from:to], "has_more": next != "", "response_metadata": object{"next_cursor": next}}, "", nil
}

func (m *message) json(meta bool) object {
	o := object{"type": "message", "ts": m.ts, "user": m.user, "text": m.text, "team": Team}
	if m.user == Bot {
		o["bot_id"] = botID
	}
	if len(m.blocks) > 0 {
		o["blocks"] = m.blocks
	}
	if meta && m.metadata != nil {
		o["metadata"] = m.metadata
	}
	return o
}

func userInfo(w *Workspace, in url.Values) (object, string, []string) {
	u := w.users[in.Get("user")]
	if u == nil {
		return nil, "user_not_found", nil
	}
	o := object{
		"id": u.ID, "team_id": Team, "name": strings.ToLower(u.Name), "deleted": u.Gone, "is_bot": u.Bot,
		"is_restricted": u.Guest, "is_ultra_restricted": false, "is_stranger": u.Stranger,
		"profile": object{"real_name": u.Name, "display_name": ""}, "real_name": u.Name,
	}
	if in.Get("include_locale") == "true" {
		o["locale"] = u.Locale
	}
	return object{"user": o}, "", nil
}

func same(a, b any) bool { return reflect.DeepEqual(a, b) }

func isDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}
