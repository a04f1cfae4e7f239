package deploys

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// Stage is a stage of a deploy.
type Stage string

// The stages of a deploy, in order.
const (
	StagePack     Stage = "pack"
	StageCompare  Stage = "compare" // with what the Deployment has; see OnlyIfChanged
	StageCreate   Stage = "create"
	StageUpload   Stage = "upload"
	StagePush     Stage = "push" // of an image
	StageFinalize Stage = "finalize"
	StageWait     Stage = "wait"
)

// Error says at which stage a deploy failed and what exists on the service now. It unwraps to the error
// of the client's method or of the source, so errors.Is finds errors such as [wrapper.ErrOutcomeUnknown].
type Error struct {
	Stage    Stage
	Result   Result // what is known so far
	MayExist bool   // whether a deploy may have been created, even if Result.DeployID is empty
	Err      error
}

func (e *Error) Error() string {
	text := fmt.Sprintf("%v; %s", e.Err, e.state())
	if e.Stage == StagePack || e.Stage == StagePush { // the errors of the other stages name their operation
		return string(e.Stage) + ": " + text
	}
	return text
}

// Unwrap returns the error of the stage.
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

// state says what exists on the service, and what calling again does if that can help.
func (e *Error) state() string {
	const unchanged = "so the Deployment is unchanged"
	deploy := "deploy " + e.Result.DeployID
	failed := (*wrapper.DeployFailedError)(nil)
	switch {
	case e.Stage == StagePack:
		return "nothing was sent"
	case e.Stage == StageCreate && e.Result.DeployID == "" && e.MayExist:
		return "calling again creates another deploy"
	case e.Stage == StageCompare, e.Stage == StageCreate && e.Result.DeployID == "":
		return "no deploy was created, " + unchanged
	case e.Stage == StageCreate, e.Stage == StageUpload, e.Stage == StagePush:
		return deploy + " was created but not finalized, " + unchanged + "; calling again creates another deploy"
	case errors.As(e.Err, &failed):
		return "check the Deployment to see what it runs now; calling again creates another deploy"
	case e.Stage == StageFinalize && (errors.Is(e.Err, wrapper.ErrOutcomeUnknown) || errors.Is(e.Err, errNoResult)):
		return deploy + e.withVersion() + " can be finalized again with the same content, which replaces any newer deploy: check with GetDeploy first; calling again creates another deploy"
	case e.Stage == StageFinalize:
		return deploy + e.withVersion() + " was not finalized, " + unchanged + "; continue with Finalize, since calling again creates another deploy"
	default:
		return deploy + e.withVersion() + " was finalized; continue with Wait, since calling again creates another deploy"
	}
}

func (e *Error) withVersion() string {
	if e.Result.TarballVersion == "" {
		return ""
	}
	return fmt.Sprintf(" with tarball version %q", e.Result.TarballVersion)
}
