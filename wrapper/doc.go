// Package wrapper finalizes deploys on Astro, Astronomer's managed Apache Airflow, over the Astro
// Platform API, and has the steps around that: it creates, uploads, reads and waits. Package
// deploys makes one call of them.
//
// # Use
//
// A [Client] has all that it needs when the environment variable ASTRO_API_TOKEN is set.
// [Client.CreateDeploy] and [Client.Upload] change nothing that runs; [Client.Finalize] does. It
// takes the deploy ([Target]) and what it carries ([Content]):
//
//	client, err := wrapper.NewClient()
//	...
//	deploy, err := client.Finalize(ctx, wrapper.Target{
//		OrganizationID: "clm8qv74h000008mlf08scq7k",
//		DeploymentID:   "clmh57jtm000008lb58fe2wmv",
//		DeployID:       "clvetru2w000201mowqwua63n",
//	}, wrapper.DAGTarball(version))
//
// # What a call returns
//
// A call returns what was asked for, or an error; there is no third case. The error is one of
// these, which can be inside each other: ask for them in this order.
//
//   - [*OutcomeUnknownError], which is [ErrOutcomeUnknown]: the deploy may be finalized, and
//     it could not be found out whether it is. How the last attempt ended is underneath.
//   - [*WaitError]: [Client.Wait] ended before the deploy was DEPLOYED or FAILED.
//   - [*DeployFailedError]: the service reports the deploy as failed.
//   - [*ValidationError]: the call breaks a rule; nothing was sent.
//   - [*StorageError]: an upload got a response, but no tarball version; the only kind that a new
//     deploy is the cure for is [ErrUploadURLExpired].
//   - [*TransportError]: no response came, or the call was ended before another attempt; the
//     cause is underneath, such as what a [TokenSource] of the caller's returned.
//   - [*APIError]: the service responded with something else than what was asked for. What kind
//     of response it was, [errors.Is] tells: [ErrBadRequest], [ErrUnauthorized], [ErrForbidden],
//     [ErrNotFound], [ErrRateLimited], [ErrServer], [ErrUnexpectedResponse].
//
// The last two say by MayHaveTakenEffect whether the request may have been carried out all the
// same. slog logs each error with its text and its fields.
//
// # Retries
//
// By default a request is made up to four times ([WithRetry]), as far as the way in which an
// attempt ended allows it:
//
//	the attempt ended with                     finalize, reads   others, such as creating
//	no connection, directly or by a proxy      retried           retried
//	429                                        retried           retried
//	408, 500, 502, 503, 504                    retried           final
//	connection cut, or no response in time     retried           final
//	200 that cannot be read, or that is not
//	the deploy asked for                       retried           final
//	any other status                           final             final
//	no token, a certificate that either side
//	does not trust, a proxy's 4xx to CONNECT   final             final
//
// The vendor guarantees that a request which updates may be made twice, and nothing of the
// kind for one that creates. Finalizing is the one that updates here; what is added to
// openapi.yaml counts as creating. A finalize that may have taken effect is read back before it is
// retried ([Client.Finalize]). net/http sends nothing again by itself, over HTTP/2 either. The
// attempt after one that got no response in time goes over another connection.
//
// An upload is retried like a read, each time from its start. A 2xx without a version of what was
// sent is final. A tarball that was damaged on its way is sent once more, and a URL that is not valid
// yet is waited for. Each upload that gets through makes one more version of the tarball; the last
// one's is returned, and the others do nothing.
//
// Before each retry passes a random time of up to 0.5 s, then up to 1 s, 2 s and so on to 30 s;
// longer if the response's Retry-After says so. One of more than 60 s ends the call at once. An
// attempt has 30 s ([WithAttemptTimeout]), the context bounds the whole; an upload has no bound
// but that some byte moves within two minutes ([WithStallTimeout]). Attempts take turns: 10 POST
// and 25 GET start in a second ([WithLimiter]). After a 429 the whole client waits as long as the
// call does or Retry-After says, and a limiter of [NewLimiter] goes on more slowly for a while.
//
// # Secrets
//
// No error and no line of [WithLogger] shows 12 characters in a row of a token or a signature that
// the client used, however a response escapes or encodes them, and whatever prints, logs or encodes
// the error. Its Deploy is a copy without upload URLs; [errors.Is] and [errors.As] find the causes
// below it, which are not printed. A deploy that a call returns carries its upload URLs as
// [github.com/astro-finalize/astro-finalize-go/api.Secret], which no fmt verb shows, nor slog where
// it is given the deploy itself; the JSON of a deploy is the wire format and has them in full, and
// so has the Body of a response that the generated api.ClientWithResponses decodes. The token goes
// to the base URL's host alone, a tarball to its upload URL's, both over https (loopback
// excepted), and redirects are never followed.
//
// # API versions
//
// The default is [V1Beta1], whose support the vendor ends in January 2027. [WithAPIVersion]
// selects [V1], which has the same paths and bodies.
package wrapper
