package wrapper

import (
	"fmt"
	"strings"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// WaitError says that [Client.Wait] ended before the deploy was DEPLOYED or FAILED. It may be
// either by now, or yet become it.
type WaitError struct {
	DeployID string
	Deploy   *api.Deploy // as it was read last; nil if it never was
	LookErr  error       // why the last look failed; nil if it did not
	Err      error       // what ended the waiting: the context's error, or an answer such as 401
}

func (e *WaitError) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "waiting for deploy %s: %v", e.DeployID, e.Err)
	if e.Deploy != nil {
		fmt.Fprintf(&text, "; when it was read last, it was %.40s", e.Deploy.Status)
	}
	if e.LookErr != nil {
		fmt.Fprintf(&text, "; the last look failed: %v", e.LookErr)
	}
	return oneLine(text.String())
}

// Unwrap returns what ended the waiting.
func (e *WaitError) Unwrap() error { return e.Err }
