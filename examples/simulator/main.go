// Command simulator serves a fake of the Astro API on loopback. Scripts and programs in any language can
// deploy to it without an account:
//
//	go run ./examples/simulator                    # until it is interrupted
//	go run ./examples/simulator -- ./deploy.sh     # while a command runs
//
// It is the command simulate of examples/deploy as a program of its own. README.md describes both.
package main

import (
	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
	"github.com/astro-finalize/astro-finalize-go/examples/internal/simulator"
)

func main() { command.Main(simulator.Program) }
