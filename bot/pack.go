package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/meldroute/meldroute/bot/figures"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/store"
)

// figuresCmd is what an operator does with figures. Every file it writes is
// masked; the exact table is on the coördinator's screen only.
type figuresCmd struct {
	Make    figuresMakeCmd    `cmd:"" default:"withargs" help:"Maak de cijfers van een halfjaar (dit doet figures zonder meer ook)."`
	Merge   figuresMergeCmd   `cmd:"" help:"Voeg de cijfers van meer gemeenten samen."`
	Form    figuresFormCmd    `cmd:"" help:"Schrijf het formulier voor een gemeente zonder bot."`
	Enter   figuresEnterCmd   `cmd:"" help:"Vul registraties van de politie in."`
	Example figuresExampleCmd `cmd:"" help:"Maak een voorbeeld met verzonnen cijfers."`
}

// folder is where files go.
type folder struct {
	Out string `short:"o" type:"path" default:"cijfers" placeholder:"MAP" help:"Map voor de bestanden."`
}

type figuresMakeCmd struct {
	folder
	Half string `placeholder:"2026-1" help:"Het halfjaar waarop de cijfers eindigen; anders het laatste dat voorbij is."`
}

// Run makes and keeps the pack of a half-year, or writes again what was shown.
func (c figuresMakeCmd) Run(e *env) error {
	return e.withBook(func(b *figures.Book, v figures.View) error {
		to := b.Latest()
		if c.Half != "" {
			if err := to.UnmarshalText([]byte(c.Half)); err != nil {
				return e.tell(v, "figures.bad.half")
			}
		}
		p, err := b.Pack(e.ctx, store.Person{}, to)
		if err != nil {
			return e.inWords(v, err)
		}
		return e.write(c.folder, "cijfers", p, v)
	})
}

type figuresMergeCmd struct {
	folder
	Files []string `arg:"" type:"existingfile" placeholder:"BESTAND" help:"Een .json van de bot of een ingevuld .csv, per gemeente."`
}

// Run joins packs. It needs no database.
func (c figuresMergeCmd) Run(e *env) error {
	v, err := e.view()
	if err != nil {
		return err
	}
	var packs []figures.Pack
	bad := false
	for _, name := range c.Files {
		p, err := readPack(e, name, v)
		if errors.Is(err, errTold) {
			bad = true
			continue
		}
		if err != nil {
			return err
		}
		packs = append(packs, p)
	}
	if bad {
		return errTold
	}
	p, err := figures.Join(packs)
	if err != nil {
		return e.inWords(v, err)
	}
	return e.write(c.folder, "samen", p, v)
}

// readPack reads a file of one municipality, and tells what is wrong with it.
func readPack(e *env, name string, v figures.View) (figures.Pack, error) {
	f, err := os.Open(name)
	if err != nil {
		return figures.Pack{}, err
	}
	defer f.Close()
	base := filepath.Base(name)
	if strings.EqualFold(filepath.Ext(name), ".csv") {
		p, err := figures.ReadForm(f, figures.Shape(e.config, v.Texts), e.config.Figures.Step)
		for _, x := range each(err) {
			var bad *figures.FormError
			if !errors.As(x, &bad) {
				return figures.Pack{}, x
			}
			why := v.Texts.Say(v.Lang, bad.Text, nil)
			_, _ = fmt.Fprintln(e.err, v.Texts.Say(v.Lang, "figures.bad.line", map[string]any{"File": base, "Line": bad.Line, "Why": why}))
		}
		if err != nil {
			return figures.Pack{}, errTold
		}
		return p, nil
	}
	p, err := figures.ReadPack(f)
	if err != nil {
		_, _ = fmt.Fprintln(e.err, v.Texts.Say(v.Lang, "figures.bad.file", map[string]any{"File": base}))
		return figures.Pack{}, errTold
	}
	return p, nil
}

// each are the errors that were joined.
func each(err error) []error {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		return many.Unwrap()
	}
	if err == nil {
		return nil
	}
	return []error{err}
}

type figuresFormCmd struct {
	folder
	Half string `arg:"" optional:"" placeholder:"2026-1" help:"Het halfjaar waarop de cijfers eindigen."`
}

// Run writes the form.
func (c figuresFormCmd) Run(e *env) error {
	v, err := e.view()
	if err != nil {
		return err
	}
	to := figures.HalfOf(time.Now()) - 1
	if c.Half != "" {
		if err := to.UnmarshalText([]byte(c.Half)); err != nil {
			return e.tell(v, "figures.bad.half")
		}
	}
	w := figures.WindowOf(to, e.config.Figures.Window)
	return e.file(v, filepath.Join(c.Out, "formulier-"+to.String()+".csv"), func(f io.Writer) error {
		return figures.Form(f, w, figures.Shape(e.config, v.Texts), v)
	})
}

