package simulator

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"

	"github.com/astro-finalize/astro-finalize-go/astrotest"
)

// serve responds to requests until ctx or the command ends, and returns the exit code.
func serve(ctx context.Context, s settings, stdout, stderr io.Writer) (code int, err error) {
	listener, err := net.Listen("tcp", s.addr)
	if err != nil {
		return 0, fmt.Errorf("cannot listen on %s: choose another port with -addr, or a free one with -addr 127.0.0.1:0: %w", s.addr, err)
	}
	defer func() { _ = listener.Close() }()
	server, url, certificate := &http.Server{}, "http://"+listener.Addr().String(), ""
	if s.http2 {
		made, file, remove, err := newCertificate()
		if err != nil {
			return 0, fmt.Errorf("cannot make a certificate: %w", err)
		}
		defer remove()
		server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{made}}
		url, certificate = "https://"+listener.Addr().String(), file
	}
	token, logger := cmp.Or(s.token, jwt()), slog.New(slog.DiscardHandler)
	if s.logs() {
		logger = slog.New(slog.NewTextHandler(stderr, nil))
	}
	fake := newFake(s, url, token, logger)
	defer fake.Close()
	server.Handler = routes(fake, platform{fake, s.deployments, token, logger}, &faults{list: s.faults})
	server.ErrorLog = slog.NewLogLogger(logger.Handler(), slog.LevelWarn)
	variables := []variable{
		{"ASTRO_API_TOKEN", token},
		{"ASTRO_API_URL", url},
		{"ASTRO_ORGANIZATION_ID", organizationID},
		{"ASTRO_DEPLOYMENT_ID", deploymentID(0)},
		{faultsVariable, url + faultsPath},
	}
	if certificate != "" {
		variables = append(variables, variable{"SSL_CERT_FILE", certificate})
	}
	if len(s.command) > 0 {
		logger.InfoContext(ctx, "serving", "url", url)
		defer func() { _ = server.Close() }()
		go func() { _ = listen(server, listener) }()
		return runCommand(ctx, s.command, variables, stdout, stderr)
	}
	if err := introduce(s, url, variables, stdout, stderr); err != nil {
		return 0, err
	}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	return 0, listen(server, listener)
}

// listen serves until the server is closed.
func listen(server *http.Server, listener net.Listener) (err error) {
	if server.TLSConfig != nil {
		err = server.ServeTLS(listener, "", "")
	} else {
		err = server.Serve(listener)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// newFake starts the fake in memory. Only the simulator's own server reaches it.
func newFake(s settings, url, token string, logger *slog.Logger) *astrotest.Server {
	options := []astrotest.Option{
		astrotest.InMemory(),
		astrotest.WithoutRecording(),
		astrotest.WithPublicURL(url),
		astrotest.WithTokens(token),
		astrotest.WithLogger(logger),
		astrotest.WithUploadURLsValidFor(s.uploadURLsValidFor),
		astrotest.WithLag(0, s.lag),
		astrotest.WithDeployedAfter(s.deployedAfter),
	}
	if s.rateLimit > 0 {
		options = append(options, astrotest.WithRateLimit(http.MethodPost, s.rateLimit))
	}
	fake := astrotest.NewServer(options...)
	for i := range s.deployments {
		fake.AddDeployment(astrotest.Deployment{ID: deploymentID(i), OrganizationID: organizationID, DAGDeploys: s.dagDeploys})
	}
	return fake
}
