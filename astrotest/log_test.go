package astrotest

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lateHandler takes a second to write each line.
type lateHandler struct{ slog.Handler }

func (h lateHandler) Handle(ctx context.Context, record slog.Record) error {
	time.Sleep(time.Second)
	return h.Handler.Handle(ctx, record)
}

// A client that waits for 100 Continue gets a refusal instead, with a log too.
func TestLoggedRefusalsDoNotWaitForTheBody(t *testing.T) {
	var log bytes.Buffer
	server := New(t, WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	target := strings.TrimPrefix(newUploadURL(server), server.URL)
	conn, response := raw(t, server, "PUT "+target+"x HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
	line, err := response.ReadString('\n')
	require.NoError(t, err)
	assert.Equal(t, "HTTP/1.1 403 Forbidden\r\n", line)
	_ = conn.Close()
	server.Close()
	assert.Contains(t, log.String(), "operation=PutBlob method=PUT path=/storage/dags/")
	assert.Contains(t, log.String(), "status=403 bytes=0")
}

// The log is complete when Close returns, even if a request was cut.
func TestNoLogLineAfterClose(t *testing.T) {
	for name, fault := range map[string]Fault{"response": Slow(0), "cut": CutConnection(), "cut in header": CutHeader(), "hang": Hang()} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				server, client, closeAll := inMemory(WithLogger(slog.New(lateHandler{slog.NewTextHandler(&log, nil)})))
				client.Timeout = time.Millisecond
				server.Inject(fault)
				response, err := client.Do(storageRequest(t, http.MethodPut, newUploadURL(server), "", "x-ms-blob-type", "BlockBlob"))
				if err == nil {
					_ = response.Body.Close()
				}
				closeAll()
				assert.Contains(t, log.String(), "operation=PutBlob")
			})
		})
	}
}
