package transport

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/astro-finalize/astro-finalize-go/internal/redact"
)

// A log line shows no secrets and cannot be forged.
func TestLogShowsNoSecretsAndNoForgedLines(t *testing.T) {
	forged := errors.New("no\nlevel=INFO msg=forged " + secret)
	for want, row := range map[string]struct {
		response  *Response
		err       error
		waited    time.Duration
		requestID string
	}{
		"attempt=2 error=\"no level=INFO msg=forged [REDACTED]\"\n": {nil, forged, firstAttempt, ""},
		"attempt=2 status=503 requestId=r-[REDACTED] wait=1s\n":     {&Response{StatusCode: 503}, nil, time.Second, "r-" + secret},
		"attempt=2 status=200 wait=0s\n":                            {&Response{StatusCode: 200}, nil, 0, ""},
	} {
		logger, log := newLogger(slog.LevelDebug)
		logger.Secrets.Add(secret)
		if row.requestID != "" {
			logger.RequestID = func([]byte) string { return row.requestID }
		}
		logger.Attempt(t.Context(), newRequest(t, "https://api.example/v1/"+secret+"/x?sig=s1gned"), row.response, row.err, 2, row.waited)
		assert.Equal(t, `level=DEBUG msg="astro: attempt" method=POST host=api.example path=/v1/[REDACTED]/x `+want, log.String())
	}
	for want, row := range map[string]struct {
		response *Response
		err      error
		wait     time.Duration
	}{
		"error=\"no level=INFO msg=forged [REDACTED]\" wait=1s\n": {nil, forged, time.Second},
		"status=503 wait=0s\n": {&Response{StatusCode: 503}, nil, 0},
	} {
		logger, log := newLogger(slog.LevelDebug)
		logger.Retry(t.Context(), newRequest(t, "https://api.example/v1/"+secret+"/x?sig=s1gned"), row.response, row.err, row.wait, secret)
		assert.Equal(t, `level=DEBUG msg="astro: retry" method=POST host=api.example path=/v1/[REDACTED]/x `+want, log.String())
	}
}

// Without a logger, or above its level, nothing is logged and nothing is allocated.
func TestNoLogCostsNothing(t *testing.T) {
	above, log := newLogger(slog.LevelInfo)
	request, response, tokens := newRequest(t, "https://api.example/v1/x"), &Response{StatusCode: 503}, []string{secret}
	for _, logger := range []Logger{{}, above} {
		assert.Zero(t, testing.AllocsPerRun(10, func() {
			logger.Attempt(t.Context(), request, response, nil, 1, 0, tokens...)
			logger.Retry(t.Context(), request, response, nil, 0, tokens...)
		}))
	}
	assert.Empty(t, log.String())
}

// A retry is logged before its wait, and only if there is one.
func TestRetriesAreLoggedBeforeTheirWaits(t *testing.T) {
	for name, row := range map[string]struct {
		ends []any
		want string
	}{
		"success at last": {[]any{503, io.EOF, 200}, "0s attempt, 0s retry 503 1s, 1s attempt, 1s retry EOF 2s, 3s attempt"},
		"no success":      {[]any{503}, "0s attempt, 0s retry 503 1s, 1s attempt, 1s retry 503 2s, 3s attempt, 3s retry 503 4s, 7s attempt"},
		"Retry-After":     {[]any{retryAfterHeader(429, "30"), 404}, "0s attempt, 0s retry 429 30s, 30s attempt"},
		"too long a wait": {[]any{retryAfterHeader(429, "61")}, "0s attempt"},
		"final":           {[]any{404}, "0s attempt"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				script := newScript(row.ends...)
				started, got := time.Now(), []string(nil)
				script.Log = Logger{Secrets: &redact.Recent{}, To: slog.New(handler(func(record slog.Record) {
					line := record.Time.Sub(started).String() + " " + strings.TrimPrefix(record.Message, "astro: ")
					if strings.HasSuffix(line, " retry") {
						record.Attrs(func(attr slog.Attr) bool {
							if slices.Contains([]string{"status", "error", "wait"}, attr.Key) {
								line += " " + attr.Value.String()
							}
							return true
						})
					}
					got = append(got, line)
				}))}
				script.do(t.Context())
				assert.Equal(t, row.want, strings.Join(got, ", "))
			})
		})
	}
}

// handler is a slog.Handler that handles every record by itself.
type handler func(slog.Record)

func (handler) Enabled(context.Context, slog.Level) bool { return true }
func (h handler) WithAttrs([]slog.Attr) slog.Handler     { return h }
func (h handler) WithGroup(string) slog.Handler          { return h }
func (h handler) Handle(_ context.Context, record slog.Record) error {
	h(record)
	return nil
}

// newLogger returns a logger and its text, without times.
func newLogger(level slog.Level) (Logger, *bytes.Buffer) {
	var text bytes.Buffer
	withoutTime := func(_ []string, attr slog.Attr) slog.Attr {
		if attr.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return attr
	}
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: withoutTime}
	return Logger{To: slog.New(slog.NewTextHandler(&text, options)), Secrets: &redact.Recent{}}, &text
}

// The log has the request ID of a response that is an error.
func TestOnlyErrorsLogTheRequestID(t *testing.T) {
	logger := Logger{RequestID: func(body []byte) string { return string(body) }}
	assert.Equal(t, "r", logger.requestID(&Response{StatusCode: 400, Body: []byte("r")}))
	assert.Empty(t, logger.requestID(&Response{StatusCode: 200, Body: []byte("r")}))
	assert.Empty(t, logger.requestID(nil))
	assert.Empty(t, Logger{}.requestID(&Response{StatusCode: 400, Body: []byte("r")}))
}
