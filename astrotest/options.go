package astrotest

import (
	"strings"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// WithAnyVersion lets a deploy be finalized with any tarball version. By default the server responds
// with 400 to a version that was neither uploaded nor added with [Server.AddTarball].
func WithAnyVersion() Option {
	return func(s *Server) { s.service.anyVersion = true }
}

// WithBundlesShownAs sets the type that every response shows for a deploy of type BUNDLE. The
// default is BUNDLE. The vendor's specification does not list BUNDLE among the types of a response,
// and which type the service shows is not known. Nothing else changes: [Server.AddDeploy] and
// [Server.Deploy] still return the type BUNDLE.
func WithBundlesShownAs(deployType api.DeployType) Option {
	return func(s *Server) { s.service.bundlesShownAs = deployType }
}

// WithDAGDeploysCheckedAtFinalize lets a deploy of any type be created while DAG deploys are off; it
// then has no upload URLs. An IMAGE_ONLY deploy can be finalized, as on a Remote Execution Deployment.
// DAG_ONLY and BUNDLE deploys are refused with 400 at finalize. By default the creation of all three
// is refused. Which of the two the service does is not known.
func WithDAGDeploysCheckedAtFinalize() Option {
	return func(s *Server) { s.service.dagDeploysCheckedAtFinalize = true }
}

// WithEmptyDAGVersionAccepted lets an IMAGE_AND_DAG deploy be finalized with an empty dagTarballVersion,
// which deletes the Deployment's DAGs. That is what the vendor's CLI sends for a project without DAGs,
// and what it means by it. By default the server responds with 400, as to a missing version. What the
// service does is not known.
func WithEmptyDAGVersionAccepted() Option {
	return func(s *Server) { s.service.emptyDAGVersionAccepted = true }
}

// WithoutRecording makes the server keep neither the content of uploads nor the requests, so that its
// memory does not grow with them: for a server that runs for long or receives large tarballs.
// [Server.Tarball] then returns nil and true for an uploaded version, and [Server.Requests] returns none.
func WithoutRecording() Option {
	return func(s *Server) { s.requests.off, s.service.storage.empties = true, true }
}

// WithPublicURL sets [Server.URL] to the address of a proxy in front of the server. Upload URLs
// start with it. The default is the listener's address. Use [WithListener] to know the address that
// the proxy must forward to. If the URL has a path, the proxy must strip it.
func WithPublicURL(url string) Option {
	return func(s *Server) { s.URL = strings.TrimRight(url, "/") }
}

// WithDeployedAfter leaves a finalized deploy INITIALIZED, with its version shown, for a number of
// GetDeploy responses. After these it is DEPLOYED, or has the status that [WithFinalizedStatus]
// sets. A deploy that will be FAILED shows no version. By default the status changes at once.
func WithDeployedAfter(reads int) Option {
	return func(s *Server) { s.service.deployedAfter = reads }
}
