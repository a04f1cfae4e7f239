package transport

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/astro-finalize/astro-finalize-go/internal/redact"
)

// A log line shows no secrets and cannot be forged.
func TestLogShowsNoSecretsAndNoForgedLines(t *testing.T) {
	for want, row := range map[string]struct {
		response  *Response
		err       error
		waited    time.Duration
		requestID string
	}{
		"method=POST host=api.example path=/v1/[REDACTED]/x attempt=2 error=\"no level=INFO msg=forged\"\n":        {nil, errors.New("no\nlevel=INFO msg=forged"), firstAttempt, ""},
		"method=POST host=api.example path=/v1/[REDACTED]/x attempt=2 status=503 requestId=r-[REDACTED] wait=1s\n": {&Response{StatusCode: 503}, nil, time.Second, "r-" + secret},
		"method=POST host=api.example path=/v1/[REDACTED]/x attempt=2 status=200 wait=0s\n":                        {&Response{StatusCode: 200}, nil, 0, ""},
	} {
		var log bytes.Buffer
		logger := Logger{To: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), Secrets: &redact.Recent{}}
		logger.Secrets.Add(secret)
		if row.requestID != "" {
			logger.RequestID = func([]byte) string { return row.requestID }
		}
		logger.Attempt(t.Context(), newRequest(t, "https://api.example/v1/"+secret+"/x?sig=s1gned"), row.response, row.err, 2, row.waited)
		assert.Contains(t, log.String(), `level=DEBUG msg="astro: attempt" `+want)
	}
	Logger{}.Attempt(t.Context(), newRequest(t, "https://api.example/v1/x"), nil, nil, 1, 0)
	var log bytes.Buffer
	Logger{To: slog.New(slog.NewTextHandler(&log, nil))}.Attempt(t.Context(), newRequest(t, "https://api.example/v1/x"), &Response{StatusCode: http.StatusOK}, nil, 1, 0)
	assert.Empty(t, log.String(), "below its level")
}

// The log has the request ID of a response that is an error.
func TestOnlyErrorsLogTheRequestID(t *testing.T) {
	logger := Logger{RequestID: func(body []byte) string { return string(body) }}
	assert.Equal(t, "r", logger.requestID(&Response{StatusCode: 400, Body: []byte("r")}))
	assert.Empty(t, logger.requestID(&Response{StatusCode: 200, Body: []byte("r")}))
	assert.Empty(t, logger.requestID(nil))
	assert.Empty(t, Logger{}.requestID(&Response{StatusCode: 400, Body: []byte("r")}))
}
