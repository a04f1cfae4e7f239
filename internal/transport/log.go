package transport

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/astro-finalize/astro-finalize-go/internal/redact"
)

// firstAttempt is the wait before a call's first attempt: none.
const firstAttempt = time.Duration(-1)

// Logger logs attempts at debug level, without bodies, headers and queries.
type Logger struct {
	To        *slog.Logger             // nil means none
	Secrets   *redact.Recent           // removed from every line
	RequestID func(body []byte) string // finds the request ID in the body of an error; may be nil
}

// Attempt logs one attempt and the wait before it. It hides the given secrets and those of the Logger.
func (l Logger) Attempt(ctx context.Context, request *http.Request, response *Response, err error, attempt int, waited time.Duration, secrets ...string) {
	if l.To == nil || !l.To.Enabled(ctx, slog.LevelDebug) {
		return
	}
	shown := l.Secrets.Redactor(secrets...)
	attrs := []slog.Attr{
		slog.String("method", request.Method),
		slog.String("host", shown.Line(request.URL.Host)),
		slog.String("path", shown.Line(request.URL.Path)),
		slog.Int("attempt", attempt),
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", shown.Line(err.Error())))
	} else {
		attrs = append(attrs, slog.Int("status", response.StatusCode))
	}
	if requestID := l.requestID(response); requestID != "" {
		attrs = append(attrs, slog.String("requestId", shown.Line(requestID)))
	}
	if waited != firstAttempt {
		attrs = append(attrs, slog.Duration("wait", waited))
	}
	l.To.LogAttrs(ctx, slog.LevelDebug, "astro: attempt", attrs...)
}

// Moved logs that the client has moved from one version of the API to the other. It hides secrets besides
// its own.
func (l Logger) Moved(ctx context.Context, versions *Versions, secrets ...string) {
	if l.To != nil {
		shown := l.Secrets.Redactor(secrets...)
		l.To.LogAttrs(ctx, slog.LevelWarn, "astro: "+shown.Line(versions.Old.Path)+" is gone, so this client uses "+shown.Line(versions.New.Path)+" from now on")
	}
}

// requestID returns the request ID of a response that is not a 200.
func (l Logger) requestID(response *Response) string {
	if l.RequestID == nil || response == nil || response.StatusCode == http.StatusOK {
		return ""
	}
	return l.RequestID(response.Body)
}
