// Command deploy deploys a folder of DAGs, or a bundle such as a dbt project, to an Astro
// Deployment: it packs the folder, creates a deploy, uploads the tarball, finalizes the deploy
// and waits until it is DEPLOYED.
//
// Without -live it deploys to a simulator in this process, and nothing reaches the network;
// without -dags and -bundle it deploys a small folder of DAGs that comes with the program. With
// -live it deploys to a real Deployment:
//
//	ASTRO_API_TOKEN=… deploy -live -organization ID -deployment ID -dags ./dags
//
// In a pipeline whose steps are separate processes, for example since another program pushes an
// image between them, each step is a command. They pass the deploy on in a file without secrets:
//
//	deploy create   -live -state FILE -image -dags ./dags
//	deploy upload   -live -state FILE -dags ./dags
//	deploy finalize -live -state FILE
//
// If the outcome of a deploy is unknown, this tells what became of it:
//
//	deploy status -live -deploy ID -dags-version VERSION
//
// And this rehearses a pipeline against a simulator, with the failures that are asked for:
//
//	deploy simulate -fault FinalizeDeploy=cut-after-commit -- ./pipeline.sh
//
// The README has the flags, the JSON and the exit codes.
package main

import (
	"context"
	"fmt"
	"io"

	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
	"github.com/astro-finalize/astro-finalize-go/examples/internal/simulator"
)

func main() { command.Main(run) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == "simulate" {
		return simulator.Run(ctx, args[1:], stdout, stderr)
	}
	s, err := parse(args, stdout)
	if err != nil {
		return command.Report(s.name(), err, stderr)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, s.timeout, fmt.Errorf("-timeout %s has passed", s.timeout))
	defer cancel()
	out := newOutput(s, stdout, stderr)
	var result *deploys.Result
	if s.step == "" {
		result, err = deploy(ctx, s, out)
	} else {
		result, err = takeStep(ctx, s, out)
	}
	return out.end(result, err)
}
