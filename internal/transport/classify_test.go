package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// This is the policy that the documentation of package wrapper states: how an attempt ended, what it may
// have done, and whether it may be retried.
func TestClassifyAttempts(t *testing.T) {
	dial := &url.Error{Op: "Post", Err: &net.OpError{Op: "dial", Err: errors.New("connection refused")}}
	untrusted := &tls.CertificateVerificationError{Err: io.EOF}
	for _, row := range []struct {
		end      string
		notMade  []error
		errs     []error
		statuses []int
		outcome  Outcome
		retries  retries
	}{
		{end: "nothing sent", notMade: []error{errors.New("no token"), context.Canceled}, outcome: Outcome{NotSent: true}, retries: never},
		{end: "certificate rejected", errs: []error{&ConnectError{untrusted, true}, fmt.Errorf("wrapped: %w", &ConnectError{io.EOF, true})}, outcome: Outcome{NotSent: true}, retries: never},
		{end: "connect failed", errs: []error{&ConnectError{dial, false}, fmt.Errorf("wrapped: %w", &ConnectError{io.EOF, false})}, outcome: Outcome{NotSent: true}, retries: always},
		{end: "connection cut, deadline or any other error", errs: []error{dial, untrusted, &net.OpError{Op: "proxyconnect", Err: io.EOF}, io.EOF, io.ErrUnexpectedEOF, context.DeadlineExceeded, &net.OpError{Op: "read", Err: io.EOF}, errors.New("any other")}, outcome: Outcome{MayHaveTakenEffect: true, MayStillTakeEffect: true}, retries: ifIdempotent},
		{end: "429", statuses: []int{429}, retries: always},
		{end: "500", statuses: []int{500}, outcome: Outcome{MayHaveTakenEffect: true}, retries: ifIdempotent},
		{end: "a gateway", statuses: []int{408, 502, 503, 504}, outcome: Outcome{MayHaveTakenEffect: true, MayStillTakeEffect: true}, retries: ifIdempotent},
		{end: "still in progress", statuses: []int{202, 520, 522, 524}, outcome: Outcome{MayHaveTakenEffect: true, MayStillTakeEffect: true}, retries: never},
		{end: "refused", statuses: between(400, 499, 408, 429), retries: never},
		{end: "another status", statuses: slices.Concat(between(100, 399, 200, 202), between(500, 999, 500, 502, 503, 504, 520, 522, 524)), outcome: Outcome{MayHaveTakenEffect: true}, retries: never},
	} {
		var ends []attempt
		for _, err := range row.notMade {
			ends = append(ends, attempt{err: err})
		}
		for _, err := range row.errs {
			ends = append(ends, attempt{err: err, made: true})
		}
		for _, status := range row.statuses {
			ends = append(ends, attempt{response: &Response{StatusCode: status}, made: true})
		}
		for i, end := range ends {
			outcome, retries := classify(end)
			assert.Equal(t, row.outcome, outcome, "%s %d", row.end, i)
			assert.Equal(t, row.retries, retries, "%s %d", row.end, i)
		}
	}
}

// An unreadable 200 is not a success. For other statuses a cut body makes no difference.
func TestClassifyUnreadableResponses(t *testing.T) {
	for name, row := range map[string]struct {
		response Response
		outcome  Outcome
	}{
		"cut":                   {Response{Cut: io.ErrUnexpectedEOF}, Outcome{MayHaveTakenEffect: true}},
		"of another deploy":     {Response{Refused: errors.New("another deploy")}, Outcome{MayHaveTakenEffect: true}},
		"not yet":               {Response{Refused: fmt.Errorf("wrapped: %w", NotYet("as before"))}, Outcome{MayHaveTakenEffect: true, MayStillTakeEffect: true}},
		"cut, and not accepted": {Response{Cut: io.EOF, Refused: io.EOF}, Outcome{MayHaveTakenEffect: true}},
	} {
		row.response.StatusCode = http.StatusOK
		outcome, retries := classify(attempt{response: &row.response, made: true})
		assert.Equal(t, row.outcome, outcome, name)
		assert.Equal(t, ifIdempotent, retries, name)
	}
	for status, want := range map[int]retries{400: never, 404: never, 429: always, 500: ifIdempotent, 501: never, 503: ifIdempotent, 524: never, 302: never} {
		_, retries := classify(attempt{response: &Response{StatusCode: status, Cut: io.EOF}, made: true})
		assert.Equal(t, want, retries, status)
	}
}

// The outcomes of attempts add up. A safe method has no effect.
func TestOutcomesAddUp(t *testing.T) {
	sent, lost, inFlight := Outcome{}, Outcome{MayHaveTakenEffect: true}, Outcome{MayHaveTakenEffect: true, MayStillTakeEffect: true}
	for _, row := range []struct {
		method string
		ends   []Outcome
		want   Outcome
	}{
		{"POST", nil, notSent},
		{"POST", []Outcome{notSent, notSent}, notSent},
		{"POST", []Outcome{notSent, sent}, sent},
		{"POST", []Outcome{lost, sent, notSent}, lost},
		{"DELETE", []Outcome{inFlight, lost, sent}, inFlight},
		{"GET", []Outcome{inFlight, lost}, sent},
		{"HEAD", []Outcome{inFlight, lost}, sent},
	} {
		all := notSent
		for _, end := range row.ends {
			all = all.then(end, row.method)
		}
		assert.Equal(t, row.want, all, row)
	}
}

// A request is retried if that may succeed, is safe, and its body can be sent again.
func TestMayRetryNeedsASafeRequestAndABody(t *testing.T) {
	request := newRequest(t, "https://api.example/v1/x")
	for _, row := range []struct {
		retries          retries
		idempotent, want bool
	}{
		{never, true, false}, {never, false, false},
		{ifIdempotent, true, true}, {ifIdempotent, false, false},
		{always, true, true}, {always, false, true},
	} {
		assert.Equal(t, row.want, mayRetry(request, row.retries, row.idempotent), row)
	}
	request.GetBody = nil
	assert.False(t, mayRetry(request, always, true), "the body is gone")
	request.Body = http.NoBody
	assert.True(t, mayRetry(request, always, true))
}

// between returns the statuses from first to last, without those in except.
func between(first, last int, except ...int) []int {
	var statuses []int
	for status := first; status <= last; status++ {
		if !slices.Contains(except, status) {
			statuses = append(statuses, status)
		}
	}
	return statuses
}
