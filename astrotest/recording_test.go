package astrotest

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// zeros is a body that takes no memory.
type zeros struct{}

func (zeros) Read(into []byte) (int, error) {
	clear(into)
	return len(into), nil
}

func TestMemoryWithoutRecording(t *testing.T) {
	const megabytes, uploads = 32, 4
	server := New(t, WithoutRecording())
	address := newUploadURL(server)
	send := func(query string, body io.Reader, length int64) (version string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, address+query, body)
		require.NoError(t, err)
		request.ContentLength = length
		request.Header.Set("x-ms-blob-type", "BlockBlob")
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		_ = response.Body.Close()
		require.Equal(t, 201, response.StatusCode)
		return response.Header.Get("x-ms-version-id")
	}
	upload := func(query string) string {
		return send(query, io.LimitReader(zeros{}, megabytes<<20), megabytes<<20)
	}
	before := heap()
	var versions []string
	var blocks strings.Builder
	for range uploads {
		versions = append(versions, upload(""))
	}
	for i := range uploads {
		block := base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "block %d", i))
		upload("&comp=block&blockid=" + url.QueryEscape(block))
		fmt.Fprintf(&blocks, "<Latest>%s</Latest>", block)
	}
	list := "<BlockList>" + blocks.String() + "</BlockList>"
	versions = append(versions, send("&comp=blocklist", strings.NewReader(list), int64(len(list))))
	assert.Less(t, heap(), before+megabytes<<20, "bytes, after %d MB", 2*uploads*megabytes)

	for _, version := range versions {
		content, found := server.Tarball(version)
		assert.True(t, content == nil, "no content")
		assert.True(t, found)
	}
	assert.Empty(t, server.Requests())
	wrong := put(t, address, "body", "Content-MD5", sumOf("other"))
	assert.Equal(t, "Md5Mismatch", wrong.Header.Get("x-ms-error-code"))
	assert.Equal(t, sumOf("body"), put(t, address, "body").Header.Get("Content-MD5"))
	assert.Equal(t, 400, put(t, address+"&comp=blocklist", "<BlockList><Latest>YQ==</Latest></BlockList>").StatusCode, "unknown block")
}

// heap returns the bytes that are in use.
func heap() uint64 {
	runtime.GC()
	runtime.GC() // the first one leaves what sync.Pool holds
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	return now.HeapAlloc
}
