package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/vault"
)

// What is kept apart from the database, in files to which lines are only added:
// the end of the journal, a line a day, which shows a cut tail or an old backup
// (D10), and the destruction records, which a restore replays (D13). They hold
// references, dates and codes, and nothing else.

// destroyedName is the file of destruction records, beside the key file and in
// every folder of backups.
const destroyedName = "vernietigd.txt"

// errLine says that a line is not one that these keys wrote.
var errLine = errors.New("deze regel schreef de bot niet")

// dayHead is the end of the journal on a day.
type dayHead struct {
	day string
	store.Head
}

// linesOf reads the lines of a file; there may be no such file.
func linesOf(path string) ([]string, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []string
	sc := bufio.NewScanner(f)
	for sc.Scan() {
		out = append(out, sc.Text())
	}
	return out, sc.Err()
}

// appendLines adds lines to the end of a file, durably.
func appendLines(path string, lines []string) error {
	if len(lines) == 0 {
		return nil
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(strings.Join(lines, "\n") + "\n")
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func readHeads(path string) ([]dayHead, error) {
	lines, err := linesOf(path)
	if err != nil {
		return nil, err
	}
	var out []dayHead
	for i, l := range lines {
		parts := strings.Fields(l)
		h := dayHead{}
		if len(parts) == 3 {
			h.day = parts[0]
			h.Seq, err = strconv.ParseInt(parts[1], 10, 64)
			if err == nil {
				h.Chain, err = hex.DecodeString(parts[2])
			}
		}
		if len(parts) != 3 || err != nil {
			return nil, fmt.Errorf("%s, regel %d: %w", path, i+1, errLine)
		}
		out = append(out, h)
	}
	return out, nil
}

// apart writes what is not there yet. Called every minute: a destruction is
// outside the database a minute later, the journal's end once a day.
func (b *bot) apart(ctx context.Context, now time.Time) error {
	p := pathsOf(b.e.config)
	return errors.Join(b.writeHead(ctx, p.heads, now), writeDestroyed(ctx, b.store, p.destroyed))
}

func (b *bot) writeHead(ctx context.Context, path string, now time.Time) error {
	where, err := b.e.config.Location()
	if err != nil {
		return err
	}
	day := now.In(where).Format(time.DateOnly)
	heads, err := readHeads(path)
	if err != nil || len(heads) > 0 && heads[len(heads)-1].day >= day {
		return err
	}
	h, err := b.store.JournalHead(ctx)
	if err != nil || h.Seq == 0 {
		return err
	}
	return appendLines(path, []string{fmt.Sprintf("%s %d %s", day, h.Seq, hex.EncodeToString(h.Chain))})
}

// strange are the days whose end of the journal is not in the database.
func strange(ctx context.Context, st *store.Store, heads []dayHead) ([]string, error) {
	plain := make([]store.Head, len(heads))
	for i, h := range heads {
		plain[i] = h.Head
	}
	odd, err := st.Strange(ctx, plain)
	if err != nil {
		return nil, err
	}
	var days []string
	for _, h := range heads {
		for _, o := range odd {
			if o.Seq == h.Seq && string(o.Chain) == string(h.Chain) {
				days = append(days, h.day)
				break
			}
		}
	}
	return days, nil
}

// compareHeads says in the log that the journal is not the one of before.
func (b *bot) compareHeads(ctx context.Context) {
	heads, err := readHeads(pathsOf(b.e.config).heads)
	var days []string
	if err == nil {
		days, err = strange(ctx, b.store, heads)
	}
	if err != nil {
		b.log.Error("bot: the journal's ends of before cannot be compared", "err", err)
	}
	if len(days) > 0 {
		b.log.Error("bot: the journal is not the one of before: an old backup was restored, or its end was cut off", "since", days[0], "days", len(days))
	}
}

// checkHeads is compareHeads for `bot check`.
func checkHeads(ctx context.Context, p paths, st *store.Store) []found {
	heads, err := readHeads(p.heads)
	var days []string
	if err == nil {
		days, err = strange(ctx, st, heads)
	}
	switch {
	case err != nil:
		return []found{{config.Warning, "check.heads.bad", err.Error()}}
	case len(days) > 0:
		return []found{{config.Warning, "check.heads.strange", days[0]}}
	case p.database != "" && filepath.Dir(p.database) == filepath.Dir(p.heads):
		return []found{{config.Note, "check.heads.beside", p.heads}}
	}
	return nil
}

// verifyHeads is compareHeads for `bot journal verify --heads`.
func verifyHeads(e *env, st *store.Store, texts *config.Texts, path string) (ok bool, err error) {
	heads, err := readHeads(path)
	if err != nil {
		return false, err
	}
	days, err := strange(e.ctx, st, heads)
	if err != nil {
		return false, err
	}
	lang := e.config.Municipality.Language
	if len(days) > 0 {
		_, _ = fmt.Fprintln(e.out, texts.Say(lang, "journal.heads.strange", map[string]any{"Days": strings.Join(days, ", ")}))
		return false, nil
	}
	_, _ = fmt.Fprintln(e.out, texts.Say(lang, "journal.heads.ok", map[string]any{"N": len(heads)}))
	return true, nil
}

// readDestroyed reads destruction records, each vouched for by a code: a line
// that somebody else wrote would destroy a signal at the next restore.
func readDestroyed(path string, v *vault.Vault) ([]store.Gone, error) {
	lines, err := linesOf(path)
	if err != nil {
		return nil, err
	}
	var out []store.Gone
	for i, l := range lines {
		var d store.Gone
		parts := strings.Fields(l)
		bad := len(parts) != 3
		if !bad {
			at, err := time.Parse(time.RFC3339Nano, parts[1])
			code, err2 := hex.DecodeString(parts[2])
			d = store.Gone{Ref: store.Reference(parts[0]), At: at}
			bad = err != nil || err2 != nil || !store.Vouched(v, d, code)
		}
		if bad {
			return nil, fmt.Errorf("%s, regel %d: %w", path, i+1, errLine)
		}
		out = append(out, d)
	}
	return out, nil
}

// writeDestroyed adds the destruction records that a file does not have yet.
func writeDestroyed(ctx context.Context, st *store.Store, path string) error {
	v := st.Vault()
	all, err := st.Gone(ctx)
	if err != nil || len(all) == 0 {
		return err
	}
	lines, err := linesOf(path)
	if err != nil {
		return err
	}
	has := map[string]bool{}
	for _, l := range lines {
		ref, _, _ := strings.Cut(l, " ")
		has[ref] = true
	}
	var more []string
	for _, d := range all {
		if !has[string(d.Ref)] {
			more = append(more, fmt.Sprintf("%s %s %s", d.Ref, d.At.UTC().Format(time.RFC3339Nano), hex.EncodeToString(store.Vouch(v, d))))
		}
	}
	return appendLines(path, more)
}

// prune throws away the journal's lines that are past their term (P27).
func (b *bot) prune(ctx context.Context, now time.Time) error {
	n, err := b.store.PruneJournal(ctx, now.AddDate(0, -int(b.e.config.Retention.Journal), 0))
	if n > 0 {
		b.log.Info("bot: journal pruned", "lines", n)
	}
	return err
}
