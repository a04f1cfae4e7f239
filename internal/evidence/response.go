package evidence

import (
	"errors"
	"fmt"
	"strings"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// Created refuses a deploy other than the one asked for, since finalizing it could replace or remove
// something else. Which type the service shows for a BUNDLE deploy is not documented.
func Created(asked api.CreateDeployRequest, created *api.Deploy) error {
	isBundle, mountPath := asked.Type == api.DeployTypeBundle, valueOf(created.BundleMountPath)
	switch {
	case asked.Type != created.Type && !isBundle && asked.Type.Valid() && created.Type.Valid():
		return fmt.Errorf("the response shows a deploy of type %s instead of %s", created.Type, asked.Type)
	case isBundle && (mountPath == "" || !IsSamePath(mountPath, valueOf(asked.BundleMountPath))):
		return fmt.Errorf("the response shows a deploy with the mount path %.200q instead of %.200q", mountPath, valueOf(asked.BundleMountPath))
	case created.Status != api.DeployStatusInitialized && created.Status != api.DeployStatusFailed:
		return fmt.Errorf("the response shows a deploy with the status %.40q instead of INITIALIZED", string(created.Status))
	}
	return nil
}

// Updated refuses a deploy whose description is not the one that was sent. White space around it may be
// trimmed.
func Updated(description string, updated *api.Deploy) error {
	if strings.TrimSpace(valueOf(updated.Description)) != strings.TrimSpace(description) {
		return errors.New("the response shows another description than the one sent")
	}
	return nil
}

// RolledBack refuses a deploy that is not a rollback to the deploy with the ID. The field that says so is
// optional.
func RolledBack(deployID string, rollback *api.Deploy) error {
	switch from := valueOf(rollback.RollbackFromID); {
	case rollback.ID == deployID:
		return errors.New("the response shows the deploy that was rolled back to, not the new one")
	case from != "" && from != deployID:
		return errors.New("the response shows a rollback to another deploy")
	case !rollback.Status.Valid():
		return fmt.Errorf("the response shows an unknown deploy status, %.40q", string(rollback.Status))
	}
	return nil
}

func valueOf(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
