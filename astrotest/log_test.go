package astrotest

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// lateHandler takes a second to write each line.
type lateHandler struct{ slog.Handler }

func (h lateHandler) Handle(ctx context.Context, record slog.Record) error {
	time.Sleep(time.Second)
	return h.Handler.Handle(ctx, record)
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
