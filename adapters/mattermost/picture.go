package mattermost

import (
	"context"
	"fmt"

	"github.com/mattermost/mattermost/server/public/model"

	"github.com/meldroute/meldroute/adapters"
)

var _ adapters.Pictures = (*Adapter)(nil)

// SendPicture is Send, with a picture in the post. Mattermost has no place for
// words in place of a picture: they stand under its text.
func (a *Adapter) SendPicture(ctx context.Context, to adapters.Address, p adapters.Picture) error {
	if err := p.Check(); err != nil {
		return fmt.Errorf("mattermost: picture: %w", err)
	}
	r := adapters.Reply{Key: p.Key, Text: p.Text}
	if err := a.Limits().Reply(r); err != nil {
		return fmt.Errorf("mattermost: picture: %w", err)
	}
	channel, err := a.place(ctx, to)
	if err == nil {
		r.Text += "\n\n" + p.Alt
		d := a.draft(ctx, to, r)
		d.picture, d.sum = &p, hash(d.sum+string(p.PNG))
		err = a.put(ctx, channel, d)
	}
	if err != nil {
		return fmt.Errorf("mattermost: picture: %w", err)
	}
	return nil
}

// upload brings a picture to the server, to stand in a post of the channel.
func (a *Adapter) upload(ctx context.Context, channel string, p *adapters.Picture) (model.StringArray, error) {
	up, res, err := a.client.UploadFile(ctx, p.PNG, channel, p.Name)
	if err != nil {
		return nil, failed("upload a picture", res, err)
	}
	var ids model.StringArray
	for _, f := range up.FileInfos {
		ids = append(ids, f.Id)
	}
	return ids, nil
}
