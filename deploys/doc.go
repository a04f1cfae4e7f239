// Package deploys deploys a folder to an Astro Deployment in one call. [DAGs] and [Bundle] pack the
// folder, create a deploy, upload the tarball, finalize the deploy and wait until it is DEPLOYED.
// [RemoveBundle] removes a bundle from a Deployment. [Image] deploys an image, with or without DAGs.
// [DAGsToAll] and [BundleToAll] deploy to several Deployments. A [State] is a deploy between two steps of a
// pipeline.
//
//	client, err := wrapper.NewClient()
//	...
//	result, err := deploys.DAGs(ctx, client, wrapper.Deployment{
//		OrganizationID: "clm8qv74h000008mlf08scq7k",
//		DeploymentID:   "clmh57jtm000008lb58fe2wmv",
//	}, tarball.Dir("./dags"))
//
// The steps are methods of a [Client], usually a [*wrapper.Client], including its checks and retries.
// Packing comes first, so no deploy is created for a source that cannot be packed. Only the context
// limits the total time, including the wait. The token needs the permissions deployment.deploys.create,
// .update and .get.
//
// Invalid arguments return a [*wrapper.ValidationError]. Any other failure is an [*Error], which says at
// which [Stage] the deploy failed and what exists on the service now.
package deploys
