package deploys

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// Outcome is how the deploy to one of several Deployments ended: with a result or an error. Its JSON is that of
// the Result, with an error's text as "error", and contains no secrets.
type Outcome struct {
	Deployment wrapper.Deployment
	Result     *Result // nil if there is an error
	Err        error   // an *Error
}

// MarshalJSON implements [encoding/json.Marshaler].
func (o Outcome) MarshalJSON() ([]byte, error) {
	shown := struct {
		Result
		Error string `json:"error,omitempty"`
	}{Result: Result{OrganizationID: o.Deployment.OrganizationID, DeploymentID: o.Deployment.DeploymentID}}
	failed := (*Error)(nil)
	switch {
	case o.Result != nil:
		shown.Result = *o.Result
	case errors.As(o.Err, &failed):
		shown.Result = failed.Result
	}
	if o.Err != nil {
		shown.Error = o.Err.Error()
	}
	return json.Marshal(shown)
}

// MultiError reports that deploys to one or more of several Deployments failed. It unwraps to the error of
// each.
type MultiError struct {
	Failed []Outcome
	Of     int // the number of Deployments
}

func (e *MultiError) Error() string {
	const shown = 3
	var text strings.Builder
	fmt.Fprintf(&text, "%d of %d Deployments failed", len(e.Failed), e.Of)
	for i, failed := range e.Failed {
		if i == shown {
			fmt.Fprintf(&text, "; and %d more", len(e.Failed)-shown)
			break
		}
		fmt.Fprintf(&text, "; Deployment %s: %v", failed.Deployment.DeploymentID, failed.Err)
	}
	return strings.Replace(text.String(), ";", ":", 1)
}

// Unwrap returns the error of each Deployment that failed.
func (e *MultiError) Unwrap() (errs []error) {
	for _, failed := range e.Failed {
		errs = append(errs, failed.Err)
	}
	return errs
}

// LogValue implements [slog.LogValuer].
func (e *MultiError) LogValue() slog.Value {
	return slog.GroupValue(slog.String("error", e.Error()), slog.Int("failed", len(e.Failed)), slog.Int("of", e.Of))
}

// WithOutcome calls outcome whenever one of the deploys of [DAGsToAll] or [BundleToAll] ends. The calls come
// one at a time, from the goroutine that called the function.
func WithOutcome(outcome func(Outcome)) Option {
	return func(p *plan) error {
		switch {
		case outcome == nil:
			return &wrapper.ValidationError{Field: "outcome", Rule: "must not be nil"}
		case !p.isForAll:
			return &wrapper.ValidationError{Field: "options", Rule: "must not contain WithOutcome, which is for several Deployments"}
		}
		p.outcome = outcome
		return nil
	}
}
