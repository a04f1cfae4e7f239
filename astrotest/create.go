package astrotest

import (
	"cmp"
	"context"
	"fmt"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest/internal/server"
)

// CreateDeploy implements the operation.
func (v apiVersion) CreateDeploy(_ context.Context, request server.CreateDeployRequestObject) (server.CreateDeployResponseObject, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	deployment := v.findDeployment(request.OrganizationID, request.DeploymentID)
	if deployment == nil {
		return server.CreateDeploy404JSONResponse{NotFoundJSONResponse: notFound("Deployment")}, nil
	}
	if refusal := v.refusalToCreate(*request.Body, deployment); refusal != "" {
		return server.CreateDeploy400JSONResponse{BadRequestJSONResponse: badRequest(refusal)}, nil
	}
	asked := *request.Body
	created := &storedDeploy{Deploy: api.Deploy{
		DeploymentID:     deployment.ID,
		Type:             asked.Type,
		Description:      asked.Description,
		CreatedBySubject: subject(),
	}}
	if asked.Type == api.DeployTypeBundle {
		created.BundleMountPath, created.bundleType = asked.BundleMountPath, *asked.BundleType
	}
	if created.Git = asked.Git; created.Git != nil && !v.isV1 {
		created.Git.RemoteURL = nil // v1beta1 ignores unknown fields
	}
	v.add(created, deployment)
	v.creates[deployment.ID]++
	return server.CreateDeploy200JSONResponse(v.view(created, deployment)), nil
}

// refusalToCreate returns why the service would not create the deploy, or "".
func (v apiVersion) refusalToCreate(request api.CreateDeployRequest, deployment *Deployment) string {
	switch {
	case request.Type == "":
		return "type is required"
	case !request.Type.Valid():
		return fmt.Sprintf("type must be IMAGE_AND_DAG, IMAGE_ONLY, DAG_ONLY or BUNDLE, and is %q", request.Type)
	case !deployment.DAGDeploys && needsDAGDeploys(request.Type) && !v.dagDeploysCheckedAtFinalize:
		return fmt.Sprintf("A deploy of type %s needs DAG deploys to be enabled", request.Type)
	case request.Type == api.DeployTypeBundle && isEmpty(request.BundleMountPath):
		return "bundleMountPath is required for a deploy of type BUNDLE"
	case request.Type == api.DeployTypeBundle && isEmpty(request.BundleType):
		return "bundleType is required for a deploy of type BUNDLE"
	}
	return cmp.Or(refusalOf(request.Description), v.refusalOfGit(request.Git))
}

func isEmpty(field *string) bool { return field == nil || *field == "" }

// subject is the author of every request.
func subject() *api.Subject {
	name, kind := "astrotest", "SERVICEKEY"
	return &api.Subject{ID: "astrotest-subject", APITokenName: &name, SubjectType: &kind}
}

// add fills in the deploy's unset fields and stores it.
func (s *service) add(deploy *storedDeploy, deployment *Deployment) {
	if deploy.ID == "" {
		deploy.ID = s.newID()
	}
	deploy.Type = cmp.Or(deploy.Type, api.DeployTypeImageAndDAG)
	deploy.Status = cmp.Or(deploy.Status, api.DeployStatusInitialized)
	deploy.ImageRepository = cmp.Or(deploy.ImageRepository, "registry.example/"+deploy.DeploymentID)
	deploy.ImageTag = cmp.Or(deploy.ImageTag, "deploy-"+deploy.ID)
	deploy.CreatedAt = cmp.Or(deploy.CreatedAt, s.clock.second())
	deploy.IsDAGDeployEnabled = deployment.DAGDeploys
	isBundle := deploy.Type == api.DeployTypeBundle
	if isBundle && deploy.BundleMountPath == nil {
		path := "/usr/local/airflow/dbt/" + deploy.ID
		deploy.BundleMountPath = &path
	}
	deploy.bundleType = cmp.Or(deploy.bundleType, "dbt")
	if deployment.DAGDeploys {
		deploy.DAGsUploadURL = s.storage.uploadURL(deploy, dagsContainer)
	}
	if deployment.DAGDeploys && isBundle {
		deploy.BundleUploadURL = s.storage.uploadURL(deploy, bundlesContainer)
	}
	deploy.finalized = deploy.Status != api.DeployStatusInitialized
	s.added++
	deploy.seq = s.added
	deploy.seen = len(s.past[deployment.ID])
	s.deploys[deploy.ID] = deploy
}
