package astrotest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each fault has its effect on the response to an upload and on the stored tarball.
func TestFaultsOfUploads(t *testing.T) {
	large := strings.Repeat("large", 1<<18)
	const noResponse = 0
	for name, row := range map[string]struct {
		fault  Fault
		status int
		code   string
		stored bool
	}{
		"none":                  {Slow(0), 201, "", true},
		"storage error":         {StorageError(503, "ServerBusy", "a < b"), 503, "ServerBusy", false},
		"storage error, stored": {StorageError(500, "InternalError", "").AfterCommit(), 500, "InternalError", true},
		"expired":               {ExpiredUploadURL(), 403, "AuthenticationFailed", false},
		"not valid yet":         {UploadURLNotYetValid(time.Minute), 403, "AuthenticationFailed", false},
		"response":              {Respond(200, "text/html", "<html>"), 200, "", false},
		"bad gateway":           {BadGateway(), 502, "", false},
		"cut":                   {CutConnection(), noResponse, "", false},
		"cut, stored":           {CutConnection().AfterCommit(), noResponse, "", true},
		"cut in header, stored": {CutHeader(), noResponse, "", true},
		"cut in response":       {CutResponse(), 201, "", true}, // it has no body to cut
		"cut at once":           {CutUpload(0), noResponse, "", false},
		"cut in upload":         {CutUpload(1 << 20), noResponse, "", false},
		"cut after upload":      {CutUpload(int64(len(large))), noResponse, "", false},
		"cut past the upload":   {CutUpload(1 << 40), noResponse, "", false},
		"for another operation": {BadGateway().On("PutBlock"), 201, "", true},
		"for this operation":    {BadGateway().On("PutBlob"), 502, "", false},
	} {
		for protocol, options := range protocols {
			t.Run(name+" "+protocol, func(t *testing.T) {
				server := NewServer(options...)
				defer server.Close()
				request := storageRequest(t, http.MethodPut, newUploadURL(server), large, "x-ms-blob-type", "BlockBlob")
				server.Inject(row.fault)
				response, err := server.Client().Do(request)
				if row.status == noResponse {
					assert.Error(t, err)
				} else {
					require.NoError(t, err)
					assert.Equal(t, row.status, response.StatusCode)
					if row.code == "" {
						assert.NotContains(t, response.Header, "X-Ms-Error-Code")
					} else if message := assertStorageError(t, response, row.code); row.code == "ServerBusy" {
						assert.Regexp(t, `^a < b\nRequestId:astrotest-request\nTime:20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$`, message)
					}
					_ = response.Body.Close()
				}
				stored := storedBy(server)
				assert.Equal(t, row.stored, len(stored) == 1)
				for _, tarball := range stored {
					assert.True(t, large == tarball)
				}
			})
		}
	}
}

// On and InjectFunc work for operations of the storage as they do for those of the contract.
func TestOperationsOfTheStorage(t *testing.T) {
	server := NewServer()
	defer server.Close()
	address := newUploadURL(server)
	var asked []string
	server.InjectFunc(func(operation string) (Fault, bool) {
		asked = append(asked, operation)
		return Fault{}, false
	})
	put(t, address, "")
	stage(t, address, "1", "")
	commit(t, address, named{"Latest", "1"})
	put(t, address+"x", "")
	do(t, http.DefaultClient, storageRequest(t, http.MethodGet, address, ""))
	assert.Equal(t, []string{"PutBlob", "PutBlock", "PutBlockList"}, asked, "no fault applies without a valid URL")
	for _, operation := range asked {
		server.Inject(BadGateway().On(operation))
	}
	assert.Equal(t, 502, commit(t, address).StatusCode)
	assert.Equal(t, 502, put(t, address, "").StatusCode)
	assert.Equal(t, 502, stage(t, address, "1", "").StatusCode)
}

