package main

import (
	"crypto/md5"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStorage(t *testing.T) {
	const blob = "/dags/one"
	sum := md5.Sum([]byte("tarball"))
	right := base64.StdEncoding.EncodeToString(sum[:])
	list := func(ids ...string) string {
		return "<BlockList><Latest>" + strings.Join(ids, "</Latest><Latest>") + "</Latest></BlockList>"
	}
	for _, row := range []struct {
		name, query, body string
		header            map[string]string
		status            int
		code              string
		stored            string
	}{
		{name: "a blob", body: "tarball", status: 201, stored: "tarball"},
		{name: "its MD5", body: "tarball", header: map[string]string{"Content-Md5": right}, status: 201, stored: "tarball"},
		{name: "a wrong MD5", body: "tarbell", header: map[string]string{"Content-Md5": right}, status: 400, code: "Md5Mismatch"},
		{name: "a wrong MD5 of a block", query: "?comp=block&blockid=YQ==", body: "tarbell", header: map[string]string{"Content-Md5": right}, status: 400, code: "Md5Mismatch"},
		{name: "no type", body: "tarball", header: map[string]string{"X-Ms-Blob-Type": ""}, status: 400, code: "InvalidHeaderValue"},
		{name: "blocks", query: "?comp=blocklist", body: list("Yg==", "Yw=="), status: 201, stored: "second third"},
		{name: "a missing block", query: "?comp=blocklist", body: list("Yg==", "ZA=="), status: 400, code: "InvalidBlockList"},
	} {
		t.Run(row.name, func(t *testing.T) {
			storage := newStorage(0)
			storage.stores = true
			server := httptest.NewServer(storage)
			defer server.Close()
			put := func(query, body string, header map[string]string) *http.Response {
				request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, server.URL+blob+query, strings.NewReader(body))
				require.NoError(t, err)
				request.Header.Set("X-Ms-Blob-Type", "BlockBlob")
				for name, value := range header {
					request.Header.Set(name, value)
				}
				response, err := server.Client().Do(request)
				require.NoError(t, err)
				require.NoError(t, response.Body.Close())
				return response
			}
			assert.Equal(t, 201, put("?comp=block&blockid=Yw==", " third", nil).StatusCode)
			assert.Equal(t, 201, put("?comp=block&blockid=Yg==", "second", nil).StatusCode)
			response := put(row.query, row.body, row.header)
			assert.Equal(t, row.status, response.StatusCode)
			assert.Equal(t, row.code, response.Header.Get("X-Ms-Error-Code"))
			assert.Equal(t, row.status == 201, response.Header.Get("X-Ms-Version-Id") != "")
			got, err := askStorage(t.Context(), server.URL+blob)
			require.NoError(t, err)
			assert.Equal(t, response.Header.Get("X-Ms-Version-Id"), got.Version)
			assert.Equal(t, row.stored, string(storage.blobs[blob].content))
		})
	}
}

func TestStorageRequiresALength(t *testing.T) {
	server := httptest.NewServer(newStorage(0))
	defer server.Close()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, server.URL+"/dags/one", struct{ io.Reader }{strings.NewReader("tarball")})
	require.NoError(t, err)
	request.Header.Set("X-Ms-Blob-Type", "BlockBlob")
	response, err := server.Client().Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, http.StatusLengthRequired, response.StatusCode)
}
