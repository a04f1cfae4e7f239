package astrotest

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// inMemory returns a server in memory and its client. Call closeAll before the bubble ends.
func inMemory(options ...Option) (server *Server, client *http.Client, closeAll func()) {
	server = NewServer(append(options, InMemory())...)
	return server, server.Client(), server.Close
}

// newUploadURL returns the upload URL of a new deploy.
func newUploadURL(server *Server) string {
	deployment := server.AddDeployment(Deployment{DAGDeploys: true})
	return server.AddDeploy(api.Deploy{DeploymentID: deployment.ID}).DAGsUploadURL.Reveal()
}

// storedBy returns the stored tarballs by version.
func storedBy(server *Server) map[string]string {
	stored := server.service.storage
	stored.mu.Lock()
	defer stored.mu.Unlock()
	texts := map[string]string{}
	for version, pieces := range stored.versions {
		texts[version] = string(slices.Concat(pieces...))
	}
	return texts
}

// readResponse is a response with its body.
type readResponse struct {
	*http.Response
	body string
}

func (r readResponse) version() string { return r.Header.Get("x-ms-version-id") }

// storageRequest makes a request with headers, which alternate names and values.
func storageRequest(t *testing.T, method, url, body string, headers ...string) *http.Request {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	return request
}

// do sends the request and reads its response.
func do(t *testing.T, client *http.Client, request *http.Request) readResponse {
	t.Helper()
	response, err := client.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return readResponse{response, string(body)}
}

// put uploads body.
func put(t *testing.T, url, body string, headers ...string) readResponse {
	t.Helper()
	return do(t, http.DefaultClient, storageRequest(t, http.MethodPut, url, body, append([]string{"x-ms-blob-type", "BlockBlob"}, headers...)...))
}

// raw writes text that net/http would not send, and returns the connection.
func raw(t *testing.T, server *Server, text string) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(server.URL, "http://"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	_, err = io.WriteString(conn, text)
	require.NoError(t, err)
	return conn, bufio.NewReader(conn)
}
