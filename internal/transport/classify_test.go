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

// The policy as the documentation of package wrapper states it: by what an attempt ended with,
// what that says of the request, and whether another attempt may follow.
func TestClassify(t *testing.T) {
	dial := &url.Error{Op: "Post", Err: &net.OpError{Op: "dial", Err: errors.New("connection refused")}}
	untrusted := &tls.CertificateVerificationError{Err: io.EOF}
	for _, row := range []struct {
		end      string
		unmade   []error
		errs     []error
		statuses []int
		outcome  Outcome
		retries  retries
	}{
		{end: "nothing sent", unmade: []error{errors.New("no token"), context.Canceled}, outcome: Outcome{NotSent: true}, retries: never},
		{end: "not accepted by one of the two sides", errs: []error{&ConnectError{untrusted, true}, fmt.Errorf("wrapped: %w", &ConnectError{io.EOF, true})}, outcome: Outcome{NotSent: true}, retries: never},
		{end: "connect failed", errs: []error{&ConnectError{dial, false}, fmt.Errorf("wrapped: %w", &ConnectError{io.EOF, false})}, outcome: Outcome{NotSent: true}, retries: always},
		{end: "connection cut, deadline, whatever the last error is", errs: []error{dial, untrusted, &net.OpError{Op: "proxyconnect", Err: io.EOF}, io.EOF, io.ErrUnexpectedEOF, context.DeadlineExceeded, &net.OpError{Op: "read", Err: io.EOF}, errors.New("any other")}, outcome: Outcome{MayHaveTakenEffect: true, MayStillTakeEffect: true}, retries: ifIdempotent},
		{end: "429", statuses: []int{429}, retries: always},
		{end: "500", statuses: []int{500}, outcome: Outcome{MayHaveTakenEffect: true}, retries: ifIdempotent},
		{end: "a gateway", statuses: []int{408, 502, 503, 504}, outcome: Outcome{MayHaveTakenEffect: true, MayStillTakeEffect: true}, retries: ifIdempotent},
		{end: "under way", statuses: []int{202, 520, 522, 524}, outcome: Outcome{MayHaveTakenEffect: true, MayStillTakeEffect: true}, retries: never},
		{end: "refused", statuses: between(400, 499, 408, 429), retries: never},
		{end: "another status", statuses: slices.Concat(between(100, 399, 200, 202), between(500, 999, 500, 502, 503, 504, 520, 522, 524)), outcome: Outcome{MayHaveTakenEffect: true}, retries: never},
	} {
		var ends []attempt
		for _, err := range row.unmade {
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

// A 200 that cannot be read is as good as none. A body that was cut says nothing where the status
// says it all.
func TestClassify200(t *testing.T) {
	for name, row := range map[string]struct {
		response Response
		outcome  Outcome
	}{
		"cut":                   {Response{Cut: io.ErrUnexpectedEOF}, Outcome{MayHaveTakenEffect: true}},
		"not what was asked":    {Response{Refused: errors.New("another deploy")}, Outcome{MayHaveTakenEffect: true}},
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

// What attempts say adds up. A safe method takes no effect.
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

// A request is made again if that can help, can do no harm, and its body can be had again.
func TestMayRetry(t *testing.T) {
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
	assert.False(t, mayRetry(request, always, true), "there is nothing left to send")
	request.Body = http.NoBody
	assert.True(t, mayRetry(request, always, true))
}

// between are the statuses from first to last, but these.
func between(first, last int, these ...int) []int {
	var statuses []int
	for status := first; status <= last; status++ {
		if !slices.Contains(these, status) {
			statuses = append(statuses, status)
		}
	}
	return statuses
}
