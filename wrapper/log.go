package wrapper

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/astro-finalize/astro-finalize-go/internal/redact"
)

// logAttempt writes one attempt at debug level, and how long it had to wait after the one
// before: never a body, a header or a query.
func logAttempt(log *slog.Logger, request *http.Request, response *http.Response, err error, attempt int, waited time.Duration) {
	ctx := request.Context()
	if log == nil || !log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{
		slog.String("method", request.Method),
		slog.String("path", redact.Text(request.URL.Path, tokenOf(request))),
		slog.Int("attempt", attempt),
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", oneLine(err.Error())))
	} else {
		attrs = append(attrs, slog.Int("status", response.StatusCode))
		if id := requestID(response); id != "" {
			attrs = append(attrs, slog.String("requestId", id))
		}
	}
	if waited != noWait {
		attrs = append(attrs, slog.Duration("wait", waited))
	}
	log.LogAttrs(ctx, slog.LevelDebug, "astro: attempt", attrs...)
}

// requestID returns the service's name for a request that it did not carry out.
func requestID(response *http.Response) string {
	if response.StatusCode == http.StatusOK {
		return ""
	}
	body := response.Body.(*readBody)
	return redact.Excerpt([]byte(body.apiError().RequestID), tokenOf(body.request))
}
