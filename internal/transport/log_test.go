package transport

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// A line of the log shows neither secrets nor what others wrote into it.
func TestLog(t *testing.T) {
	for want, row := range map[string]struct {
		response  *Response
		err       error
		waited    time.Duration
		requestID string
	}{
		"method=POST path=/v1/[REDACTED]/x attempt=2 error=\"no level=INFO msg=forged\"\n": {nil, errors.New("no\nlevel=INFO msg=forged"), firstAttempt, ""},
		"method=POST path=/v1/[REDACTED]/x attempt=2 status=503 requestId=r wait=1s\n":     {&Response{StatusCode: 503}, nil, time.Second, "r"},
		"method=POST path=/v1/[REDACTED]/x attempt=2 status=200 wait=0s\n":                 {&Response{StatusCode: 200}, nil, 0, ""},
	} {
		var log bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		request := newRequest(t, "https://api.example/v1/"+secret+"/x?sig=s1gned")
		request.Header.Set("Authorization", "Bearer "+secret)
		Log(t.Context(), logger, request, row.response, row.err, 2, row.waited, row.requestID)
		assert.Contains(t, log.String(), `level=DEBUG msg="astro: attempt" `+want)
	}
	Log(t.Context(), nil, newRequest(t, "https://api.example/v1/x"), nil, nil, 1, 0, "")
	var log bytes.Buffer
	Log(context.Background(), slog.New(slog.NewTextHandler(&log, nil)), newRequest(t, "https://api.example/v1/x"), &Response{StatusCode: http.StatusOK}, nil, 1, 0, "")
	assert.Empty(t, log.String(), "below its level")
}

// The service's name for a request is in the log if it did not carry it out.
func TestRequestID(t *testing.T) {
	logger := slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelDebug}))
	chain := &Chain{Log: logger, RequestID: func(body []byte) string { return string(body) }}
	assert.Equal(t, "r-[REDACTED]", chain.requestID(t.Context(), &Response{StatusCode: 400, Body: []byte("r-" + secret), Token: secret}))
	assert.Empty(t, chain.requestID(t.Context(), &Response{StatusCode: 200, Body: []byte("r")}))
	assert.Empty(t, chain.requestID(t.Context(), nil))
}
