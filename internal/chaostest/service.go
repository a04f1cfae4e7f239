// Package chaostest is shared by the tests that run the library under faults: an in-memory fake, the
// faults, and the search for leaked secrets. Only tests import it.
package chaostest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// InMemory returns a fake service and a client that is connected to it in memory. In a synctest bubble,
// closeAll must be called before the bubble ends.
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
