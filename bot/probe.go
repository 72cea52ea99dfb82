package main

import (
	"bufio"
	"fmt"
	"strings"
	"time"

	"github.com/meldroute/meldroute/adapters/slack"
	"github.com/meldroute/meldroute/config"
)

// slackProbeCmd walks a real workspace.
type slackProbeCmd struct {
	Person string        `arg:"" placeholder:"NUMMER" help:"Het nummer in Slack van wie meedoet (U0123ABCD)."`
	Wait   time.Duration `default:"2m" placeholder:"TIJD" help:"Hoe lang op elke handeling wordt gewacht (${default})."`
}

// Run asks the person, one by one, for what only a person can do, and prints
// what held. It fails when something did not.
func (c slackProbeCmd) Run(e *env) error { return c.run(e, slackOptions(e.config)) }

func (c slackProbeCmd) run(e *env, o slack.Options) error {
	texts, err := config.LoadTexts(e.config.Texts)
	if err != nil {
		return err
	}
	tell := func(id string, args map[string]any) {
		_, _ = fmt.Fprintln(e.out, strings.TrimSpace(texts.Say(o.Lang, id, args)))
	}
	o.Say, o.Now = texts.Say, e.now
	count := map[slack.Outcome]int{}
	p := slack.Probe{
		Person: strings.TrimPrefix(c.Person, slack.Platform+":"), Wait: c.Wait, Skip: lines(e),
		Ask: func(text string) { tell("check.probe.ask", map[string]any{"Text": text}) },
		Tell: func(s slack.Step) {
			count[s.Outcome]++
			args := map[string]any{"Text": texts.Say(o.Lang, s.ID, nil), "Seen": s.Seen}
			switch s.Outcome {
			case slack.Held:
				tell("check.probe.held", args)
			case slack.Failed:
				tell("check.probe.failed", args)
			case slack.Skipped:
				tell("check.probe.skipped", args)
			}
		},
	}
	tell("check.probe.begin", map[string]any{"Seconds": int(c.Wait.Seconds())})
	_, err = p.Run(e.ctx, o)
	if err != nil && e.ctx.Err() == nil {
		return err
	}
	tell("check.probe.sum", map[string]any{"Held": count[slack.Held], "Failed": count[slack.Failed], "Skipped": count[slack.Skipped]})
	if err != nil || count[slack.Failed] > 0 {
		return errTold
	}
	return nil
}

// lines is sent to for each line that the operator enters.
func lines(e *env) <-chan struct{} {
	out := make(chan struct{}, 1)
	go func() {
		for s := bufio.NewScanner(e.in); s.Scan(); {
			select {
			case out <- struct{}{}:
			default:
			}
		}
	}()
	return out
}
