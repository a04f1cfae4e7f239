package deploys

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/astro-finalize/astro-finalize-go/wrapper"
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

// Error says at which stage a deploy ended, and what is on the service now. It unwraps
// to what the method of that stage returned, or what the source did, so that
// [wrapper.ErrOutcomeUnknown] and the other kinds can be asked for.
type Error struct {
	Stage    Stage
	Result   Result // as far as the deploy came
	MayExist bool   // whether a deploy may have been created, whether it is known (Result.DeployID) or not
	Err      error
}

func (e *Error) Error() string {
	text := fmt.Sprintf("%v; %s", e.Err, e.standing())
	if e.Stage == StagePack { // the others say it themselves
		return "pack: " + text
	}
	return text
}

// Unwrap returns what the stage's method returned.
func (e *Error) Unwrap() error { return e.Err }

// LogValue implements [slog.LogValuer].
func (e *Error) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("error", e.Error()), slog.String("stage", string(e.Stage)), slog.Bool("mayExist", e.MayExist)}
	if e.Result.DeployID != "" {
		attrs = append(attrs, slog.String("deployId", e.Result.DeployID))
	}
	if e.Result.TarballVersion != "" {
		attrs = append(attrs, slog.String("tarballVersion", e.Result.TarballVersion))
	}
	return slog.GroupValue(append(attrs, slog.Any("cause", e.Err))...)
}

// standing says what is on the service, and what calling again does where that can help.
func (e *Error) standing() string {
	const unchanged = "so nothing that runs was changed"
	deploy := "deploy " + e.Result.DeployID
	failed := (*wrapper.DeployFailedError)(nil)
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
	case e.Stage == StageFinalize && errors.Is(e.Err, wrapper.ErrOutcomeUnknown):
		return deploy + e.withVersion() + " can be finalized again with the same content, which replaces what was deployed meanwhile: check with GetDeploy first; calling again creates another"
	case e.Stage == StageFinalize:
		return deploy + e.withVersion() + " was not finalized, " + unchanged + "; Finalize goes on with it, calling again creates another"
	default:
		return deploy + e.withVersion() + " was finalized; Wait goes on waiting for it, calling again creates another"
	}
}

func (e *Error) withVersion() string {
	if e.Result.TarballVersion == "" {
		return ""
	}
	return fmt.Sprintf(" with the tarball version %q", e.Result.TarballVersion)
}
