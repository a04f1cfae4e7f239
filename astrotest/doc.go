// Package astrotest is an in-process fake of the Astro Platform API, for tests of programs
// that deploy: it creates, finalizes, reads, lists, describes and rolls back deploys, and
// stores what is uploaded for them.
//
// [NewServer] listens on loopback and answers under both base paths, /platform/v1beta1 and
// /v1. Its handlers implement the interface that is generated from the same openapi.yaml as
// the client. Seed it with a Deployment, and with deploys unless the program under test
// creates them; point the client at its URL, and look afterwards at what it recorded and at
// what became of the deploys:
//
//	server := astrotest.NewServer()
//	defer server.Close()
//	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
//	deploy := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: api.DeployTypeDAGOnly})
//	client, err := wrapper.NewClient(wrapper.WithBaseURL(server.URL), wrapper.WithToken(astrotest.Token))
//
// The upload URLs of its deploys lead to a blob storage of its own, which takes a tarball in one
// request (Put Blob) or in blocks (Put Block, Put Block List), answers with the version that
// finalizing needs, and has URLs expire. It takes no token: an Authorization header is refused,
// since it would be a leak. [Server.Tarball] returns what was stored. A deploy can be finalized
// with a version that is stored, by an upload or by [Server.AddTarball]; with [WithAnyVersion],
// also with one that a test makes up.
//
// [Server.Inject] has the next requests go wrong: lost, cut, late, or answered by something
// that the client did not ask. Uploads can besides be cut or stall amid their body.
// [Fault.Then] has somebody else act before the response is sent. In a Go test, [New] closes the
// server, and fails the test for faults that no request met:
//
//	server := astrotest.New(t)
//	server.Inject(astrotest.CutConnection().AfterCommit().On("FinalizeDeploy"))
//
// # Protocols
//
// A server speaks HTTP/1.1. With [WithHTTP2] it has TLS, and speaks HTTP/2 with clients that
// negotiate it; all faults work over both, and [ResetStream] and [GoAway] are for HTTP/2.
// [DeadConnection] and [StopListening] are what becomes of a network and of a service. With
// [InMemory] a server works within a bubble of [testing/synctest], so that a test of retries and
// deadlines takes no time; both options go together. [Server.Client] reaches each of these:
//
//	synctest.Test(t, func(t *testing.T) {
//		server := astrotest.New(t, astrotest.InMemory(), astrotest.WithHTTP2())
//		client, err := wrapper.NewClient(wrapper.WithBaseURL(server.URL),
//			wrapper.WithToken(astrotest.Token), wrapper.WithHTTPClient(server.Client()))
//
// The state can be unkind, too. [WithLag] has reads lag behind changes, and [WithDeployedAfter]
// leaves a finalized deploy INITIALIZED for a number of reads. [Server.Finalize],
// [Server.Rollback] and [Server.Mount] are a second actor, who changes the same deploys without a
// request; a function passed to [Server.InjectFunc] may call them in the middle of the client's
// work. [Server.Commits] and [Server.Creates] count what took effect. All times are those of
// [time.Now], so a test in a [testing/synctest] bubble has them on its own clock.
//
// [Server.RetireV1Beta1] removes v1beta1, as the vendor may do after January 2027.
//
// Outside of Go tests, examples/simulator serves the same fake to any program.
//
// # What it does not simulate
//
//   - Whether an image was pushed.
//   - What is in a tarball: any bytes will do.
//   - Roles and permissions: a token it knows may do everything. Inject Error(403, …).
//   - The delay until a change shows, unless [WithLag] or [WithDeployedAfter] asks for one. How
//     long it is, and whether reads lag at all, is not known. A deploy that is new can always be
//     read at once.
//   - The rate limits, unless [WithRateLimit] asks for them. How the service counts is not
//     known; the fake lets no second have more than the limit, wherever the second begins.
//     Uploads are not limited.
//   - What a rollback does to images and bundles: it takes back the DAGs alone, and none where
//     the earlier deploy had none.
//   - An operation of the contract that has no handler here: the response is 501. Inject another.
//   - The fieldErrors of a response 400.
//   - Of HTTP/2: server push, priorities, SETTINGS that change, and a GOAWAY that lets some streams
//     through.
//   - Of the storage: reading, conditions, leases, metadata, checksums other than MD5, the
//     order of its checks, and the wording of its messages. Its pace: inject Slow or StallUpload.
//
// Where it is not known what the service does, an option selects: [WithFinalizedStatus],
// [WithDeployedAfter], [WithLag], [WithRefinalizeRefused], [WithBundlesShownAs], [WithAnyVersion].
// A required DAG version that is empty counts as missing.
//
// Guessed, and without an option: deploys of one Deployment upload to the same blob, as the
// vendor's example of an upload URL has it, so that their staged blocks get in each other's
// way; an upload URL is made once, when its deploy is created, and later answers repeat it; the
// service refuses to create what it would refuse to finalize, and to roll back to a deploy that
// was not finalized or failed; updating without a description changes none.
// A limit of 0 lists a page of the default size.
package astrotest
