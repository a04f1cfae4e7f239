package transport

import (
	"errors"
	"net/http"

	"github.com/astro-finalize/astro-finalize-go/internal/retry"
)

// Outcome is what the end of an attempt says of its request: three facts, and no more. None of
// them holds where the service refused it.
type Outcome struct {
	NotSent            bool // nothing of it was sent
	MayHaveTakenEffect bool // it may have been carried out
	MayStillTakeEffect bool // or may be later, since it may still be in flight
}

// then is the outcome of attempts so far and of another one. A request of a safe method takes no
// effect.
func (o Outcome) then(next Outcome, method string) Outcome {
	changes := method != http.MethodGet && method != http.MethodHead
	return Outcome{
		NotSent:            o.NotSent && next.NotSent,
		MayHaveTakenEffect: o.MayHaveTakenEffect || next.MayHaveTakenEffect && changes,
		MayStillTakeEffect: o.MayStillTakeEffect || next.MayStillTakeEffect && changes,
	}
}

// retries says whether another attempt may do better.
type retries int8

const (
	never retries = iota
	ifIdempotent
	always
)

// NotYet is an error of [Call] that time may change: the response shows that the request was not
// carried out so far.
type NotYet string

func (e NotYet) Error() string { return string(e) }

var (
	notSent    = Outcome{NotSent: true}
	tookEffect = Outcome{MayHaveTakenEffect: true}
	isInFlight = Outcome{MayHaveTakenEffect: true, MayStillTakeEffect: true}
	wasRefused = Outcome{}
)

// classify is the retry policy, as the documentation of package wrapper has it in a table.
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
	case retry.Retryable(status): // a gateway says so, of a service that may still be at it
		return isInFlight, ifIdempotent
	case status == http.StatusAccepted, status == statusOriginUnknown, status == statusOriginUnreachable, status == statusOriginTimeout:
		return isInFlight, never
	case status < 400 || status >= 500:
		return tookEffect, never
	}
	return wasRefused, never
}

// classifyError goes by what happened on the connection, and not by the type of the last error: the
// request may have been sent before over another one.
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

// classify200 classifies a 200 that was not accepted: one that cannot be read is as good as none. Its
// status came all the same, so that the service is through with the request unless it says NotYet.
func classify200(response *Response) (Outcome, retries) {
	if notYet := NotYet(""); errors.As(response.Refused, &notYet) {
		return isInFlight, ifIdempotent
	}
	return tookEffect, ifIdempotent
}

// What a content delivery network in front of a service says of it. That there is one is a guess:
// the service documents none of these.
const (
	statusOriginUnknown     = 520
	statusOriginUnreachable = 522
	statusOriginTimeout     = 524
)
