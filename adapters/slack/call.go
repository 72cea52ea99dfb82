package slack

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"github.com/meldroute/meldroute/adapters"
)

// errFatal says that going on is of no use: Run ends with it.
var errFatal = errors.New("no use in going on")

// errLater says that Slack asks to wait for longer than there is time.
var errLater = errors.New("told to wait by Slack")

// Codes of Slack, by what they mean here.
var (
	fatal = []string{"invalid_auth", "account_inactive", "not_authed", "token_revoked", "token_expired", "not_allowed_token_type", "missing_scope", "org_login_required", "team_access_not_granted"}
	gone  = []string{"user_not_found", "users_not_found", "user_disabled", "user_not_visible", "cannot_dm_bot"}
	unfit = []string{"invalid_blocks", "invalid_blocks_format", "invalid_arguments", "view_too_large", "msg_too_long", "msg_blocks_too_long"}
	// unchangeable: a message that is shown anew in place of being changed.
	unchangeable = []string{"message_not_found", "cant_update_message", "edit_window_closed"}
	// spent: a trigger that opens nothing any more.
	spent = []string{"expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id", "trigger_expired"}
	// passed: a view that moved on, or was closed.
	passed = []string{"hash_conflict", "not_found", "view_not_found"}
)

// failure is what Slack answered in place of doing something. It holds codes and
// places, and nothing of what was sent.
type failure struct {
	method, code string
	needed       string   // of missing_scope: which
	at           []string // JSON pointers
}

func (f *failure) Error() string {
	return strings.Join(append([]string{f.method + ": " + f.code}, f.at...), " ")
}

// Is lets what can never be done be told apart.
func (f *failure) Is(err error) bool {
	switch err {
	case adapters.ErrGone:
		return slices.Contains(gone, f.code)
	case adapters.ErrUnfit:
		return slices.Contains(unfit, f.code)
	case errFatal:
		return slices.Contains(fatal, f.code)
	}
	return false
}

// failed reports whether err is Slack's answer with one of these codes.
func failed(err error, codes []string) bool {
	var f *failure
	return errors.As(err, &f) && slices.Contains(codes, f.code)
}

// jsonPointer is where in what was sent something is wrong.
var jsonPointer = regexp.MustCompile(`json-pointer:(/[a-z0-9_/]*)`)

// waits are the methods that Slack told to wait, and until when.
type waits struct {
	mu    sync.Mutex
	until map[string]time.Time
}

// call calls a method. After a 429 it waits as long as Slack says, if ctx has
// that long, and every other call of the method waits with it. Nothing else is
// tried again: what Slack did and did not answer would be done twice.
func (a *Adapter) call(ctx context.Context, method string, f func(context.Context) error) error {
	for {
		if err := a.wait.pass(ctx, method); err != nil {
			return err
		}
		err := f(ctx)
		var limited *slack.RateLimitedError
		if errors.As(err, &limited) {
			a.opt.Log.Warn("slack: told to wait", "method", method, "seconds", int(limited.RetryAfter.Seconds()))
			a.wait.set(method, limited.RetryAfter)
			continue
		}
		err = translate(method, err)
		if a.told != nil {
			a.told(method, err)
		}
		return err
	}
}

func (w *waits) set(method string, d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.until == nil {
		w.until = map[string]time.Time{}
	}
	w.until[method] = time.Now().Add(d)
}

// pass returns when a method may be called, or an error at once when ctx ends
// before that.
func (w *waits) pass(ctx context.Context, method string) error {
	w.mu.Lock()
	d := time.Until(w.until[method])
	w.mu.Unlock()
	if end, ok := ctx.Deadline(); ok && time.Now().Add(d).After(end) {
		return fmt.Errorf("%s: %w", method, errLater)
	}
	return sleep(ctx, d)
}

// sleep waits, for as long as ctx lasts.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// translate makes of slack-go's errors ours, without what they quote.
func translate(method string, err error) error {
	if err == nil {
		return nil
	}
	var no slack.SlackErrorResponse
	if errors.As(err, &no) {
		f := &failure{method: method, code: no.Err, needed: no.Needed}
		for _, m := range no.ResponseMetadata.Messages {
			if at := jsonPointer.FindStringSubmatch(m); at != nil {
				f.at = append(f.at, at[1])
			}
		}
		return f
	}
	var status slack.StatusCodeError
	switch {
	case errors.As(err, &status):
		return fmt.Errorf("%s: status %d", method, status.Code)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: %w", method, err)
	}
	return fmt.Errorf("%s: no answer (%T)", method, err)
}

// turn is a lock that may be held while something is waited for.
type turn chan struct{}

func newTurn() turn { return make(turn, 1) }

// take takes it, and returns what gives it back.
func (t turn) take() (done func()) {
	t <- struct{}{}
	return func() { <-t }
}
