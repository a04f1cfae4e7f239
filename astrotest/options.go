package astrotest

// WithAnyVersion has a deploy finalized with whatever version the request names. By default the
// server responds with 400 to a version that neither an upload nor [Server.AddTarball] stored.
func WithAnyVersion() Option {
	return func(s *Server) { s.service.anyVersion = true }
}
