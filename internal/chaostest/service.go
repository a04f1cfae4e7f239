// Package chaostest is what the tests of several packages have in common that try the library under
// faults: a fake in memory, the faults, and how secrets are looked for. Only tests import it.
package chaostest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// InMemory returns a fake service and a client for it that meet in memory. Within a bubble
// both must be closed before it ends, which closeAll does.
func InMemory(t *testing.T, serverOptions []astrotest.Option, options ...wrapper.Option) (server *astrotest.Server, client *wrapper.Client, closeAll func()) {
	t.Helper()
	server = astrotest.NewServer(append(serverOptions, astrotest.InMemory(), astrotest.WithAnyVersion())...)
	options = append([]wrapper.Option{
		wrapper.WithBaseURL(server.URL),
		wrapper.WithToken(astrotest.Token),
		wrapper.WithHTTPClient(server.Client()),
	}, options...)
	client, err := wrapper.NewClient(options...)
	require.NoError(t, err)
	return server, client, server.Close
}