type figuresEnterCmd struct {
	Half   string `required:"" placeholder:"2026-1" help:"Het halfjaar waar het over gaat."`
	Vice   *int   `placeholder:"AANTAL" help:"Registraties over zeden."`
	Images *int   `placeholder:"AANTAL" help:"Registraties over beeldmateriaal."`
	Minors *int   `placeholder:"AANTAL" help:"Hoeveel daarvan over minderjarigen."`
}

// Run keeps what was entered; what was not named stays as it is.
func (c figuresEnterCmd) Run(e *env) error {
	return e.withBook(func(b *figures.Book, v figures.View) error {
		h, err := figures.ParseHalf(c.Half)
		if err != nil {
			return e.tell(v, "figures.bad.half")
		}
		counts := []*int{c.Vice, c.Images, c.Minors}
		for _, n := range counts {
			if n != nil && (*n < 0 || *n > figures.MaxCount) {
				return e.tell(v, "figures.bad.count")
			}
		}
		err = b.Enter(e.ctx, store.Person{}, h, func(p *figures.PoliceCount) {
			for i, to := range []*int{&p.Vice, &p.Images, &p.Minors} {
				if counts[i] != nil {
					*to = *counts[i]
				}
			}
		})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(e.out, v.Texts.Say(v.Lang, "figures.entered", map[string]any{"Half": h.String()}))
		return err
	})
}

type figuresExampleCmd struct{ folder }

// Run writes a pack of invented figures. It needs no database.
func (c figuresExampleCmd) Run(e *env) error {
	v, err := e.view()
	if err != nil {
		return err
	}
	p, err := figures.Sample(e.config, v.Texts, figures.WindowOf(figures.HalfOf(time.Now())-1, e.config.Figures.Window))
	if err != nil {
		return e.inWords(v, err)
	}
	return e.write(c.folder, "voorbeeld", p, v)
}

func (e *env) view() (figures.View, error) {
	texts, err := config.LoadTexts(e.config.Texts)
	return figures.View{Texts: texts, Lang: e.config.Municipality.Language}, err
}

// withBook opens the store beside a bot that may run.
func (e *env) withBook(f func(*figures.Book, figures.View) error) error {
	v, err := e.view()
	if err != nil {
		return err
	}
	st, _, err := openStore(e.ctx, e.config, alongside, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	return f(figures.New(figures.Options{Store: st, Config: e.config, Texts: v.Texts, Now: time.Now}), v)
}

// tell ends a command with a text.
func (e *env) tell(v figures.View, id string) error {
	_, _ = fmt.Fprintln(e.err, v.Texts.Say(v.Lang, id, nil))
	return errTold
}

// inWords tells what a person can do something about.
func (e *env) inWords(v figures.View, err error) error {
	if id, ok := figures.Text(err); ok {
		return e.tell(v, id)
	}
	return err
}

// write writes a pack: a page in both languages, CSV, pictures, and the JSON
// that merge reads.
func (e *env) write(to folder, name string, p figures.Pack, v figures.View) error {
	stem := filepath.Join(to.Out, name+"-"+p.Window.To.String())
	err := e.file(v, stem+".json", func(w io.Writer) error { return figures.JSON(w, p) })
	if err != nil {
		return err
	}
	err = e.file(v, stem+".csv", func(w io.Writer) error { return figures.CSV(w, p, v) })
	if err != nil {
		return err
	}
	pictures, err := figures.Charts(p, v)
	if err != nil {
		return err
	}
	for _, x := range pictures {
		err := e.file(v, stem+"-"+x.ID+".png", func(w io.Writer) error { _, err := w.Write(x.PNG); return err })
		if err != nil {
			return err
		}
	}
	for _, lang := range []string{"nl", "en"} {
		v, end := v, ".html"
		if v.Lang != lang {
			end = "." + lang + end
		}
		v.Lang = lang
		if err := e.file(v, stem+end, func(w io.Writer) error { return figures.HTML(w, p, v) }); err != nil {
			return err
		}
	}
	return nil
}

// file writes one file whole or not at all.
func (e *env) file(v figures.View, name string, f func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(name), ".cijfers-*")
	if err != nil {
		return err
	}
	err = errors.Join(f(tmp), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), name)
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
		return err
	}
	_, err = fmt.Fprintln(e.out, v.Texts.Say(v.Lang, "figures.done", map[string]any{"File": name}))
	return err
}
