// Command bot is Meldroute: it takes in signals of human trafficking from a
// municipality's employees and brings them to the aandachtsfunctionaris, along
// the six steps of the meldroute.
//
// This package reads flags, wires every adapter and driver, and shuts down.
// What the bot says is in bot/dialogue and bot/desk, what it owes in
// bot/reminder.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/meldroute/meldroute/config"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		os.Exit(1)
	}
}

// cli is what can be asked of the program.
type cli struct {
	Config string `short:"c" type:"path" placeholder:"BESTAND" help:"Configuratie die over de standaard heen ligt."`

	Serve   serveCmd   `cmd:"" default:"1" help:"Start de bot (dit doet het programma zonder opdracht ook)."`
	Check   checkCmd   `cmd:"" help:"Zeg in woorden wat er mist of niet klopt."`
	Show    configCmd  `cmd:"" name:"config" help:"Toon de configuratie die geldt, zonder geheimen."`
	Route   routeCmd   `cmd:"" name:"meldroute" help:"Schrijf de meldroute met jullie namen en nummers, om te printen (HTML)."`
	Figures figuresCmd `cmd:"" help:"Maak de cijfers voor het overleg, zonder kleine aantallen."`
	Journal journalCmd `cmd:"" help:"Controleer het logboek (journal verify)."`
	Keys    keysCmd    `cmd:"" help:"Toon of wissel de sleutels (keys list, keys rotate)."`
	Backup  backupCmd  `cmd:"" help:"Maak een back-up in een map. De bot mag draaien."`
	Restore restoreCmd `cmd:"" help:"Zet een back-up terug waar nog niets staat."`
	Rights  rightsCmd  `cmd:"" help:"Toon wie wat mag, en wie het laatst iets deed."`
	Erase   eraseCmd   `cmd:"" help:"Toon of wis wat gewist moet worden, en toon wat gewist is."`

	Mattermost mattermostCmd `cmd:"" help:"Maak Mattermost klaar voor de bot (mattermost setup)."`
	Slack      slackCmd      `cmd:"" help:"Maak de app voor Slack (slack manifest), en probeer hem (slack probe)."`

	Version versionCmd `cmd:"" help:"Toon de versie."`
}

// env is what every command works with.
type env struct {
	ctx      context.Context
	config   config.Config
	in       io.Reader
	out, err io.Writer
	now      func() time.Time // the one clock of everything that is stored
}

// errTold ends a command whose trouble has been told already.
var errTold = errors.New("bot: told")

// run is main without the process: tests call it too.
func run(ctx context.Context, args []string, out, errw io.Writer) error {
	var c cli
	code := -1
	parser, err := kong.New(&c, kong.Name("bot"), kong.Description("Meldroute: signalen van mensenhandel, veilig bij de aandachtsfunctionaris."),
		kong.Writers(out, errw), kong.Exit(func(n int) { code = n }))
	if err != nil {
		return err
	}
	k, err := parser.Parse(args)
	if code >= 0 { // --help
		return nil
	}
	if err != nil {
		_, _ = fmt.Fprintln(errw, "bot:", err)
		return err
	}
	e := &env{ctx: ctx, in: os.Stdin, out: out, err: errw, now: time.Now}
	if e.config, err = config.Load(c.Config, os.Getenv); err != nil {
		_, _ = fmt.Fprintln(errw, err)
		return err
	}
	if err := k.Run(e); err != nil {
		if !errors.Is(err, errTold) {
			_, _ = fmt.Fprintln(errw, "bot:", err)
		}
		return err
	}
	return nil
}
