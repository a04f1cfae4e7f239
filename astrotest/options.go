package astrotest

import (
	"strings"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// WithAnyVersion has a deploy finalized with whatever version the request names. By default the
// server responds with 400 to a version that neither an upload nor [Server.AddTarball] stored.
func WithAnyVersion() Option {
	return func(s *Server) { s.service.anyVersion = true }
}

// WithBundlesShownAs sets the type that every response shows for a deploy of type BUNDLE; the
// default is BUNDLE. The vendor's specification lists no BUNDLE among the types of a response,
// and which one the service shows is not known. Nothing else changes: to the server the deploy
// stays a BUNDLE, which [Server.AddDeploy] and [Server.Deploy] return it as.
func WithBundlesShownAs(deployType api.DeployType) Option {
	return func(s *Server) { s.service.bundlesShownAs = deployType }
}

// WithPublicURL sets [Server.URL], which the upload URLs begin with, to the address of a proxy
// in front of the server. By default it is the listener's. Use [WithListener] to know where the
// proxy is to send requests; a path in the URL is the proxy's to strip.
func WithPublicURL(url string) Option {
	return func(s *Server) { s.URL = strings.TrimRight(url, "/") }
}

// WithDeployedAfter has a finalized deploy stay INITIALIZED, with its version shown, until
// GetDeploy has responded reads times; then it is DEPLOYED, or has the status that
// [WithFinalizedStatus] sets; one that is to be FAILED shows no version. By default it has its
// status at once.
func WithDeployedAfter(reads int) Option {
	return func(s *Server) { s.service.deployedAfter = reads }
}
