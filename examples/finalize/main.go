// Command finalize shows how to finalize deploys on Astro: it starts a fake of the service in this process and
// finalizes one deploy of each type there. Nothing reaches the network.
//
// To finalize a real deploy, use the command in examples/deploy.
//
// It exits with 0 on success, with 1 if the simulation failed, and with 2 if the command line is wrong.
package main

import (
	"context"
	"flag"
	"io"

	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
)

func main() { command.Main(run) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	err := command.Parse(flag.NewFlagSet("finalize", flag.ContinueOnError), help, args, stdout)
	if err == nil {
		err = simulate(ctx, stdout)
	}
	return command.Report("finalize", err, stderr)
}

var help = command.Help{Does: `finalize shows how deploys are finalized: it finalizes one of each type on a fake of the service, in this process.
It has no flags. To finalize a real deploy, use "deploy finalize -live", the command in examples/deploy.`}
