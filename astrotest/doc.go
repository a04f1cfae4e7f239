// Package astrotest is an in-process fake of the Astro Platform API, for tests of programs that
// deploy. It creates, finalizes, reads, lists, updates and rolls back deploys, and it stores
// uploaded tarballs.
//
// [NewServer] listens on loopback and serves both base paths, /platform/v1beta1 and /v1. Its
// handlers implement an interface that is generated from the same openapi.yaml as the client. Add
// a Deployment, and deploys unless the program under test creates them. Point the client at the
// server's URL. Then check the recorded requests and the state of the deploys:
//
//	server := astrotest.NewServer()
//	defer server.Close()
//	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
//	deploy := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: api.DeployTypeDAGOnly})
//	client, err := wrapper.NewClient(wrapper.WithBaseURL(server.URL), wrapper.WithToken(astrotest.Token))
//
// The upload URLs of a deploy point to the server's own blob storage. It accepts a tarball in one
// request (Put Blob) or in blocks (Put Block, Put Block List), and responds with the tarball
// version. Upload URLs expire. The storage rejects a request with an Authorization header, because
// the API token must not be sent there. [Server.Tarball] returns a stored tarball. A deploy can be
// finalized with a version that was uploaded or added with [Server.AddTarball]; [WithAnyVersion]
// allows any version. A server keeps every upload and request in memory, unless [WithoutRecording] is
// given.
//
// [Server.Inject] makes the next requests fail: lost, cut off, delayed, or with a response that
// the service never sends. An upload can also be cut off or stall in the middle of its body.
// [Fault.Then] runs code before the response is sent. In a Go test, [New] closes the server, and
// fails the test if an injected fault was not used:
//
//	server := astrotest.New(t)
//	server.Inject(astrotest.CutConnection().AfterCommit().On("FinalizeDeploy"))
//
// # Protocols
//
// A server speaks HTTP/1.1. With [WithHTTP2] it uses TLS, and speaks HTTP/2 with clients that
// negotiate it. All faults work with both; [ResetStream] and [GoAway] are for HTTP/2.
// [DeadConnection] simulates a broken network, [StopListening] a crashed service. With [InMemory]
// a server works in a [testing/synctest] bubble, so that tests of retries and deadlines take no
// time. Both options can be combined. [Server.Client] reaches each kind of server:
//
//	synctest.Test(t, func(t *testing.T) {
//		server := astrotest.New(t, astrotest.InMemory(), astrotest.WithHTTP2())
//		client, err := wrapper.NewClient(wrapper.WithBaseURL(server.URL),
//			wrapper.WithToken(astrotest.Token), wrapper.WithHTTPClient(server.Client()))
//
// # State
//
// [WithLag] makes reads lag behind changes. [WithDeployedAfter] leaves a finalized deploy
// INITIALIZED for a number of reads. [Server.Finalize], [Server.Rollback] and [Server.Mount] act
// as another client, without a request; a function passed to [Server.InjectFunc] may call them
// while the client is working. [Server.Commits] and [Server.Creates] count what took effect.
// [Server.RetireV1Beta1] removes v1beta1, as the vendor may do after January 2027. All times are
// from [time.Now], so a test in a [testing/synctest] bubble uses the bubble's clock.
//
// Outside Go tests, examples/simulator serves the same fake to any program.
//
// # What it does not simulate
//
//   - Whether an image was pushed.
//   - The content of a tarball: any bytes are accepted.
//   - Roles and permissions: every valid token may do everything. Inject Error(403, …).
//   - Hibernation: inject [Hibernating].
//   - The delay until a change is visible, unless [WithLag] or [WithDeployedAfter] sets one. How
//     long it is, and whether reads lag at all, is not known. A new deploy is always readable at
//     once.
//   - The rate limits, unless [WithRateLimit] sets them. How the service counts is not known. The
//     fake allows no more than the limit in any window of one second. Uploads are not limited.
//   - What a rollback does to images and bundles. It restores only the DAGs, and nothing if the
//     earlier deploy had none.
//   - An operation of the contract that has no handler here: the response is 501. Inject another
//     response.
//   - The fieldErrors of a 400 response.
//   - Parts of HTTP/2: server push, priorities, SETTINGS that change, and a GOAWAY that lets some streams
//     finish.
//   - Parts of the storage: reads, conditional requests, leases, metadata, checksums other than
//     MD5, the order of checks, the wording of messages, and speed: inject Slow or StallUpload.
//
// Where the service's behavior is not known, an option selects it: [WithFinalizedStatus],
// [WithDeployedAfter], [WithLag], [WithRefinalizeRefused], [WithBundlesShownAs], [WithAnyVersion],
// [WithUploadURLsValidFrom], [WithDAGDeploysCheckedAtFinalize], [WithEmptyDAGVersionAccepted].
//
// No option changes the following behaviors, which are guesses:
//
//   - All deploys of a Deployment upload to the same blob, as in the vendor's example of an upload
//     URL, so that their staged blocks conflict.
//   - An upload URL is made once, when its deploy is created; later responses have the same URL.
//   - The service refuses to create a deploy that it would refuse to finalize, and refuses to roll
//     back to a deploy that was never finalized or failed.
//   - An update without a description does not change the description.
//   - A limit of 0 lists a page of the default size.
//   - v1 accepts a git provider that the contract does not list, and shows the git of a deploy that
//     was created with v1beta1.
package astrotest
