package astrotest

import (
	"cmp"
	"io"
	"log/slog"
	"net/http"
	"time"
)

// WithLogger has the server write a line at info level about each request that is over: its
// operation by the name that [Fault.On] takes, or none; its method, and its path without the
// query; the status, which is 0 where nothing was answered; how many bytes of its body were
// read; and how long it took. Tokens and signatures are not in it. A line may come after the
// client has its response; none comes after Close. By default, and with nil, there is no log.
func WithLogger(logger *slog.Logger) Option {
	return func(s *Server) { s.log = logger }
}

func (s *Server) logRequests(next http.Handler) http.Handler {
	if s.log == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.logged.Add(1)
		began := time.Now()
		answered, body := &responseWriter{ResponseWriter: w}, &countedBody{ReadCloser: r.Body}
		r.Body = body
		defer func() { // also where a fault closes the connection
			operation, _ := operationOf(r)
			s.log.LogAttrs(r.Context(), slog.LevelInfo, "request",
				slog.String("operation", cmp.Or(operation, "none")),
				slog.String("method", r.Method),
				slog.String("path", r.URL.Path),
				slog.Int("status", answered.status),
				slog.Int64("bytes", body.read),
				slog.Duration("duration", time.Since(began)),
			)
			s.logged.Done()
		}()
		next.ServeHTTP(answered, r)
	})
}

// responseWriter remembers the status of a response, which all handlers here set.
type responseWriter struct {
	http.ResponseWriter
	status int
}

func (w *responseWriter) WriteHeader(status int) {
	w.status = cmp.Or(w.status, status)
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for [http.ResponseController].
func (w *responseWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// countedBody counts what is read of a request's body.
type countedBody struct {
	io.ReadCloser
	read int64
}

func (b *countedBody) Read(into []byte) (int, error) {
	n, err := b.ReadCloser.Read(into)
	b.read += int64(n)
	return n, err
}
