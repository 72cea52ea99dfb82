package slacktest

import (
	"encoding/json"
	"net/url"
	"slices"
)

// kinds are the types of what methods take.
var kinds = map[string]string{
	"chat.postMessage": TypePost, "chat.update": "ChatUpdateArguments", "chat.postEphemeral": "ChatPostEphemeralArguments",
	"views.open": "ViewsOpenArguments", "views.update": "ViewsUpdateArguments", "views.publish": "ViewsPublishArguments",
	"files.completeUploadExternal": "FilesCompleteUploadExternalArguments",
}

// coded are the arguments that are JSON when they come in a form.
var coded = []string{"blocks", "view", "metadata", "files", "unfurl_links", "unfurl_media", "link_names", "mrkdwn"}

// record tells what a method is called with; mu is held.
func (w *Workspace) record(method string, in url.Values) {
	kind, ok := kinds[method]
	if w.Record == nil || !ok {
		return
	}
	body := object{}
	for k := range in {
		v := in.Get(k)
		switch {
		case k == "token":
		case slices.Contains(coded, k) && json.Valid([]byte(v)):
			body[k] = json.RawMessage(v)
		default:
			body[k] = v
		}
	}
	b, err := json.Marshal(body)
	if err != nil {
		w.problem("%s: %v", method, err)
	}
	w.Record(Payload{Name: method, Type: kind, Body: b})
}

// recordAnswer tells what came with an acknowledgement.
func (w *Workspace) recordAnswer(b json.RawMessage) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s := string(b); w.Record != nil && json.Valid(b) && s != "{}" && s != "null" {
		w.Record(Payload{Name: "answer", Type: TypeAnswer, Body: slices.Clone(b)})
	}
}
