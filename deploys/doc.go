// Package deploys takes a folder the whole way until an Astro Deployment runs it: [DAGs] and
// [Bundle] pack it, create a deploy, upload the tarball, finalize the deploy and wait until it is
// DEPLOYED, and [RemoveBundle] takes a bundle off a Deployment.
//
//	client, err := wrapper.NewClient()
//	...
//	result, err := deploys.DAGs(ctx, client, wrapper.Deployment{
//		OrganizationID: "clm8qv74h000008mlf08scq7k",
//		DeploymentID:   "clmh57jtm000008lb58fe2wmv",
//	}, tarball.Dir("./dags"))
//
// The steps are those of a [Client], which a *wrapper.Client is, with what these check, retry and
// look up. Packing comes first, so that nothing is created for a source that cannot be packed.
// Nothing but the context bounds the whole, the wait included. The token needs the permissions
// deployment.deploys.create, .update and .get.
//
// A call that breaks a rule is a [*wrapper.ValidationError]. Any other failure is an [*Error],
// which says at which [Stage] it ended and what is on the service now.
package deploys
