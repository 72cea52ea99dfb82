package main_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	chromium "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// fetches follows the link of the open window, types the code on the page that
// it opens, and waits for the file; then the page is closed.
func (p *page) fetches(t *testing.T, link, code string) (name, body string) {
	t.Helper()
	dir := t.TempDir()
	value(p.tab, func(ctx context.Context, _ *chromedp.Target) (struct{}, error) {
		_, err := chromedp.CallBrowser(ctx, chromium.SetDownloadBehavior, chromium.SetDownloadBehaviorParams{
			Behavior: chromium.SetDownloadBehaviorBehaviorAllow, DownloadPath: dir,
		})
		return struct{}{}, err
	})
	p.reaches("the link", `open().querySelector('.form-link a')`)
	p.types(kb.Enter)
	ctx, cancel := chromedp.NewContext(p.ctx, chromedp.WithTargetID(p.finds(link)))
	defer cancel()
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	x := &page{tab: &tab{b: p.b, ctx: ctx, name: p.name + "-bestand"}, opened: true, looked: &sync.Map{}, narrow: true}
	x.until(`return !!document.getElementById('code')`)
	x.looksAt("Bestand")
	x.reaches("the code", `document.getElementById('code')`)
	x.types(code + kb.Enter)
	p.soon("a file", func() bool {
		files, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil || len(files) != 1 || strings.HasSuffix(files[0], ".crdownload") {
			return false
		}
		b, err := os.ReadFile(files[0])
		name, body = filepath.Base(files[0]), string(b)
		return err == nil
	})
	return name, body
}

// soon waits until something outside the page is so.
func (p *page) soon(what string, so func() bool) {
	p.b.t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-deadline:
			p.fails("%s did not come", what)
		}
	}
}

// finds is the tab that was opened on an address.
func (p *page) finds(url string) (id target.ID) {
	p.b.t.Helper()
	p.soon("a tab", func() bool {
		all := value(p.tab, func(ctx context.Context, _ *chromedp.Target) ([]*target.Info, error) {
			got, err := chromedp.CallBrowser(ctx, target.GetTargets, target.GetTargetsParams{})
			return got.TargetInfos, err
		})
		for _, x := range all {
			if x.URL == url {
				id = x.TargetID
			}
		}
		return id != ""
	})
	return id
}
