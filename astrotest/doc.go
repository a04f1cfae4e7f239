// Package astrotest is an in-process fake of the Astro Platform API, for tests of programs
// that finalize deploys.
//
// [NewServer] listens on loopback and answers under both base paths, /platform/v1beta1 and
// /v1. Its handlers implement the interface that is generated from the same openapi.yaml as
// the client. Seed it with a Deployment and deploys, point the client at its URL, and look
// afterwards at what it recorded and at what became of the deploys:
//
//	server := astrotest.NewServer()
//	defer server.Close()
//	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
//	deploy := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: api.DeployTypeDAGOnly})
//	client, err := wrapper.NewClient(wrapper.WithBaseURL(server.URL), wrapper.WithToken(astrotest.Token))
//
// [Server.Inject] has the next requests go wrong: lost, cut, late, or answered by something
// that the client did not ask.
//
// # What it does not simulate
//
//   - Whether a tarball version was ever uploaded, and whether an image was pushed: any
//     version is taken.
//   - Roles and permissions: a token it knows may do everything. Inject Error(403, …).
//   - The delay until a change shows in a Deployment.
//   - The rate limits, unless [WithRateLimit] asks for them. How the service counts is not
//     known; the fake lets no second have more than the limit, wherever the second begins.
//   - Operations that openapi.yaml does not have: creating, listing, rolling back.
//
// Where it is not known what the service does, an option selects: [WithFinalizedStatus],
// [WithRefinalizeRefused]. A required DAG version that is empty it takes for missing.
package astrotest
