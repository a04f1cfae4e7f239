// A program that finalizes a deploy.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: finalize ORGANIZATION DEPLOYMENT DEPLOY VERSION")
		os.Exit(2)
	}
	client, err := wrapper.NewClient()
	if err == nil {
		err = finalize(client, os.Args[1:])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func finalize(client *wrapper.Client, args []string) error {
	target := wrapper.Target{OrganizationID: args[0], DeploymentID: args[1], DeployID: args[2]}
	deploy, err := client.Finalize(context.Background(), target, wrapper.DAGTarball(args[3]))
	if err != nil {
		return err
	}
	fmt.Println(deploy.ID, "is", deploy.Status)
	return nil
}
