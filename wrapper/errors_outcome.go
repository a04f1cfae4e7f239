package wrapper

import (
	"errors"
	"fmt"
	"strings"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// ErrOutcomeUnknown is the kind of an [*OutcomeUnknownError], for [errors.Is].
var ErrOutcomeUnknown = errors.New("outcome unknown")

// OutcomeUnknownError says that a deploy may be finalized or may be yet, and that it could not
// be found out whether it is. [Client.GetDeploy] may tell later; finalizing it once more with
// the same content is what the vendor's guarantee for requests that update allows. Ask for it
// before the kinds of an [APIError]: it unwraps to how the last attempt ended, which is of
// such a kind too.
type OutcomeUnknownError struct {
	DeployID  string
	Err       error       // how the last attempt ended: an *APIError or a *TransportError
	LookUpErr error       // why the last look-up failed; nil if it did not, or if look-ups are off
	Deploy    *api.Deploy // what the last look-up that succeeded showed; nil if there was none
}

func (e *OutcomeUnknownError) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "deploy %s may be finalized nevertheless: %v", e.DeployID, e.Err)
	switch {
	case e.LookUpErr != nil:
		fmt.Fprintf(&text, "; and it could not be looked up: %v", e.LookUpErr)
	case e.Deploy != nil && e.Deploy.Status == api.DeployStatusInitialized:
		text.WriteString("; looked up it was not, but an attempt may be under way yet; GetDeploy tells")
	case e.Deploy != nil:
		status := "in a status that is not known here"
		if e.Deploy.Status.Valid() {
			status = string(e.Deploy.Status)
		}
		fmt.Fprintf(&text, "; and looked up it is %s, but does not show what was to be finalized", status)
	default:
		text.WriteString("; GetDeploy tells")
	}
	return text.String()
}

// Is reports whether target is [ErrOutcomeUnknown].
func (e *OutcomeUnknownError) Is(target error) bool { return target == ErrOutcomeUnknown }

// Unwrap returns how the last attempt ended.
func (e *OutcomeUnknownError) Unwrap() error { return e.Err }
