package main_test

import (
	"testing"
	"time"

	"github.com/meldroute/meldroute/adapters/mattermost/mattermosttest"
	"github.com/meldroute/meldroute/store/storetest"
)

// What the bot adds on Mattermost: from a message that is posted until its next
// question is heard, less one post that another user hears. Each message is a
// durable turn; the ratio is to that one post, in the same run.
func BenchmarkMattermostAnswer(b *testing.B) {
	for name, data := range map[string]func(testing.TB) string{
		"sqlite":   func(testing.TB) string { return "" },
		"postgres": func(t testing.TB) string { return onPostgres(storetest.Postgres(t)) },
	} {
		b.Run(name, func(b *testing.B) {
			w := settle(b, mattermosttest.Shared(b))
			w.start(b, w.config(b, wayIn)+covered+data(b))
			x, other := w.seat(b, "melder"), w.seat(b, "ander")
			between := w.server.Direct(b, x.User, other.User).Id
			says := []string{"melden", "stop", "ja"} // a question, whether to stop, and the end
			var post, answer []time.Duration
			timed := func(to *seat, channel, text string) time.Duration {
				begin := time.Now()
				to.Hears(channel, func() error { _, err := x.Say(channel, text); return err })
				return time.Since(begin)
			}
			for i := 0; b.Loop(); i++ {
				post = append(post, timed(other, between, "hallo"))
				handled, _ := w.work()
				answer = append(answer, timed(x, x.direct, says[i%len(says)]))
				until(b, "the bot is done", func() bool { n, waiting := w.work(); return n > handled && waiting == 0 })
			}
			one, all := middle(post), middle(answer)
			b.ReportMetric(float64(one.Microseconds()), "µs/post")
			b.ReportMetric(float64((all - one).Microseconds()), "µs-added/answer")
			b.ReportMetric(float64(all-one)/float64(one), "added/post")
		})
	}
}
