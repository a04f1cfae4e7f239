package transport

import (
	"errors"
	"net/http"

	"github.com/astro-finalize/astro-finalize-go/internal/retry"
)

// Outcome is what is known about a request after an attempt. All fields are false if the service refused
// it.
type Outcome struct {
	NotSent            bool // nothing of it was sent
	MayHaveTakenEffect bool // it may have been carried out
	MayStillTakeEffect bool // it may be carried out later, since it may still be in flight
}

// then combines the outcome of the attempts so far with the next. A request with a safe method has no
// effect.
func (o Outcome) then(next Outcome, method string) Outcome {
	changes := method != http.MethodGet && method != http.MethodHead
	return Outcome{
		NotSent:            o.NotSent && next.NotSent,
		MayHaveTakenEffect: o.MayHaveTakenEffect || next.MayHaveTakenEffect && changes,
		MayStillTakeEffect: o.MayStillTakeEffect || next.MayStillTakeEffect && changes,
	}
}

// retries says whether another attempt may succeed.
type retries int8

const (
	never retries = iota
	ifIdempotent
	always
)

// NotYet is an error of [Call]: the response shows that the request has not been carried out so far.
type NotYet string

func (e NotYet) Error() string { return string(e) }

var (
	notSent    = Outcome{NotSent: true}
	tookEffect = Outcome{MayHaveTakenEffect: true}
	isInFlight = Outcome{MayHaveTakenEffect: true, MayStillTakeEffect: true}
	wasRefused = Outcome{}
)

// classify is the retry policy that the documentation of package wrapper shows as a table.
func classify(end attempt) (Outcome, retries) {
	switch {
	case !end.made:
		return notSent, never
	case end.err != nil:
		return classifyError(end.err)
	}
	switch status := end.response.StatusCode; {
	case status == http.StatusOK:
		return classify200(end.response)
	case status == http.StatusTooManyRequests:
		return wasRefused, always
	case status == http.StatusInternalServerError:
		return tookEffect, ifIdempotent
	case retry.Retryable(status): // from a gateway; the service may still be working on it
		return isInFlight, ifIdempotent
	case status == http.StatusAccepted, status == statusOriginUnknown, status == statusOriginUnreachable, status == statusOriginTimeout:
		return isInFlight, never
	case status < 400 || status >= 500:
		return tookEffect, never
	}
	return wasRefused, never
}

// classifyError relies on what happened on the connection, not on the type of the error: the request may
// have been sent over an earlier connection.
func classifyError(err error) (Outcome, retries) {
	connect := (*ConnectError)(nil)
	switch {
	case !errors.As(err, &connect):
		return isInFlight, ifIdempotent
	case connect.Refused:
		return notSent, never
	}
	return notSent, always
}

// classify200 classifies a 200 that was not accepted. The service has finished the request, unless the
// error is NotYet.
func classify200(response *Response) (Outcome, retries) {
	if notYet := NotYet(""); errors.As(response.Refused, &notYet) {
		return isInFlight, ifIdempotent
	}
	return tookEffect, ifIdempotent
}

// Statuses of content delivery networks, in case one is in front of the service.
const (
	statusOriginUnknown     = 520
	statusOriginUnreachable = 522
	statusOriginTimeout     = 524
)
