package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"

	"github.com/astro-finalize/astro-finalize-go/astrotest"
)

// serve responds to requests until ctx ends.
func serve(ctx context.Context, s settings, stdout, stderr io.Writer) error {
	listener, err := net.Listen("tcp", s.addr)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: choose another port with -addr, or a free one with -addr 127.0.0.1:0: %w", s.addr, err)
	}
	options := []astrotest.Option{
		astrotest.WithListener(listener),
		astrotest.WithLogger(slog.New(slog.NewTextHandler(stderr, nil))),
		astrotest.WithUploadURLsValidFor(s.uploadURLsValidFor),
	}
	if s.rateLimit > 0 {
		options = append(options, astrotest.WithRateLimit(http.MethodPost, s.rateLimit))
	}
	server := astrotest.NewServer(options...)
	defer server.Close()
	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: s.dagDeploys})

	deploys := server.URL + "/v1/organizations/" + deployment.OrganizationID + "/deployments/" + deployment.ID + "/deploys"
	_, _ = fmt.Fprintf(stderr, `A fake of the Astro API listens at %s until it is interrupted. Paste the lines
below into another shell, and try:

  curl -H "Authorization: Bearer %s" -H "Content-Type: application/json" -d '{"type":"IMAGE_AND_DAG"}' %s
  go run ./examples/deploy -live -dags ./examples/deploy/dags

`, server.URL, astrotest.Token, deploys)
	if _, err := fmt.Fprintf(stdout, `export ASTRO_API_TOKEN=%s
export ASTRO_API_URL=%s
export ASTRO_ORGANIZATION_ID=%s
export ASTRO_DEPLOYMENT_ID=%s
`, astrotest.Token, server.URL, deployment.OrganizationID, deployment.ID); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}
