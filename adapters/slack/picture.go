package slack

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"github.com/meldroute/meldroute/adapters"
)

// Slack works on a picture for a moment before it can be shown: the message is
// tried again until it can, this often.
const (
	pictureTries = 4
	pictureWait  = time.Second
)

// SendPicture uploads p and posts it with its words.
func (a *Adapter) SendPicture(ctx context.Context, to adapters.Address, p adapters.Picture) error {
	if err := a.sendPicture(ctx, to, p); err != nil {
		return fmt.Errorf("slack: send picture: %w", err)
	}
	return nil
}

func (a *Adapter) sendPicture(ctx context.Context, to adapters.Address, p adapters.Picture) error {
	if err := p.Check(); err != nil {
		return err
	}
	if err := a.Limits().Reply(adapters.Reply{Text: p.Text}); err != nil {
		return err
	}
	at, err := a.place(ctx, to)
	if err != nil {
		return err
	}
	if known, err := a.book.has(ctx, at, p.Key); known || err != nil {
		return err
	}
	id, err := a.upload(ctx, p)
	if err != nil {
		return err
	}
	blocks := append(rich(p.Text), slack.NewImageBlockSlackFile(&slack.SlackFileObject{ID: id}, cut(p.Alt, maxAlt), "", nil))
	if units(p.Alt) > maxAlt {
		blocks = append(blocks, rich(p.Alt)...)
	}
	c, err := newContent(blocks, strip(p.Text)+"\n"+p.Alt)
	if err != nil {
		return err
	}
	for try := 1; ; try++ {
		err = a.book.put(ctx, at, p.Key, "", c)
		if try == pictureTries || !failed(err, []string{"invalid_blocks", "invalid_slack_file"}) {
			return err
		}
		if err := sleep(ctx, pictureWait); err != nil {
			return err
		}
	}
}

// upload puts the picture among the bot's files, where nobody sees it yet.
func (a *Adapter) upload(ctx context.Context, p adapters.Picture) (id string, err error) {
	var f *slack.FileSummary
	err = a.call(ctx, "files.upload", func(ctx context.Context) (err error) {
		f, err = a.api.UploadFileContext(ctx, slack.UploadFileParameters{
			Reader: bytes.NewReader(p.PNG), FileSize: len(p.PNG), Filename: p.Name, Title: p.Name, AltTxt: cut(p.Alt, maxAlt/2),
		})
		return err
	})
	if err != nil {
		return "", err
	}
	return f.ID, nil
}

// has reports whether what stands under a key was posted.
func (b *book) has(ctx context.Context, at spot, key string) (bool, error) {
	p, err := b.pointer(ctx, at, key)
	return p.Slot != "", err
}
