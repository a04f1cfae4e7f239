package wrapper

import (
	"errors"
	"fmt"
)

// Stage is a stage of a deploy.
type Stage string

// The stages of a deploy, in their order.
const (
	StagePack     Stage = "pack"
	StageCreate   Stage = "create"
	StageUpload   Stage = "upload"
	StageFinalize Stage = "finalize"
	StageWait     Stage = "wait"
)

// DeployError says at which stage a deploy ended, and what is on the service now. It unwraps
// to what the method of that stage returned, or what the source did, so that
// [ErrOutcomeUnknown] and the other kinds can be asked for.
type DeployError struct {
	Stage    Stage
	Result   DeployResult // as far as the deploy came
	MayExist bool         // whether a deploy may have been created, be it known (Result.DeployID) or not
	Err      error
}

func (e *DeployError) Error() string {
	text := fmt.Sprintf("%v; %s", e.Err, e.standing())
	if e.Stage == StagePack { // the others say it themselves
		return "pack: " + text
	}
	return text
}

// Unwrap returns what the stage's method returned.
func (e *DeployError) Unwrap() error { return e.Err }

// standing says what is on the service, and what calling again does where that can help.
func (e *DeployError) standing() string {
	const unchanged = "so nothing that runs was changed"
	deploy := "deploy " + e.Result.DeployID
	failed := (*DeployFailedError)(nil)
	switch {
	case e.Stage == StagePack:
		return "nothing was sent"
	case e.Stage == StageCreate && e.Result.DeployID == "" && e.MayExist:
		return "calling again creates another"
	case e.Stage == StageCreate && e.Result.DeployID == "":
		return "no deploy was created, " + unchanged
	case e.Stage == StageCreate, e.Stage == StageUpload:
		return deploy + " was created and not finalized, " + unchanged + "; calling again creates another"
	case errors.As(e.Err, &failed):
		return "what runs now the Deployment itself tells; calling again creates another deploy"
	case e.Stage == StageFinalize && errors.Is(e.Err, ErrOutcomeUnknown):
		return deploy + e.withVersion() + " can be finalized again with the same content; calling again creates another"
	case e.Stage == StageFinalize:
		return deploy + e.withVersion() + " was not finalized, " + unchanged + "; Finalize goes on with it, calling again creates another"
	default:
		return deploy + e.withVersion() + " was finalized; Wait goes on waiting for it, calling again creates another"
	}
}

func (e *DeployError) withVersion() string {
	if e.Result.TarballVersion == "" {
		return ""
	}
	return fmt.Sprintf(" with the tarball version %q", e.Result.TarballVersion)
}
