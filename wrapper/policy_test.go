package wrapper

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
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The policy as the package documentation states it: by what an attempt ended with, whether a
// finalize or a read is repeated, and whether a request that creates is.
func TestRetryPolicy(t *testing.T) {
	dial := &url.Error{Op: "Post", Err: &net.OpError{Op: "dial", Err: errors.New("connection refused")}}
	for _, row := range []struct {
		end                    string
		statuses               []int
		errs                   []error
		finalizeOrRead, create bool
	}{
		{end: "connect failed", errs: []error{dial, fmt.Errorf("wrapped: %w", dial), &net.OpError{Op: "proxyconnect", Err: io.EOF}}, finalizeOrRead: true, create: true},
		{end: "connection cut, deadline", errs: []error{io.EOF, io.ErrUnexpectedEOF, context.DeadlineExceeded, &net.OpError{Op: "read", Err: io.EOF}, errors.New("any other")}, finalizeOrRead: true},
		{end: "nothing sent", errs: []error{&unsent{errors.New("no token")}, fmt.Errorf("wrapped: %w", &unsent{io.EOF}), &tls.CertificateVerificationError{Err: io.EOF}}},
		{end: "429", statuses: []int{429}, finalizeOrRead: true, create: true},
		{end: "408 and passing 5xx", statuses: []int{408, 500, 502, 503, 504}, finalizeOrRead: true},
		{end: "any other status", statuses: others(408, 429, 500, 502, 503, 504)},
	} {
		var ends []outcome
		for _, err := range row.errs {
			ends = append(ends, judge(nil, nil, err))
		}
		for _, status := range row.statuses {
			ends = append(ends, judge(nil, &http.Response{StatusCode: status, Body: &readBody{data: []byte("{}")}}, nil))
		}
		for i, end := range ends {
			for _, request := range []*http.Request{
				policyRequest(t, http.MethodPost, "/v1/organizations/o/deployments/d/deploys/p/finalize"),
				policyRequest(t, http.MethodGet, "/v1/organizations/o/deployments/d/deploys/p"),
			} {
				assert.Equal(t, row.finalizeOrRead, isRepeatable(request, end), "%s %d %s", row.end, i, request.Method)
			}
			for _, request := range []*http.Request{
				policyRequest(t, http.MethodPost, "/v1/organizations/o/deployments/d/deploys"),
				policyRequest(t, http.MethodPost, "/v1/organizations/o/deployments/d/deploys/p/rollback"),
				policyRequest(t, http.MethodPost, "/v1/finalize/x"),
				policyRequest(t, http.MethodPost, "/v1/organizations/o/deployments/d/deploys/finalize"), // whose ID is finalize
				policyRequest(t, http.MethodDelete, "/v1/organizations/o"),
				policyRequest(t, http.MethodPatch, "/v1/organizations/o"),
			} {
				assert.Equal(t, row.create, isRepeatable(request, end), "%s %d %s %s", row.end, i, request.Method, request.URL.Path)
			}
		}
	}
}

// An answer 200 that cannot be read is as good as none.
func TestRetryPolicyOfUnreadableAnswers(t *testing.T) {
	cut := &readBody{data: []byte("{}"), err: io.ErrUnexpectedEOF}
	for status, want := range map[int]outcome{200: pending, 201: unclear, 202: underWay, 302: unclear, 400: answered, 404: answered, 429: turnedAway, 500: lost, 501: unclear, 503: pending, 524: underWay} {
		assert.Equal(t, want, judge(nil, &http.Response{StatusCode: status, Body: cut}, nil), status)
	}
	for _, body := range []string{"", "<html>", "{", "{}{}"} {
		assert.Equal(t, lost, judge(nil, &http.Response{StatusCode: 200, Body: &readBody{data: []byte(body)}}, nil), body)
	}
	compressed := &http.Response{StatusCode: 200, Header: http.Header{"Content-Encoding": {"zstd"}}, Body: &readBody{data: []byte("(\xb5/\xfd")}}
	assert.Equal(t, answered, judge(nil, compressed, nil), "who asked for that can read it")
	asked := &fate{target: Target{DeploymentID: "d", DeployID: "p"}}
	finalize := &call{keep: asked.keep, fate: asked}
	assert.Equal(t, lost, judge(finalize, &http.Response{StatusCode: 200, Body: &readBody{data: []byte("{}")}}, nil))
	assert.Nil(t, asked.deploy)
	good := &readBody{data: []byte(`{"id":"p","deploymentId":"d","status":"DEPLOYED"}`)}
	assert.Equal(t, answered, judge(finalize, &http.Response{StatusCode: 200, Body: good}, nil))
	assert.NotNil(t, asked.deploy)
}

// A body that cannot be had again is not sent again.
func TestRetryPolicyOfBodies(t *testing.T) {
	request := policyRequest(t, http.MethodPost, "/v1/deploys/p/finalize")
	assert.True(t, isRepeatable(request, turnedAway))
	request.GetBody = nil
	assert.False(t, isRepeatable(request, turnedAway))
	request.Body = http.NoBody
	assert.True(t, isRepeatable(request, turnedAway))
}

func policyRequest(t *testing.T, method, path string) *http.Request {
	request, err := http.NewRequestWithContext(t.Context(), method, "https://api.example"+path, strings.NewReader("{}"))
	require.NoError(t, err)
	return request
}

// others are the statuses that there can be, but these.
func others(these ...int) []int {
	var statuses []int
	for status := 100; status < 1000; status++ {
		if !slices.Contains(these, status) {
			statuses = append(statuses, status)
		}
	}
	return statuses
}
