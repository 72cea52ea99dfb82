package figures

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/meldroute/meldroute/config"
)

// bom makes a spreadsheet read the file as UTF-8.
const bom = "\ufeff"

// The rows of a file that stand in no table.
const (
	rowPack  = "pack"
	rowTotal = "total"
	rowHours = "hours"
)

// plain keeps a cell from being a formula in a spreadsheet: it gets an
// apostrophe when it begins with what can begin one.
func plain(s string) string {
	if strings.ContainsAny(s[:min(1, len(s))], "=+-@\t\r\n|%") || strings.HasPrefix(strings.TrimSpace(s), "=") {
		return "'" + s
	}
	return s
}

// rows writes records with semicolons, as spreadsheets in Dutch read them.
func rows(w io.Writer, all [][]string) error {
	if _, err := io.WriteString(w, bom); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.Comma, out.UseCRLF = ';', true
	for _, r := range all {
		cells := make([]string, len(r))
		for i, s := range r {
			cells[i] = plain(s)
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// CSV writes a pack for a spreadsheet.
func CSV(w io.Writer, p Pack, v View) error {
	all := [][]string{{v.say("figures.csv.table"), v.say("figures.csv.row"), v.say("figures.csv.name"), v.say("figures.csv.least"), v.say("figures.csv.most"), v.say("figures.csv.shown")}}
	add := func(table, row, name string, b Band) {
		least, most := strconv.Itoa(b.Lo), strconv.Itoa(b.Hi)
		if b.Open {
			most = ""
		}
		if b.Hidden() {
			least = ""
		}
		all = append(all, []string{table, row, name, least, most, v.band(b)})
	}
	for _, x := range [][2]string{{"municipality", strings.Join(p.Municipalities, ", ")}, {"from", p.Window.From.String()}, {"to", p.Window.To.String()}} {
		all = append(all, []string{rowPack, x[0], v.say("figures.csv." + x[0]), "", "", x[1]})
	}
	add(rowTotal, "signals", v.say("figures.csv.total"), p.Total)
	add(rowTotal, "advice", v.say("figures.csv.advice"), p.Advice)
	for _, t := range p.Tables {
		for _, r := range t.Rows {
			add(t.ID, r.ID, v.say("figures.t."+t.ID)+": "+r.Label.In(v.Lang), r.Band)
		}
	}
	for _, r := range p.Ranks {
		for i, x := range r.Rows {
			all = append(all, []string{r.ID, x.ID, v.say("figures.t."+r.ID) + ": " + x.Label.In(v.Lang), "", "", strconv.Itoa(i+1) + "."})
		}
	}
	if h := p.Hours; h != nil {
		for _, x := range []struct {
			id string
			n  int
		}{{"role", h.Role}, {"budget", h.Budget}, {"case", h.Case}} {
			n := strconv.Itoa(x.n)
			if x.n < 0 {
				n = v.say("figures.hidden")
			}
			all = append(all, []string{rowHours, x.id, v.say("figures.csv." + x.id), "", "", n})
		}
	}
	for _, x := range p.Police {
		add("police", x.Half.String(), v.say("figures.t.police")+": "+x.Half.String(), x.Registrations)
	}
	return rows(w, all)
}

// Form writes the file that a municipality without the bot fills in by hand:
// its own counts, of which ReadForm keeps no more than a pack shows.
func Form(w io.Writer, win Window, shape []Dimension, v View) error {
	all := [][]string{
		{v.say("figures.csv.table"), v.say("figures.csv.row"), v.say("figures.csv.name"), v.say("figures.csv.count")},
		{rowPack, "municipality", v.say("figures.csv.municipality"), ""},
		{rowPack, "from", v.say("figures.csv.from"), win.From.String()},
		{rowPack, "to", v.say("figures.csv.to"), win.To.String()},
		{rowTotal, "signals", v.say("figures.csv.total"), ""},
		{rowTotal, "advice", v.say("figures.csv.advice"), ""},
		{rowHours, "role", v.say("figures.csv.role"), ""},
		{rowHours, "budget", v.say("figures.csv.budget"), ""},
	}
	for _, d := range shape {
		for _, r := range d.Rows {
			if d.Rank == 0 {
				all = append(all, []string{d.ID, r.ID, v.say("figures.t."+d.ID) + ": " + r.Label.In(v.Lang), ""})
			}
		}
	}
	return rows(w, all)
}

// FormError says what is wrong with a form, and where. Text is an id.
type FormError struct {
	Line int
	Text string
}

// Error implements error. It holds nothing of what was filled in.
func (e *FormError) Error() string {
	return "figures: form, line " + strconv.Itoa(e.Line) + ": " + e.Text
}

// MaxCount is the largest number that people can enter.
const MaxCount = 100_000

// maxForm is the largest form, in bytes.
const maxForm = 1 << 20

// form is one that is being read.
type form struct {
	pack   Pack
	counts map[string]map[string]int
	seen   map[[2]string]int // line
	errs   []error
}

// ReadForm reads a form that was filled in, and masks it: what is left empty is
// not known and stays hidden. What is wrong comes back all at once, as
// FormErrors that are joined.
func ReadForm(r io.Reader, shape []Dimension, step int) (Pack, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxForm+1))
	if err != nil {
		return Pack{}, err
	}
	b = bytes.TrimPrefix(b, []byte(bom))
	if !utf8.Valid(b) || len(b) > maxForm {
		return Pack{}, &FormError{1, "figures.bad.csv"}
	}
	in := csv.NewReader(bytes.NewReader(b))
	in.Comma, in.FieldsPerRecord, in.LazyQuotes = ';', -1, true
	if first, _, _ := bytes.Cut(b, []byte("\n")); !bytes.Contains(first, []byte(";")) {
		in.Comma = ','
	}
	f := &form{counts: map[string]map[string]int{}, seen: map[[2]string]int{}}
	f.pack = Pack{Version: version, Municipalities: []string{""}, Step: step, Total: hidden(), Advice: hidden()}
	for first := true; ; first = false {
		rec, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			at := &csv.ParseError{Line: 1}
			errors.As(err, &at)
			return Pack{}, &FormError{at.Line, "figures.bad.csv"}
		}
		line, _ := in.FieldPos(0)
		switch {
		case first && len(rec) != 4:
			return Pack{}, &FormError{line, "figures.bad.head"}
		case first:
		default:
			f.record(line, rec, shape)
		}
	}
	f.finish(shape)
	return f.pack, errors.Join(f.errs...)
}

