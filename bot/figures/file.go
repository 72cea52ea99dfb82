package figures

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
)

// The files of a pack that a coördinator can fetch.
const (
	FilePage  = "page"  // HTML
	FileTable = "table" // CSV
	FileMerge = "merge" // the JSON that ReadPack reads, for `bot figures merge`
)

// FileOf writes one of a pack's files.
func FileOf(p Pack, kind string, v View) (adapters.File, error) {
	var b bytes.Buffer
	f := adapters.File{Name: "cijfers-" + p.Window.To.String()}
	var err error
	switch kind {
	case FilePage:
		f.Name, f.Type = f.Name+".html", "text/html; charset=utf-8"
		err = HTML(&b, p, v)
	case FileTable:
		f.Name, f.Type = f.Name+".csv", "text/csv; charset=utf-8"
		err = CSV(&b, p, v)
	case FileMerge:
		f.Name, f.Type = f.Name+".json", "application/json"
		err = JSON(&b, p)
	default:
		err = fmt.Errorf("figures: no file %.20q", kind)
	}
	f.Body = private.New(b.String())
	return f, err
}

// JSON writes what ReadPack reads.
func JSON(w io.Writer, p Pack) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(p)
}
