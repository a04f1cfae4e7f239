// Command pinned runs a tool, such as the generator of package api, in the version that tools/go.mod
// pins. Unlike `go run -modfile=tools/go.mod`, it also works in a workspace or with a vendor folder.
package main

import (
	"log"
	"os"
	"os/exec"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("pinned: ")
	tool := exec.Command("go", append([]string{"run", "-modfile=tools/go.mod", "-mod=readonly"}, os.Args[1:]...)...)
	tool.Env = append(os.Environ(), "GOWORK=off")
	tool.Stdin, tool.Stdout, tool.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := tool.Run(); err != nil {
		log.Fatal(err)
	}
}
