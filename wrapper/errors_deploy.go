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

// DeployError says at which stage a deploy ended, what is on the service now, and what a
// repetition of the call does. It unwraps to what the method of that stage returned, so that
// [ErrOutcomeUnknown] and the other kinds can be asked for.
type DeployError struct {
	Stage  Stage
	Result Result // as far as the deploy came
	Err    error

	mayExist bool
}

func (e *DeployError) Error() string {
	return fmt.Sprintf("%s: %v; %s", e.Stage, e.Err, e.standing())
}

// Unwrap returns what the stage's method returned.
func (e *DeployError) Unwrap() error { return e.Err }

// standing says what is on the service, and what a repetition does.
func (e *DeployError) standing() string {
	deploy := "deploy " + e.Result.DeployID
	failed := (*DeployFailedError)(nil)
	switch {
	case errors.As(e.Err, &failed):
		return deploy + " is FAILED; a repetition creates another"
	case e.Stage == StagePack:
		return "nothing was sent; a repetition starts from the beginning"
	case e.Stage == StageCreate && e.Result.DeployID == "" && e.mayExist:
		return "nothing that runs was changed; a repetition creates another deploy"
	case e.Stage == StageCreate && e.Result.DeployID == "":
		return "no deploy was created; a repetition creates one"
	case e.Stage == StageCreate, e.Stage == StageUpload:
		return deploy + " was created and not finalized, so nothing that runs was changed; a repetition creates another"
	case e.Stage == StageFinalize && errors.Is(e.Err, ErrOutcomeUnknown):
		return "Wait tells what becomes of " + deploy + "; a repetition creates another, with the same content"
	case e.Stage == StageFinalize:
		return deploy + e.withVersion() + " was not finalized, so nothing that runs was changed; a repetition creates another, Finalize goes on with this one"
	default:
		return deploy + e.withVersion() + " was finalized; Wait goes on waiting for it, a repetition creates another"
	}
}

func (e *DeployError) withVersion() string {
	if e.Result.TarballVersion == "" {
		return ""
	}
	return fmt.Sprintf(" with the tarball version %q", e.Result.TarballVersion)
}
