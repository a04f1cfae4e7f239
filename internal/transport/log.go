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

// Logger logs attempts and planned retries at debug level, without bodies, headers and queries.
type Logger struct {
	To        *slog.Logger             // nil means none
	Secrets   *redact.Recent           // removed from every line
	RequestID func(body []byte) string // finds the request ID in the body of an error; may be nil
}

// Attempt logs one attempt and the wait before it. It hides the given secrets and those of the Logger.
func (l Logger) Attempt(ctx context.Context, request *http.Request, response *Response, err error, attempt int, waited time.Duration, secrets ...string) {
	if !l.isOn(ctx) {
		return
	}
	shown := l.Secrets.Redactor(secrets...)
	attrs := append(target(request, shown), slog.Int("attempt", attempt), ending(response, err, shown))
	if requestID := l.requestID(response); requestID != "" {
		attrs = append(attrs, slog.String("requestId", shown.Line(requestID)))
	}
	if waited != firstAttempt {
		attrs = append(attrs, slog.Duration("wait", waited))
	}
	l.To.LogAttrs(ctx, slog.LevelDebug, "astro: attempt", attrs...)
}

// Retry logs, before the wait, that another attempt is planned and how the last one ended. It hides
// secrets like Attempt.
func (l Logger) Retry(ctx context.Context, request *http.Request, response *Response, err error, wait time.Duration, secrets ...string) {
	if !l.isOn(ctx) {
		return
	}
	shown := l.Secrets.Redactor(secrets...)
	attrs := append(target(request, shown), ending(response, err, shown), slog.Duration("wait", wait))
	l.To.LogAttrs(ctx, slog.LevelDebug, "astro: retry", attrs...)
}

func (l Logger) isOn(ctx context.Context) bool {
	return l.To != nil && l.To.Enabled(ctx, slog.LevelDebug)
}

func target(request *http.Request, shown redact.Redactor) []slog.Attr {
	return []slog.Attr{
		slog.String("method", request.Method),
		slog.String("host", shown.Line(request.URL.Host)),
		slog.String("path", shown.Line(request.URL.Path)),
	}
}

func ending(response *Response, err error, shown redact.Redactor) slog.Attr {
	if err != nil {
		return slog.String("error", shown.Line(err.Error()))
	}
	return slog.Int("status", response.StatusCode)
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
