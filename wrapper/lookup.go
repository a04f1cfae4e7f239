package wrapper

import (
	"context"
	"fmt"
	"slices"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// settle is asked after an attempt that did not bring the deploy. If this one or one before it
// may have taken effect, it looks the deploy up, and reports whether that ends the call: the
// deploy is finalized, and nothing must be repeated.
func (c *call) settle(ctx context.Context, end outcome) bool {
	if !c.isFinalize() || c.deploy != nil {
		return false // the answer says it all
	}
	if end == lost || end == unclear {
		c.mayHave = true
	}
	c.inDoubt = c.mayHave
	if !c.mayHave || !c.client.looksUp {
		return false
	}
	deploy, err := c.client.GetDeploy(ctx, c.target)
	c.lookUpErr = err
	if err != nil {
		return false
	}
	c.seen = deploy
	switch {
	case deploy.Status == api.DeployStatusFailed, c.content.isShownBy(deploy):
		c.deploy = deploy
		return true
	case deploy.Status == api.DeployStatusInitialized:
		c.inDoubt = false
	}
	return false
}

// isShownBy reports whether a deploy, as it was looked up, is evidence that it was finalized
// with this content. The package documentation says what counts.
func (c Content) isShownBy(deploy *api.Deploy) bool {
	deployed := deploy.Status == api.DeployStatusDeployed
	dags, bundle := c.request.DAGTarballVersion, c.request.BundleTarballVersion
	switch {
	case deploy.Status == api.DeployStatusInitialized:
		return false
	case carriesDAGs(deploy):
		return isSame(dags, deploy.DAGTarballVersion)
	case deploy.Type == api.DeployTypeBundle:
		return isMounted(bundle, deploy)
	case deploy.Type.Valid():
		return deployed // there is no version to compare
	default:
		return deployed && (dags == nil || isSame(dags, deploy.DAGTarballVersion)) && (bundle == nil || isMounted(bundle, deploy))
	}
}

// contradiction reports that the answer to the finalize shows other DAGs than it named. What
// the answer does not show is no contradiction.
func (c Content) contradiction(deploy *api.Deploy) error {
	sent, shown := c.request.DAGTarballVersion, deploy.DAGTarballVersion
	if carriesDAGs(deploy) && sent != nil && shown != nil && *sent != *shown {
		return fmt.Errorf("the answer shows another DAG tarball version, %.100q", *shown)
	}
	return nil
}

func carriesDAGs(deploy *api.Deploy) bool {
	return deploy.IsDAGDeployEnabled && (deploy.Type == api.DeployTypeImageAndDAG || deploy.Type == api.DeployTypeDAGOnly)
}

// isMounted reports whether the version is the one at the deploy's mount path; the empty
// version is if there is none.
func isMounted(version *string, deploy *api.Deploy) bool {
	if version == nil || deploy.BundleMountPath == nil {
		return false
	}
	at := slices.IndexFunc(deploy.Bundles, func(bundle api.Bundle) bool { return bundle.MountPath == *deploy.BundleMountPath })
	if *version == "" {
		return at < 0 && deploy.Status == api.DeployStatusDeployed
	}
	if at < 0 {
		return false
	}
	if desired := deploy.Bundles[at].DesiredVersion; desired != nil {
		return isSame(version, desired)
	}
	return isSame(version, deploy.Bundles[at].CurrentVersion)
}

func isSame(sent, shown *string) bool { return sent != nil && shown != nil && *sent == *shown }
