// Package wrapper finalizes deploys on Astro, Astronomer's managed Apache Airflow, over the Astro
// Platform API. It also has the other steps of a deploy: create, upload, read and wait; and what follows one:
// update its description, or roll back to it. Package deploys combines the steps of a deploy in one call.
//
// # Use
//
// A [Client] needs the environment variable ASTRO_API_TOKEN and nothing else.
// [Client.CreateDeploy] and [Client.Upload] do not change the Deployment; [Client.Finalize] does. It takes
// the deploy ([Target]) and what the deploy carries ([Content]):
//
//	client, err := wrapper.NewClient()
//	...
//	deploy, err := client.Finalize(ctx, wrapper.Target{
//		OrganizationID: "clm8qv74h000008mlf08scq7k",
//		DeploymentID:   "clmh57jtm000008lb58fe2wmv",
//		DeployID:       "clvetru2w000201mowqwua63n",
//	}, wrapper.DAGTarball(version))
//
// # Errors
//
// A call returns what was asked for, or an error. One error can wrap another, so check for them in this
// order:
//
//   - [*OutcomeUnknownError] ([ErrOutcomeUnknown]): the deploy may have been finalized. It wraps how the
//     last attempt ended.
//   - [*WaitError]: [Client.Wait] ended before the deploy was DEPLOYED or FAILED.
//   - [*DeployFailedError]: the service reports the deploy as FAILED.
//   - [*ValidationError]: the call breaks a rule. Nothing was sent.
//   - [*StorageError]: an upload got a response, but no tarball version. A new deploy helps only with
//     [ErrUploadURLExpired].
//   - [*TransportError]: there was no response, or the call ended before the next attempt. It wraps the
//     cause.
//   - [*APIError]: the response is not the one that was asked for. [errors.Is] tells its kind:
//     [ErrBadRequest], [ErrHibernating] (also an ErrBadRequest), [ErrUnauthorized], [ErrForbidden],
//     [ErrNotFound], [ErrRateLimited], [ErrServer], [ErrUnexpectedResponse].
//
// MayHaveTakenEffect of the last two says whether the request may have taken effect despite the error.
//
// # Retries
//
// By default a request is attempted up to four times ([WithRetry]):
//
//	                                           finalize, update,   create, rollback
//	the attempt ended with                     reads               and others
//	no connection, direct or through a proxy   retried             retried
//	429                                        retried             retried
//	408, 500, 502, 503, 504                    retried             final
//	connection cut, or no response in time     retried             final
//	200 that cannot be read, or is not
//	the deploy asked for                       retried             final
//	any other status                           final               final
//	no token, an untrusted certificate,
//	a proxy's 4xx to CONNECT                   final               final
//
// The vendor guarantees that an update can be sent twice, but not a create, such as a rollback. A finalize
// that may have taken effect is read back before it is retried ([Client.Finalize]). net/http itself retries
// nothing. After an attempt without a response, the next uses a new connection. An upload is retried like a
// read, from the start of the tarball ([Client.Upload]).
//
// The wait before a retry is random: up to 0.5 s, then up to 1 s, 2 s and so on to 30 s, or longer if
// Retry-After says so. A Retry-After of more than 60 s ends the call. An attempt may take 30 s
// ([WithAttemptTimeout]); the context bounds the whole call. Up to 10 POST and 25 GET requests start in any
// second ([WithLimiter]). After a 429 the whole client waits, and a limiter of [NewLimiter] slows down
// for a while.
//
// # Secrets
//
// No error and no log line shows 12 characters in a row of a token or signature that the client
// used, however a response encodes them. A deploy in an error is a copy without upload URLs. A deploy that
// a call returns has them as [github.com/astro-finalize/astro-finalize-go/api.Secret], which fmt and
// slog do not print, but its JSON is the wire format and has them in full. The token goes only to the base
// URL's host, and a tarball only to its upload URL's, both over https (except on loopback). Redirects are
// never followed. SECURITY.md has the details.
//
// # API versions
//
// A client starts at [V1Beta1], whose support the vendor ends in January 2027. Once a response shows
// that v1beta1 is gone (a 404 without a requestId, a 410, or a redirect to v1 on the same host), the client
// sends that request to [V1], stays there, and logs it once as a warning. That does not count as a retry.
// It never happens after an attempt that may have taken effect. [WithAPIVersion] pins a version.
package wrapper
