// Command terraform-provider-astrodeploy is the provider as a program that Terraform starts. To try it
// with a simulator, without a registry:
//
//	go build -o /tmp/provider/ ./terraform/terraform-provider-astrodeploy
//	go run ../simulator
//
// Set the variables that the simulator prints, and let Terraform find the program by a file that
// TF_CLI_CONFIG_FILE names:
//
//	provider_installation {
//	  dev_overrides { "example.com/astro/astrodeploy" = "/tmp/provider" }
//	  direct {}
//	}
//
// The configuration names the same address, as the source of astrodeploy in required_providers. Then run
// terraform plan and apply, without init.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/astro-finalize/astro-finalize-go/examples/integrations/terraform"
)

func main() {
	newProvider := func() provider.Provider { return terraform.New() }
	if err := providerserver.Serve(context.Background(), newProvider, providerserver.ServeOpts{Address: "example.com/astro/astrodeploy"}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
