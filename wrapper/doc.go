// Package wrapper finishes deploys on Astro, Astronomer's managed Apache Airflow: it
// finalizes them over the Astro Platform API and says what became of them.
//
// # Use
//
// A [Client] has all that it needs when the environment variable ASTRO_API_TOKEN is set.
// [Client.Finalize] takes the deploy ([Target]) and what it carries ([Content]):
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
// A call returns the deploy that was asked for, or an error; there is no third case. The
// error is of one of these types:
//
//   - [*ValidationError]: the call breaks a rule; nothing was sent.
//   - [*APIError]: the service answered with something else than the deploy. What kind of
//     answer it was, [errors.Is] tells: [ErrBadRequest], [ErrUnauthorized], [ErrForbidden],
//     [ErrNotFound], [ErrRateLimited], [ErrServer], [ErrUnexpectedAnswer].
//   - [*DeployFailedError]: the service finalized the deploy and reports it as failed.
//   - [*TransportError]: no answer came; the cause is underneath.
//
// Beyond these there is only what a [TokenSource] of the caller's returned, wrapped.
//
// # Secrets
//
// The token and the upload URLs of a deploy are in no error of this package. A deploy
// carries its upload URLs as [github.com/astro-finalize/astro-finalize-go/api.Secret], which no fmt verb shows, nor slog where it is
// given the deploy itself; the JSON of a deploy is the wire format and has them in full. The
// token goes to the base URL's host alone, over https (loopback excepted), and redirects are
// never followed.
//
// # API versions
//
// The default is [V1Beta1], whose support the vendor ends in January 2027. [WithAPIVersion]
// selects [V1], which has the same paths and bodies.
package wrapper