// A changed header is present once, in the storage's spelling, which scripts search for.
func TestHeadersOfChangedResponses(t *testing.T) {
	for name, row := range map[string]struct {
		fault Fault
		want  string
		times int
	}{
		"set":                 {Slow(0).WithHeader("X-Ms-Version-Id", "odd"), "\r\nx-ms-version-id: odd\r\n", 1},
		"set, new":            {Slow(0).WithHeader("retry-after", "3"), "\r\nRetry-After: 3\r\n", 1},
		"missing":             {Slow(0).WithoutHeader("X-Ms-Version-Id"), "x-ms-version-id", 0},
		"missing, lower case": {Slow(0).WithoutHeader("x-ms-version-id"), "x-ms-version-id", 0},
		"removed, then set":   {Slow(0).WithoutHeader("x-ms-version-id").WithHeader("X-Ms-Version-Id", "odd"), "X-Ms-Version-Id: odd", 1},
		"of an error":         {StorageError(500, "InternalError", "").WithoutHeader("X-MS-error-code"), "x-ms-error-code", 0},
	} {
		server := NewServer()
		target := strings.TrimPrefix(newUploadURL(server), server.URL)
		server.Inject(row.fault)
		_, response := raw(t, server, "PUT "+target+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\nx-ms-blob-type: BlockBlob\r\nContent-Length: 4\r\n\r\nbody")
		text, err := io.ReadAll(response)
		require.NoError(t, err)
		assert.Equal(t, row.times, strings.Count(strings.ToLower(string(text)), strings.ToLower(row.want)), "%s: %s", name, text)
		assert.Equal(t, row.times, strings.Count(string(text), row.want), "%s: %s", name, text)
		server.Close()
	}
}

// A cut does not wait until the client has sent the rest of the body.
func TestCutUploadsDoNotWaitForTheBody(t *testing.T) {
	server := NewServer()
	defer server.Close()
	target := strings.TrimPrefix(newUploadURL(server), server.URL)
	for _, fault := range []Fault{CutConnection(), CutUpload(0), CutUpload(2)} {
		server.Inject(fault)
		_, response := raw(t, server, "PUT "+target+" HTTP/1.1\r\nHost: x\r\nx-ms-blob-type: BlockBlob\r\nContent-Length: 4\r\n\r\nbo")
		text, _ := io.ReadAll(response)
		assert.Empty(t, string(text))
	}
}

// A slow upload takes effect even if the client no longer waits.
func TestSlowUploadsTakeEffectLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client, closeAll := inMemory()
		defer closeAll()
		large := strings.Repeat("large", 1<<16)
		client.Timeout = time.Minute - time.Nanosecond
		request := storageRequest(t, http.MethodPut, newUploadURL(server), large, "x-ms-blob-type", "BlockBlob")
		server.Inject(Slow(time.Minute))
		_, err := client.Do(request)
		assert.Error(t, err)
		synctest.Wait()
		assert.Empty(t, storedBy(server))
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		assert.Len(t, storedBy(server), 1)
	})
}

// body counts the bytes that were sent.
type body struct {
	io.Reader
	sent int
}

func (b *body) Read(into []byte) (int, error) {
	n, err := b.Reader.Read(into[:min(len(into), 1000)])
	b.sent += n
	return n, err
}

// Hang and StallUpload send no response, however long the client waits. CutUpload does not make it
// wait. StallUpload and CutUpload read the given number of bytes; more may be in buffers.
func TestBytesReadOfAnUpload(t *testing.T) {
	const length, buffers = 1 << 20, 130_000
	for name, row := range map[string]struct {
		fault Fault
		read  int
		waits bool
	}{
		"hang":                 {Hang(), length, true},
		"stall":                {StallUpload(length / 2), length / 2, true},
		"stall from the start": {StallUpload(0), 0, true},
		"stall at the end":     {StallUpload(length), length, true},
		"cut":                  {CutUpload(length / 2), length / 2, false},
		"cut from the start":   {CutUpload(0), 0, false},
		"cut at the end":       {CutUpload(length), length, false},
		"cut, none of it read": {CutConnection(), 0, false},
	} {
		for protocol, options := range map[string][]Option{"HTTP/1.1": nil, "HTTP/2": {WithHTTP2()}} {
			t.Run(name+" "+protocol, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					server, client, closeAll := inMemory(options...)
					defer closeAll()
					client.Timeout = 24 * time.Hour
					sending := &body{Reader: strings.NewReader(strings.Repeat("x", length))}
					request := storageRequest(t, http.MethodPut, newUploadURL(server), "", "x-ms-blob-type", "BlockBlob")
					request.Body, request.ContentLength = io.NopCloser(sending), length
					server.Inject(row.fault)
					began := time.Now()
					_, err := client.Do(request)
					require.Error(t, err)
					assert.Equal(t, row.waits, errors.Is(err, context.DeadlineExceeded), "%v", err)
					assert.Equal(t, row.waits, time.Since(began) > 0)
					synctest.Wait()
					assert.GreaterOrEqual(t, sending.sent, row.read)
					assert.LessOrEqual(t, sending.sent, row.read+buffers)
					assert.Empty(t, storedBy(server))
				})
			})
		}
	}
}
