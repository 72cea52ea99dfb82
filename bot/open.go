package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/meldroute/meldroute/bot/reminder"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/postgres"
	"github.com/meldroute/meldroute/store/sqlite"
	"github.com/meldroute/meldroute/store/vault"
)

// paths are where the bot keeps its data.
type paths struct {
	dir, database, keys string // database "" is PostgreSQL
	heads, destroyed    string // what is kept apart from the database
}

func pathsOf(c config.Config) paths {
	p := paths{dir: c.Data.Dir, keys: string(c.Data.KeyFile)}
	if p.keys == "" {
		p.keys = filepath.Join(p.dir, "sleutels.json")
	}
	p.heads, p.destroyed = string(c.Journal.HeadFile), string(c.Backup.DestroyedFile)
	if p.heads == "" {
		p.heads = filepath.Join(filepath.Dir(p.keys), "logboek-einde.txt")
	}
	if p.destroyed == "" {
		p.destroyed = filepath.Join(filepath.Dir(p.keys), destroyedName)
	}
	if c.Data.Database.URL == "" {
		p.database = filepath.Join(p.dir, "meldroute.db")
	}
	return p
}

// mode says how a command opens the store.
type mode int

const (
	serving   mode = iota // one process at a time on SQLite; makes what is missing
	alongside             // beside a serving process, on what exists
)

// openStore opens keys and database. On first start it makes the data folder
// and the key file; a database without its keys is refused (P19).
func openStore(ctx context.Context, c config.Config, m mode, log *slog.Logger) (*store.Store, store.Driver, error) {
	return openStoreAt(ctx, c, m, log, time.Now)
}

// openStoreAt is openStore by another clock.
func openStoreAt(ctx context.Context, c config.Config, m mode, log *slog.Logger, now func() time.Time) (*store.Store, store.Driver, error) {
	p := pathsOf(c)
	if m == serving {
		if err := makeKeys(p); err != nil {
			return nil, nil, err
		}
	}
	v, err := vault.Open(p.keys)
	if err != nil {
		return nil, nil, inWords(fmt.Errorf("sleutelbestand %s: %w", p.keys, err))
	}
	calendar, err := config.NewCalendar(c)
	if err != nil {
		return nil, nil, err
	}
	d, err := openDriver(ctx, c, p, m)
	if err != nil {
		return nil, nil, err
	}
	o := store.Options{Now: now, Remind: reminder.Remind(c, calendar), Warn: reminder.Warn(c, calendar), Log: log}
	if m == serving {
		o.Replica = replica(c, p)
	}
	st, err := store.Open(ctx, d, v, o)
	if err != nil {
		_ = d.Close()
		return nil, nil, inWords(err)
	}
	return st, d, nil
}

// replica names this bot to others on the same database: the machine, the folder
// and where it listens.
func replica(c config.Config, p paths) string {
	host, _ := os.Hostname() // without it the folder tells bots apart
	dir, err := filepath.Abs(p.dir)
	if err != nil {
		dir = p.dir
	}
	listen := c.Web.Listen
	if !c.Web.Enabled {
		listen = c.Mattermost.Callback.Listen + "|" + c.Slack.HTTP.Listen + "|" + c.Page.Listen + "|" + c.Operations.Listen
	}
	return host + "|" + dir + "|" + listen
}

// inWords says what to do about the errors that an operator meets, before the
// words of the error itself.
func inWords(err error) error {
	for _, e := range []struct {
		is  error
		say string
	}{
		{sqlite.ErrBusy, "op deze gegevens draait al een bot: stop die eerst"},
		{store.ErrBehind, "dit sleutelbestand is ouder dan dat van de andere exemplaren: breng het nieuwe hierheen"},
		{store.ErrRestoring, "een herstel is niet afgemaakt: begin opnieuw, met een lege database"},
		{store.ErrBackup, "dit is geen hele back-up, of hij hoort niet bij dit sleutelbestand"},
		{store.ErrMigration, "deze back-up is van een andere versie: zet hem terug met die versie, en vernieuw daarna"},
		{store.ErrNotEmpty, "hier staan al gegevens: zet een back-up terug in een lege database"},
		{vault.ErrWrongKey, "het sleutelbestand hoort niet bij deze database: zet het goede terug uit de back-up"},
		{vault.ErrUnsafe, "anderen kunnen het sleutelbestand lezen of veranderen: geef het de rechten 0400"},
		{vault.ErrDamaged, "het sleutelbestand is beschadigd: zet het terug uit de back-up"},
	} {
		if errors.Is(err, e.is) {
			return fmt.Errorf("%s (%w)", e.say, err)
		}
	}
	return err
}

// makeKeys makes the key file when there is none and no database that would
// need another one.
func makeKeys(p paths) error {
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return fmt.Errorf("gegevensmap: %w", err)
	}
	if _, err := os.Stat(p.keys); !errors.Is(err, fs.ErrNotExist) {
		return nil // there, or for vault.Open to tell why not
	}
	if p.database != "" {
		if _, err := os.Stat(p.database); err == nil {
			return fmt.Errorf("er is een database (%s), maar het sleutelbestand %s ontbreekt: zet het terug uit de back-up", p.database, p.keys)
		}
	}
	if err := vault.Create(p.keys); err != nil {
		return fmt.Errorf("sleutelbestand maken: %w", err)
	}
	return nil
}

func openDriver(ctx context.Context, c config.Config, p paths, m mode) (store.Driver, error) {
	if p.database != "" {
		var opts []sqlite.Option
		if m == serving {
			opts = append(opts, sqlite.Serving())
		} else if _, err := os.Stat(p.database); err != nil {
			return nil, fmt.Errorf("er is nog geen database (%s): start eerst de bot", p.database)
		}
		d, err := sqlite.Open(ctx, p.database, opts...)
		if err != nil {
			return nil, inWords(fmt.Errorf("database %s: %w", p.database, err))
		}
		return d, nil
	}
	u, err := url.Parse(c.Data.Database.URL)
	if err != nil {
		return nil, errors.New("data.database.url: geen geldig adres")
	}
	if pw := c.Data.Database.Password; !pw.Empty() && u.User != nil {
		u.User = url.UserPassword(u.User.Username(), pw.Reveal())
	}
	d, err := postgres.Open(ctx, u.String())
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	return d, nil
}
