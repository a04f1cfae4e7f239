package astrotest

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func blockID(name string) string { return base64.StdEncoding.EncodeToString([]byte(name)) }

// stage sends Put Block.
func stage(t *testing.T, address, name, body string) readResponse {
	t.Helper()
	return do(t, http.DefaultClient, storageRequest(t, http.MethodPut, address+"&comp=block&blockid="+url.QueryEscape(blockID(name)), body))
}

// named is an element of a block list and the block that it refers to.
type named struct{ element, block string }

// commit sends Put Block List.
func commit(t *testing.T, address string, blocks ...named) readResponse {
	t.Helper()
	list := `<?xml version="1.0" encoding="utf-8"?><BlockList>`
	for _, named := range blocks {
		list += "<" + named.element + ">" + blockID(named.block) + "</" + named.element + ">"
	}
	return do(t, http.DefaultClient, storageRequest(t, http.MethodPut, address+"&comp=blocklist", list+"</BlockList>"))
}

func TestABlockListStoresAVersion(t *testing.T) {
	server := NewServer()
	defer server.Close()
	address := newUploadURL(server)
	stored := func(response readResponse) string {
		t.Helper()
		require.Equal(t, 201, response.StatusCode, response.body)
		tarball, found := server.Tarball(response.version())
		require.True(t, found)
		return string(tarball)
	}
	for _, name := range []string{"1", "2", "3"} {
		staged := stage(t, address, name, "<"+name+">")
		require.Equal(t, 201, staged.StatusCode, staged.body)
		assert.Equal(t, sumOf("<"+name+">"), staged.Header.Get("Content-MD5"))
		assert.Empty(t, staged.version(), "a staged block has no version")
	}
	assert.Empty(t, storedBy(server))
	first := commit(t, address, named{"Latest", "2"}, named{"Uncommitted", "1"})
	assert.Equal(t, "<2><1>", stored(first), "in the order of the list")
	assert.NotEmpty(t, first.Header.Get("ETag"))

	assert.Equal(t, 201, stage(t, address, "2", "<new>").StatusCode)
	assert.Equal(t, "<new><1><2><new>", stored(commit(t, address, named{"Latest", "2"}, named{"Latest", "1"}, named{"Committed", "2"}, named{"Uncommitted", "2"})))
	tarball, _ := server.Tarball(first.version())
	assert.Equal(t, "<2><1>", string(tarball), "a later version does not change it")
	assert.Empty(t, stored(commit(t, address)), "a list may be empty")
}

func TestInvalidBlockLists(t *testing.T) {
	server := NewServer()
	defer server.Close()
	address := newUploadURL(server)
	refused := func(code string, response readResponse) {
		t.Helper()
		assert.Equal(t, 400, response.StatusCode)
		assert.Equal(t, code, response.Header.Get("x-ms-error-code"))
	}
	require.Equal(t, 201, stage(t, address, "1", "").StatusCode)
	refused("InvalidBlockList", commit(t, address, named{"Latest", "1"}, named{"Latest", "2"}))
	refused("InvalidBlockList", commit(t, address, named{"Committed", "1"}))
	refused("InvalidBlockList", commit(t, address, named{"Newest", "1"}))
	refused("InvalidBlobOrBlock", stage(t, address, "longer", ""))
	for _, list := range []string{"", "<BlockList>", "<Blocks/>", "text"} {
		refused("InvalidXmlDocument", do(t, http.DefaultClient, storageRequest(t, http.MethodPut, address+"&comp=blocklist", list)))
	}
	assert.Empty(t, storedBy(server))
	assert.Equal(t, 201, commit(t, address, named{"Uncommitted", "1"}).StatusCode, "refused lists changed nothing")
}

// The first commit, by a list or a whole blob, discards the blocks that others staged for the same
// blob. Blobs of other Deployments are not affected.
func TestTwoWritersDiscardEachOthersBlocks(t *testing.T) {
	server := NewServer()
	defer server.Close()
	address, separate := newUploadURL(server), newUploadURL(server)
	for name, first := range map[string]func() readResponse{
		"a list": func() readResponse { return commit(t, address, named{"Latest", "a"}) },
		"a blob": func() readResponse { return put(t, address, "whole") },
	} {
		for _, each := range []string{address, separate} {
			require.Equal(t, 201, stage(t, each, "a", "a").StatusCode)
			require.Equal(t, 201, stage(t, each, "b", "b").StatusCode)
		}
		require.Equal(t, 201, first().StatusCode)
		second := commit(t, address, named{"Latest", "b"})
		assert.Equal(t, "InvalidBlockList", second.Header.Get("x-ms-error-code"), name)
		assert.Equal(t, 201, commit(t, separate, named{"Latest", "b"}).StatusCode, name)
	}
}
