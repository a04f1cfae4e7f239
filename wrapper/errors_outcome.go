package wrapper

import (
	"errors"
	"fmt"
	"strings"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// ErrOutcomeUnknown is the kind of an [*OutcomeUnknownError], for [errors.Is].
var ErrOutcomeUnknown = errors.New("outcome unknown")

// OutcomeUnknownError says that a deploy may be finalized, and that it could not be found out
// whether it is. [Client.GetDeploy] may tell later; finalizing it once more with the same
// content does no harm, as far as the vendor's guarantee for requests that update goes.
type OutcomeUnknownError struct {
	DeployID  string
	Err       error       // how the last attempt ended: an *APIError or a *TransportError
	LookUpErr error       // why the deploy could not be looked up; nil if it was, or if look-ups are off
	Deploy    *api.Deploy // as it was looked up last, showing other content; nil if it was not
}

func (e *OutcomeUnknownError) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "deploy %s may be finalized nevertheless: %v", e.DeployID, e.Err)
	switch {
	case e.LookUpErr != nil:
		fmt.Fprintf(&text, "; and it could not be looked up: %v", e.LookUpErr)
	case e.Deploy != nil:
		fmt.Fprintf(&text, "; and looked up it is %s, but does not show what was to be finalized", e.Deploy.Status)
	default:
		text.WriteString("; GetDeploy tells")
	}
	return text.String()
}

// Is reports whether target is [ErrOutcomeUnknown].
func (e *OutcomeUnknownError) Is(target error) bool { return target == ErrOutcomeUnknown }

// Unwrap returns how the last attempt ended.
func (e *OutcomeUnknownError) Unwrap() error { return e.Err }
