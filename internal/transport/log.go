package transport

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/astro-finalize/astro-finalize-go/internal/redact"
)

// firstAttempt stands for the wait before an attempt that none precedes.
const firstAttempt = time.Duration(-1)

// Log writes one attempt at debug level, and how long it waited after the one before, if there was
// one: never a body, a header or a query.
func Log(ctx context.Context, log *slog.Logger, request *http.Request, response *Response, err error, attempt int, waited time.Duration, requestID string) {
	if log == nil || !log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{
		slog.String("method", request.Method),
		slog.String("path", redact.Text(request.URL.Path, tokenOf(request))),
		slog.Int("attempt", attempt),
	}
	switch {
	case err != nil:
		attrs = append(attrs, slog.String("error", redact.OneLine(err.Error())))
	case requestID != "":
		attrs = append(attrs, slog.Int("status", response.StatusCode), slog.String("requestId", requestID))
	default:
		attrs = append(attrs, slog.Int("status", response.StatusCode))
	}
	if waited != firstAttempt {
		attrs = append(attrs, slog.Duration("wait", waited))
	}
	log.LogAttrs(ctx, slog.LevelDebug, "astro: attempt", attrs...)
}

// requestID returns the service's name for a request that it did not carry out, for
// the log.
func (c *Chain) requestID(ctx context.Context, response *Response) string {
	if c.Log == nil || !c.Log.Enabled(ctx, slog.LevelDebug) || response == nil || response.StatusCode == http.StatusOK {
		return ""
	}
	return redact.Excerpt([]byte(c.RequestID(response.Body)), response.Token)
}

// tokenOf returns the token that a request was given.
func tokenOf(request *http.Request) string {
	return strings.TrimPrefix(request.Header.Get("Authorization"), bearer)
}
