package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/vault"
)

// The files of one backup begin with its moment, so that the newest sorts last.
const (
	backupStamp = "20060102-150405"
	dataEnds    = "-gegevens.backup"
	keysEnds    = "-sleutels.backup"
)

// backupCmd writes a backup: data and keys as two files, and what was destroyed
// so far (D13). It reads one moment through the driver, the same way on both
// databases: no other program with a version of its own, no file that only one of
// them can read, and the keys are never in the file of the data, not for a moment.
type backupCmd struct {
	Dir  string `arg:"" type:"path" help:"Map voor de back-up."`
	Keys string `type:"path" placeholder:"MAP" help:"Andere map voor het bestand met sleutels."`
}

// Run writes both files, or neither, and throws away files of keys that are past
// their days: what was erased since is then gone from those backups too.
func (c backupCmd) Run(e *env) error {
	say, err := speaker(e)
	if err != nil {
		return err
	}
	if c.Keys == "" {
		c.Keys = c.Dir
	}
	for _, dir := range []string{c.Dir, c.Keys} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("map voor de back-up: %w", err)
		}
	}
	st, _, err := openStore(e.ctx, e.config, alongside, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	now := time.Now().UTC()
	data := filepath.Join(c.Dir, now.Format(backupStamp)+dataEnds)
	keys := filepath.Join(c.Keys, now.Format(backupStamp)+keysEnds)
	if err := writeBackup(e.ctx, st, data, keys); err != nil {
		return inWords(err)
	}
	gone := filepath.Join(c.Dir, destroyedName)
	if err := writeDestroyed(e.ctx, st, gone); err != nil {
		return err
	}
	say("backup.done", map[string]any{"Data": data, "Keys": keys, "Key": pathsOf(e.config).keys})
	n, err := dropKeys(c.Keys, now.AddDate(0, 0, -e.config.Backup.KeepKeys))
	if n > 0 {
		say("backup.dropped", map[string]any{"N": n, "Days": e.config.Backup.KeepKeys})
	}
	return err
}

// speaker says texts on the command's output.
func speaker(e *env) (func(id string, args map[string]any), error) {
	texts, err := config.LoadTexts(e.config.Texts)
	if err != nil {
		return nil, err
	}
	return func(id string, args map[string]any) {
		_, _ = fmt.Fprintln(e.out, texts.Say(e.config.Municipality.Language, id, args))
	}, nil
}

// writeBackup writes both files under other names and gives them theirs when they
// are whole.
func writeBackup(ctx context.Context, st *store.Store, data, keys string) error {
	var files []*os.File
	placed := false
	defer func() {
		for _, f := range files {
			_ = f.Close()
			if !placed {
				_ = os.Remove(f.Name())
			}
		}
	}()
	for _, path := range []string{data, keys} {
		f, err := os.OpenFile(path+".deel", os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		files = append(files, f)
	}
	if _, err := st.Backup(ctx, files[0], files[1]); err != nil {
		return err
	}
	for _, f := range files {
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return err
		}
	}
	// The keys first: data without them are of no use to anybody.
	for _, path := range []string{keys, data} {
		if err := os.Rename(path+".deel", path); err != nil {
			return err
		}
	}
	placed = true
	return nil
}

// dropKeys throws away the files of keys of before a time.
func dropKeys(dir string, before time.Time) (n int, err error) {
	names, err := filepath.Glob(filepath.Join(dir, "*"+keysEnds))
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		at, perr := time.Parse(backupStamp, strings.TrimSuffix(filepath.Base(name), keysEnds))
		if perr != nil || !at.Before(before) {
			continue
		}
		if err := os.Remove(name); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// restoreCmd puts a backup back.
type restoreCmd struct {
	Dir  string `arg:"" type:"existingdir" help:"Map met de back-up."`
	Keys string `type:"existingdir" placeholder:"MAP" help:"Map met het bestand met sleutels, als dat een andere is."`
	From string `placeholder:"MOMENT" help:"Welke back-up, zoals 20261125-103000. Anders de nieuwste."`
}

// Run restores into an empty database only, and destroys again what was destroyed
// since, by the records in the folder and by those beside the key file.
func (c restoreCmd) Run(e *env) error {
	say, err := speaker(e)
	if err != nil {
		return err
	}
	if c.Keys == "" {
		c.Keys = c.Dir
	}
	told := func(id string, args map[string]any) error { say(id, args); return errTold }
	if c.From == "" {
		if c.From, err = newest(c.Dir); err != nil {
			return err
		}
		if c.From == "" {
			return told("restore.none", map[string]any{"Dir": c.Dir})
		}
	}
	p := pathsOf(e.config)
	v, err := vault.Open(p.keys)
	if errors.Is(err, vault.ErrMissing) {
		return told("restore.nokeys", map[string]any{"Path": p.keys})
	}
	if err != nil {
		return inWords(fmt.Errorf("sleutelbestand %s: %w", p.keys, err))
	}
	data, err := os.Open(filepath.Join(c.Dir, c.From+dataEnds))
	if err != nil {
		return err
	}
	defer data.Close()
	keys, err := os.Open(filepath.Join(c.Keys, c.From+keysEnds))
	if errors.Is(err, os.ErrNotExist) {
		return told("restore.dropped", map[string]any{"From": c.From, "Dir": c.Keys, "Days": e.config.Backup.KeepKeys})
	}
	if err != nil {
		return err
	}
	defer keys.Close()
	gone, err := allDestroyed(v, filepath.Join(c.Dir, destroyedName), p.destroyed)
	if err != nil {
		return err
	}
	l, err := restore(e, p, v, data, keys, gone)
	if errors.Is(err, vault.ErrWrongKey) {
		return told("restore.older", map[string]any{"Path": p.keys})
	}
	if err != nil {
		return inWords(err)
	}
	say("restore.done", map[string]any{"At": l.At.Format("2006-01-02 15:04"), "N": len(gone)})
	return nil
}

// newest is the moment of the newest backup in a folder; "" when there is none.
func newest(dir string) (string, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*"+dataEnds))
	if err != nil || len(names) == 0 {
		return "", err
	}
	return strings.TrimSuffix(filepath.Base(slices.Max(names)), dataEnds), nil
}

// allDestroyed is what is destroyed by any of the files, each once.
func allDestroyed(v *vault.Vault, files ...string) ([]store.Gone, error) {
	var out []store.Gone
	has := map[store.Reference]bool{}
	for _, path := range files {
		ds, err := readDestroyed(path, v)
		if err != nil {
			return nil, err
		}
		for _, d := range ds {
			if !has[d.Ref] {
				has[d.Ref] = true
				out = append(out, d)
			}
		}
	}
	return out, nil
}

// restore opens an empty database and fills it. On SQLite that is a new file,
// which is taken away again when it does not come to be whole.
func restore(e *env, p paths, v *vault.Vault, data, keys io.ReadSeeker, gone []store.Gone) (l store.Label, err error) {
	if p.database != "" {
		if _, err := os.Stat(p.database); !errors.Is(err, os.ErrNotExist) {
			return l, fmt.Errorf("%s: %w", p.database, store.ErrNotEmpty)
		}
		defer func() {
			if err != nil {
				for _, end := range []string{"", "-wal", "-shm", ".lock", ".open"} {
					_ = os.Remove(p.database + end)
				}
			}
		}()
	}
	d, err := openDriver(e.ctx, e.config, p, serving)
	if err != nil {
		return l, err
	}
	l, err = store.Restore(e.ctx, d, v, data, keys, gone, store.Options{})
	return l, errors.Join(err, d.Close())
}