func (f *form) bad(line int, text string) {
	f.errs = append(f.errs, &FormError{line, "figures.bad." + text})
}

// record reads one line.
func (f *form) record(line int, rec []string, shape []Dimension) {
	if strings.TrimSpace(strings.Join(rec, "")) == "" {
		return
	}
	for len(rec) > 4 && strings.TrimSpace(rec[len(rec)-1]) == "" { // spreadsheets add empty columns
		rec = rec[:len(rec)-1]
	}
	if len(rec) != 4 {
		f.bad(line, "columns")
		return
	}
	table, row, value := strings.TrimSpace(rec[0]), strings.TrimSpace(rec[1]), strings.TrimSpace(rec[3])
	if f.seen[[2]string{table, row}] > 0 {
		f.bad(line, "twice")
		return
	}
	f.seen[[2]string{table, row}] = line
	if table == rowPack {
		f.about(line, row, value)
		return
	}
	if !known(shape, table, row) {
		f.bad(line, "row")
		return
	}
	if value == "" {
		return
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 || n > MaxCount {
		f.bad(line, "count")
		return
	}
	if f.counts[table] == nil {
		f.counts[table] = map[string]int{}
	}
	f.counts[table][row] = n
}

// about reads what the form is of.
func (f *form) about(line int, row, value string) {
	w := &f.pack.Window
	at, ok := map[string]*Half{"from": &w.From, "to": &w.To}[row]
	switch {
	case row == "municipality":
		f.pack.Municipalities[0] = strings.TrimPrefix(value, "'")
		if value == "" || utf8.RuneCountInString(value) > config.MaxChoice {
			f.bad(line, "name")
		}
	case !ok:
		f.bad(line, "row")
	default:
		if err := at.UnmarshalText([]byte(value)); err != nil {
			f.bad(line, "half")
		}
	}
}

func known(shape []Dimension, table, row string) bool {
	switch table + "." + row {
	case rowTotal + ".signals", rowTotal + ".advice", rowHours + ".role", rowHours + ".budget":
		return true
	}
	for _, d := range shape {
		for _, r := range d.Rows {
			if d.ID == table && r.ID == row && d.Rank == 0 {
				return true
			}
		}
	}
	return false
}

// finish masks what was read.
func (f *form) finish(shape []Dimension) {
	need := func(row, text string) {
		if f.seen[[2]string{rowPack, row}] == 0 {
			f.bad(1, text)
		}
	}
	need("municipality", "name")
	need("from", "half")
	need("to", "half")
	w, k := f.pack.Window, f.pack.Step
	if w.From > 0 && w.To > 0 && w.From > w.To {
		f.bad(f.seen[[2]string{rowPack, "to"}], "order")
	}
	total, counted := f.counts[rowTotal]["signals"]
	if counted {
		f.pack.Total = bandOf(total, k)
	} else {
		f.bad(1, "total")
	}
	if n, ok := f.counts[rowTotal]["advice"]; ok {
		f.pack.Advice = bandOf(n, k)
	}
	budget, told := f.counts[rowHours]["budget"]
	if n, ok := f.counts[rowHours]["role"]; ok && told {
		f.pack.Hours = &Hours{Role: n, Budget: budget, Case: -1}
	}
	for _, d := range shape {
		if d.Rank > 0 {
			continue
		}
		f.pack.Tables = append(f.pack.Tables, f.table(d, total, counted))
	}
}

// table masks one dimension. A table that is not whole is hidden where it is
// empty.
func (f *form) table(d Dimension, total int, counted bool) Table {
	t := Table{ID: d.ID, Multi: d.Multi}
	var known []int
	var ns []int
	for i, r := range d.Rows {
		t.Rows = append(t.Rows, Row{r, hidden()})
		n, ok := f.counts[d.ID][r.ID]
		if !ok {
			continue
		}
		if counted && n > total {
			f.bad(f.seen[[2]string{d.ID, r.ID}], "more")
		}
		known, ns = append(known, i), append(ns, n)
	}
	for j, b := range mask(ns, f.pack.Step, d.Pairs) {
		t.Rows[known[j]].Band = b
	}
	return t
}
