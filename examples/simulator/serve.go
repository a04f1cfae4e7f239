package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"

	"github.com/astro-finalize/astro-finalize-go/astrotest"
)

// serve responds to requests until ctx ends.
func serve(ctx context.Context, s settings, stdout, stderr io.Writer) error {
	listener, err := net.Listen("tcp", s.addr)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: choose another port with -addr, or a free one with -addr 127.0.0.1:0: %w", s.addr, err)
	}
	defer func() { _ = listener.Close() }()
	token, logger := cmp.Or(s.token, jwt()), slog.New(slog.NewTextHandler(stderr, nil))
	options := []astrotest.Option{
		astrotest.InMemory(),
		astrotest.WithPublicURL("http://" + listener.Addr().String()),
		astrotest.WithTokens(token),
		astrotest.WithLogger(logger),
		astrotest.WithUploadURLsValidFor(s.uploadURLsValidFor),
	}
	if s.rateLimit > 0 {
		options = append(options, astrotest.WithRateLimit(http.MethodPost, s.rateLimit))
	}
	fake := astrotest.NewServer(options...)
	defer fake.Close()
	for i := range s.deployments {
		fake.AddDeployment(astrotest.Deployment{ID: deploymentID(i), OrganizationID: organizationID, DAGDeploys: s.dagDeploys})
	}
	if err := introduce(fake.URL, token, s.deployments, stdout, stderr); err != nil {
		return err
	}
	server := &http.Server{Handler: routes(fake, platform{fake, s.deployments, token, logger})}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// introduce tells how to use the simulator.
func introduce(url, token string, deployments int, stdout, stderr io.Writer) error {
	_, _ = fmt.Fprintf(stderr, `A fake of the Astro API listens at %s until it is interrupted. Paste the lines
below into another shell, and try:

  curl -H "Authorization: Bearer $ASTRO_API_TOKEN" -H "Content-Type: application/json" -d '{"type":"IMAGE_AND_DAG"}' $ASTRO_API_URL/v1/organizations/$ASTRO_ORGANIZATION_ID/deployments/$ASTRO_DEPLOYMENT_ID/deploys
  go run ./examples/deploy -live -dags ./examples/deploy/dags

With the vendor's CLI, in an Astro project (your own configuration of the CLI is not used):

  export ASTRO_HOME=$(mktemp -d) ASTRO_DOMAIN=localhost ASTRO_TELEMETRY_DISABLED=1
  astro config set -g local.core $ASTRO_API_URL
  astro deploy $ASTRO_DEPLOYMENT_ID --dags

`, url)
	if deployments > 1 {
		var others []string
		for i := 1; i < deployments; i++ {
			others = append(others, deploymentID(i))
		}
		_, _ = fmt.Fprintf(stderr, "The other Deployments are:\n\n  %s\n\n", strings.Join(others, "\n  "))
	}
	_, err := fmt.Fprintf(stdout, `export ASTRO_API_TOKEN=%s
export ASTRO_API_URL=%s
export ASTRO_ORGANIZATION_ID=%s
export ASTRO_DEPLOYMENT_ID=%s
`, token, url, organizationID, deploymentID(0))
	return err
}
