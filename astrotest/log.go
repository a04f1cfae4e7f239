package astrotest

import (
	"cmp"
	"io"
	"log/slog"
	"net/http"
	"time"
)

// WithLogger makes the server log each finished request at info level: the operation ([Fault.On]
// has the names) or none, the method, the path without the query, the status (0 if no response was
// sent), the bytes read of the body, and the duration. Tokens and signatures are not logged. A
// line may be written after the client has the response, but none after Close returns. The default
// is nil: no log.
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
		recorded, body := &responseWriter{ResponseWriter: w}, &countedBody{ReadCloser: r.Body}
		r = r.WithContext(r.Context()) // net/http does not read the original's body if it waits for 100 Continue
		r.Body = body
		defer func() { // also runs if a fault closes the connection
			operation, _ := operationOf(r)
			s.log.LogAttrs(r.Context(), slog.LevelInfo, "request",
				slog.String("operation", cmp.Or(operation, "none")),
				slog.String("method", r.Method),
				slog.String("path", r.URL.Path),
				slog.Int("status", recorded.status),
				slog.Int64("bytes", body.read),
				slog.Duration("duration", time.Since(began)),
			)
			s.logged.Done()
		}()
		next.ServeHTTP(recorded, r)
	})
}

// responseWriter records the status of a response. All handlers here call WriteHeader.
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

// countedBody counts the bytes read of a request's body.
type countedBody struct {
	io.ReadCloser
	read int64
}

func (b *countedBody) Read(into []byte) (int, error) {
	n, err := b.ReadCloser.Read(into)
	b.read += int64(n)
	return n, err
}
