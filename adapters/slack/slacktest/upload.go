package slacktest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
)

// file is one that is uploaded.
type file struct {
	id, name, alt string
	size          int
	body          []byte
	whole         bool
}

func uploadURL(w *Workspace, in url.Values) (object, string, []string) {
	n, err := strconv.Atoi(in.Get("length"))
	if err != nil || n < 1 || in.Get("filename") == "" {
		return nil, "invalid_arguments", nil
	}
	f := &file{id: w.id("F"), name: in.Get("filename"), alt: in.Get("alt_txt"), size: n}
	w.files[f.id] = f
	return object{"upload_url": w.at("http", "/upload/"+f.id), "file_id": f.id}, "", nil
}

func (w *Workspace) upload(rw http.ResponseWriter, r *http.Request) {
	part, _, err := r.FormFile("file")
	if err != nil {
		rw.WriteHeader(http.StatusBadRequest)
		return
	}
	body, err := io.ReadAll(part)
	w.mu.Lock()
	defer w.mu.Unlock()
	f := w.files[r.PathValue("id")]
	if err != nil || f == nil || len(body) != f.size {
		rw.WriteHeader(http.StatusBadRequest)
		return
	}
	f.body = body
	_, _ = fmt.Fprintf(rw, "OK - %d", len(body))
}

func completeUpload(w *Workspace, in url.Values) (object, string, []string) {
	var list []struct{ ID, Title string }
	if json.Unmarshal([]byte(in.Get("files")), &list) != nil || len(list) == 0 {
		return nil, "invalid_arguments", nil
	}
	var out []object
	for _, l := range list {
		f := w.files[l.ID]
		if f == nil || len(f.body) != f.size {
			return nil, "file_not_found", nil
		}
		f.whole = true
		out = append(out, object{"id": f.id, "title": l.Title})
	}
	return object{"files": out}, "", nil
}

func slackFiles(blocks []any) []string {
	var out []string
	for _, b := range blocks {
		o, _ := b.(object)
		if f, ok := o["slack_file"].(object); ok {
			id, _ := f["id"].(string)
			out = append(out, id)
		}
	}
	return out
}
