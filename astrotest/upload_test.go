package astrotest

import (
	"bufio"
	"crypto/md5"
	"encoding/base64"
	"encoding/xml"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func sumOf(body string) string {
	sum := md5.Sum([]byte(body))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func TestPutBlob(t *testing.T) {
	server := NewServer()
	defer server.Close()
	url := newUploadURL(server)
	var versions []string
	for _, body := range []string{"first", "second", "second", "", strings.Repeat("large", 1<<20)} {
		response := put(t, url, body, "Content-MD5", sumOf(body))
		require.Equal(t, 201, response.StatusCode, response.body)
		assert.Empty(t, response.body)
		assert.Equal(t, sumOf(body), response.Header.Get("Content-MD5"))
		versions = append(versions, response.version())
		stored, found := server.Tarball(response.version())
		assert.True(t, found)
		assert.True(t, body == string(stored))
	}
	for i, version := range versions {
		assert.Regexp(t, `^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$`, version)
		if i > 0 {
			assert.Greater(t, version, versions[i-1], "versions increase")
		}
	}

	first, _ := server.Tarball(versions[0])
	require.Equal(t, "first", string(first), "a later upload does not change it")
	first[0] = 'X'
	first, _ = server.Tarball(versions[0])
	assert.Equal(t, "first", string(first), "Tarball returns a copy")
	_, found := server.Tarball("another")
	assert.False(t, found)
}

// Scripts search for headers in the storage's spelling.
func TestResponseHeadersOfAnUpload(t *testing.T) {
	server := NewServer()
	defer server.Close()
	target := strings.TrimPrefix(newUploadURL(server), server.URL)
	_, response := raw(t, server, "PUT "+target+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\nx-ms-blob-type: BlockBlob\r\nContent-Length: 4\r\n\r\nbody")
	text, err := io.ReadAll(response)
	require.NoError(t, err)
	for _, line := range []string{
		`^HTTP/1.1 201 Created\r\n`,
		`\r\nx-ms-version-id: \S+\r\n`,
		`\r\nContent-MD5: ` + regexp.QuoteMeta(sumOf("body")) + `\r\n`,
		`\r\nETag: "0x[0-9A-F]+"\r\n`,
		`\r\nLast-Modified: \w+, \d\d \w+ 20\d\d [\d:]+ GMT\r\n`,
		`\r\nx-ms-request-id: \S+\r\n`,
		`\r\nx-ms-version: 20\d\d-\d\d-\d\d\r\n`,
		`\r\nx-ms-request-server-encrypted: true\r\n`,
		`\r\nContent-Length: 0\r\n`,
		`\r\n\r\n$`,
	} {
		assert.Regexp(t, line, string(text))
	}
}

// The storage refuses these requests, stores nothing, and does not ask for the body with 100
// Continue.
func TestRefusedUploads(t *testing.T) {
	server := NewServer()
	defer server.Close()
	url := newUploadURL(server)
	target := strings.TrimPrefix(url, server.URL)
	const blockBlob = "x-ms-blob-type: BlockBlob\r\n"
	for _, row := range []struct {
		request string // line and headers
		status  int
		code    string
	}{
		{"PUT " + target + " HTTP/1.1\r\nContent-Length: 4\r\n", 400, "MissingRequiredHeader"},
		{"PUT " + target + " HTTP/1.1\r\nContent-Length: 4\r\nx-ms-blob-type: PageBlob\r\n", 400, "InvalidHeaderValue"},
		{"PUT " + target + " HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + blockBlob, 411, "MissingContentLengthHeader"},
		{"PUT " + target + " HTTP/1.1\r\nContent-Length: 5242880001\r\n" + blockBlob, 413, "RequestBodyTooLarge"},
		{"PUT " + target + "&comp=block&blockid=YQ%3D%3D HTTP/1.1\r\nContent-Length: 4194304001\r\n", 413, "RequestBodyTooLarge"},
		{"PUT " + target + " HTTP/1.1\r\nContent-Length: 4\r\nContent-MD5: YQ==\r\n" + blockBlob, 400, "InvalidMd5"},
		{"PUT " + target + " HTTP/1.1\r\nContent-Length: 4\r\nContent-MD5: *\r\n" + blockBlob, 400, "InvalidMd5"},
		{"PUT " + target + " HTTP/1.1\r\nContent-Length: 4\r\nAuthorization: Bearer " + Token + "\r\n" + blockBlob, 400, "InvalidAuthenticationInfo"},
		{"PUT " + strings.Replace(target, "sig=", "sig=x", 1) + " HTTP/1.1\r\nContent-Length: 4\r\n" + blockBlob, 403, "AuthenticationFailed"},
		{"PUT " + target + "&comp=page HTTP/1.1\r\nContent-Length: 4\r\n" + blockBlob, 400, "InvalidQueryParameterValue"},
		{"PUT " + target + "&comp=block HTTP/1.1\r\nContent-Length: 4\r\n" + blockBlob, 400, "InvalidQueryParameterValue"},
		{"PUT " + target + "&comp=block&blockid=* HTTP/1.1\r\nContent-Length: 4\r\n" + blockBlob, 400, "InvalidQueryParameterValue"},
		{"PUT " + target + "&comp=block&blockid=" + strings.Repeat("YWFh", 22) + " HTTP/1.1\r\nContent-Length: 4\r\n" + blockBlob, 400, "InvalidQueryParameterValue"},
		{"POST " + target + " HTTP/1.1\r\nContent-Length: 4\r\n" + blockBlob, 405, "UnsupportedHttpVerb"},
		{"GET " + target + " HTTP/1.1\r\n", 403, "AuthorizationPermissionMismatch"},
		{"HEAD " + target + " HTTP/1.1\r\n", 403, "AuthorizationPermissionMismatch"},
		{"DELETE " + target + " HTTP/1.1\r\n", 403, "AuthorizationPermissionMismatch"},
	} {
		method, _, _ := strings.Cut(row.request, " ")
		conn, reader := raw(t, server, row.request+"Host: x\r\nExpect: 100-continue\r\n\r\n")
		response, err := http.ReadResponse(reader, &http.Request{Method: method})
		require.NoError(t, err)
		assert.Equal(t, row.status, response.StatusCode, row.request)
		message := assertStorageError(t, response, row.code)
		assert.Equal(t, method == http.MethodHead, message == "")
		_ = conn.Close()
	}
	mismatch := put(t, url, "body", "Content-MD5", sumOf("other"))
	assert.Equal(t, 400, mismatch.StatusCode)
	assert.Equal(t, "Md5Mismatch", mismatch.Header.Get("x-ms-error-code"))
	assert.Empty(t, storedBy(server))
	assert.Equal(t, 404, put(t, server.URL+"/storage/elsewhere", "").StatusCode)
}

// assertStorageError reads the error and returns its message.
func assertStorageError(t *testing.T, response *http.Response, code string) (message string) {
	t.Helper()
	assert.Equal(t, code, response.Header.Get("x-ms-error-code"))
	assert.NotEmpty(t, response.Header.Get("x-ms-request-id"))
	assert.Equal(t, "application/xml", response.Header.Get("Content-Type"))
	if response.Request.Method == http.MethodHead {
		return "" // no body
	}
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	var decoded struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
		Message string
	}
	require.NoError(t, xml.Unmarshal(body, &decoded), "%s", body)
	assert.True(t, strings.HasPrefix(string(body), "\ufeff"+`<?xml version="1.0" encoding="utf-8"?><Error><Code>`))
	assert.Equal(t, code, decoded.Code)
	return decoded.Message
}

// A client that sends Expect: 100-continue gets 100 Continue. One that does not gets the refusal
// instead of a closed connection, even if the body is large. The server does not read a body over
// the limit.
func TestClientsReceiveRefusals(t *testing.T) {
	server := NewServer()
	defer server.Close()
	target := strings.TrimPrefix(newUploadURL(server), server.URL)
	head := func(target, length string) string {
		return "PUT " + target + " HTTP/1.1\r\nHost: x\r\nx-ms-blob-type: BlockBlob\r\nContent-Length: " + length + "\r\n"
	}
	status := func(response *bufio.Reader) string {
		t.Helper()
		line, err := response.ReadString('\n')
		require.NoError(t, err)
		return strings.TrimSpace(line)
	}
	_, response := raw(t, server, head(target, "4")+"Expect: 100-continue\r\n\r\n")
	assert.Equal(t, "HTTP/1.1 100 Continue", status(response))
	_, response = raw(t, server, head(target, "5242880001")+"\r\n")
	assert.Equal(t, "HTTP/1.1 413 Request Entity Too Large", status(response))

	large := strings.Repeat("x", 32<<20)
	_, response = raw(t, server, head(target+"x", "33554432")+"\r\n"+large)
	assert.Equal(t, "HTTP/1.1 403 Forbidden", status(response))
	server.Inject(BadGateway())
	_, response = raw(t, server, head(target, "33554432")+"\r\n"+large)
	assert.Equal(t, "HTTP/1.1 502 Bad Gateway", status(response))
}

// Close does not wait for a client that stops in the middle of its body.
func TestCloseEndsUploadsThatStall(t *testing.T) {
	server := NewServer()
	url := newUploadURL(server)
	server.Inject(Slow(0), Hang(), StallUpload(1))
	var responses []*bufio.Reader
	for range 4 {
		conn, response := raw(t, server, "PUT "+strings.TrimPrefix(url, server.URL)+" HTTP/1.1\r\nHost: x\r\nx-ms-blob-type: BlockBlob\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
		responses = append(responses, response)
		line, err := response.ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, "HTTP/1.1 100 Continue\r\n", line, "the server reads the body")
		_, err = io.WriteString(conn, "bo")
		require.NoError(t, err)
	}
	server.Close()
	for _, response := range responses {
		text, _ := io.ReadAll(response)
		assert.Equal(t, "\r\n", string(text), "the end of 100 Continue and no response")
	}
	assert.Empty(t, storedBy(server))
}
