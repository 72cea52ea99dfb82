package slack

import (
	"context"

	"github.com/slack-go/slack"

	"github.com/meldroute/meldroute/adapters"
)

// home publishes the Home tab for who opened it. It is the same for all, and
// says nothing of anybody: Slack keeps it.
func (s *server) home(ctx context.Context, x *act) {
	lang := s.people.lang(ctx, x.user)
	blocks := rich(s.opt.Say(lang, "slack.home", nil))
	blocks = append(blocks, slack.NewActionBlock("",
		button(doPress+"0", adapters.TokenDanger, s.opt.Say(lang, "slack.home.danger", nil), adapters.ToneDanger),
		button(doPress+"1", adapters.TokenReport, s.opt.Say(lang, "slack.home.report", nil), adapters.ToneMain),
	))
	if s.opt.Home != nil {
		blocks = append(blocks, rich(s.opt.Home(lang))...)
	}
	blocks = append(blocks, rich(s.opt.Say(lang, "slack.home.privacy", nil))...)
	err := s.call(ctx, "views.publish", func(ctx context.Context) error {
		_, err := s.api.PublishViewContext(ctx, slack.PublishViewContextRequest{
			UserID: x.user, View: slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: blocks}},
		})
		return err
	})
	if err != nil {
		s.opt.Log.Warn("slack: home was not shown", "err", err)
		return
	}
	x.ack(nil)
}
