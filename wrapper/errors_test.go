package wrapper

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/redact"
	"github.com/astro-finalize/astro-finalize-go/internal/transport"
)

var kinds = []error{ErrBadRequest, ErrUnauthorized, ErrForbidden, ErrNotFound, ErrRateLimited, ErrServer, ErrUnexpectedResponse}

func TestAPIErrorMatchesAtMostOneKind(t *testing.T) {
	want := map[int]error{400: ErrBadRequest, 401: ErrUnauthorized, 403: ErrForbidden, 404: ErrNotFound, 429: ErrRateLimited}
	for status := 100; status < 1000; status++ {
		kind := want[status]
		if status < 400 {
			kind = ErrUnexpectedResponse
		} else if status >= 500 && status < 600 {
			kind = ErrServer
		}
		for _, other := range kinds {
			assert.Equal(t, other == kind, errors.Is(&APIError{StatusCode: status}, other), "%d %v", status, other)
		}
	}
}

func newTestError(operation string, version APIVersion, status int, body string, err error) *APIError {
	header := http.Header{"Location": {"https://elsewhere.example/login?sig=s1gned"}}
	return apiError(version, redact.New("s3cret"), operation, transport.End{Attempts: 1, Response: &transport.Response{
		StatusCode: status, Header: header, Body: []byte(body), Refused: err, HTTP: &http.Response{Header: header},
	}})
}

func TestAPIErrorTextSaysWhatHappened(t *testing.T) {
	const ours = `{"message":"No such thing","requestId":"r-1","statusCode":404}`
	const fieldErrors = `{"message":"Bad","fieldErrors":[{"field":"dagTarballVersion","code":"required","message":"is required"},{"field":"type","code":"enum","message":"is odd"}]}`
	const echo = `{"message":"you sent s3cret","requestId":"s3cret","fieldErrors":[{"field":"a","code":"s3cret","message":"s3cret"}]}`
	const permission = "the token's role needs the permission %s on this Deployment; deployment.deploys.create is not enough"
	for _, row := range []struct {
		operation string
		version   APIVersion
		status    int
		body      string
		err       error
		want      string
	}{
		{opGetDeploy, V1, 404, ours, nil, "404 Not Found: No such thing [request r-1]; check the IDs in the call, and that the token belongs to their Organization"},
		{opGetDeploy, V1, 404, "404 page not found\n", nil, `404 Not Found: "404 page not found\n"; this does not look like a response from Astro: check the base URL and any proxy`},
		{opGetDeploy, V1Beta1, 404, "", nil, "404 Not Found; this does not look like a response from Astro: check the base URL and any proxy; or v1beta1, whose support ends in January 2027, is gone: use WithAPIVersion(V1)"},
		{opGetDeploy, V1, 404, `{"message":"no Route matched"}`, nil, "404 Not Found: no Route matched; this does not look like a response from Astro: check the base URL and any proxy"},
		{opGetDeploy, V1, 200, ours, errors.New("the response holds no deploy"), "200 OK: the response holds no deploy: No such thing [request r-1]"},
		{opFinalizeDeploy, V1, 400, fieldErrors, nil, "400 Bad Request: Bad; dagTarballVersion: is required (required); type: is odd (enum)"},
		{opFinalizeDeploy, V1, 403, "", nil, "403 Forbidden; " + fmt.Sprintf(permission, "deployment.deploys.update")},
		{opGetDeploy, V1, 403, "", nil, "403 Forbidden; " + fmt.Sprintf(permission, "deployment.deploys.get")},
		{opGetDeploy, V1, 401, "", nil, "401 Unauthorized; the token is not valid or has expired: create a new one and set ASTRO_API_TOKEN"},
		{opGetDeploy, V1, 401, "<html>", nil, `401 Unauthorized: "<html>"; this does not look like a response from Astro: check the base URL and any proxy`},
		{opGetDeploy, V1, 403, "<html>", nil, `403 Forbidden: "<html>"; this does not look like a response from Astro: check the base URL and any proxy`},
		{opGetDeploy, V1, 429, "slow down", nil, `429 Too Many Requests: "slow down"; a token may make 10 POST and 25 GET requests a second: try again, more slowly`},
		{opGetDeploy, V1, 302, "", nil, "302 Found; redirects are not followed; this one points to https://elsewhere.example"},
		{opGetDeploy, V1, 599, "", nil, "599"},
		{opGetDeploy, V1, 418, `{"message":"two\nlines","requestId":"a\nb","fieldErrors":[{"field":"a\nb","code":"c\rd","message":"e\nf"}]}`, nil, "418 I'm a teapot: two lines; a b: e f (c d) [request a b]"},
		{opGetDeploy, V1, 200, "", errors.New("not s3cret, nor https://a/?sig=s1gned"), "200 OK: not [REDACTED], nor [REDACTED]"},
		{opFinalizeDeploy, V1, 500, "", nil, "500 Internal Server Error"},
		{opFinalizeDeploy, V1, 200, "<html>", errors.New("odd"), `200 OK: odd: "<html>"; this does not look like a response from Astro: check the base URL and any proxy`},
		{opFinalizeDeploy, V1, 200, "{", io.ErrUnexpectedEOF, `200 OK: unexpected EOF: "{"; this does not look like a response from Astro: check the base URL and any proxy`},
		{opGetDeploy, V1, 500, echo, nil, "500 Internal Server Error: you sent [REDACTED]; a: [REDACTED] ([REDACTED]) [request [REDACTED]]"},
		{opGetDeploy, V1, 500, `{"statusCode":"odd"}`, nil, `500 Internal Server Error: "{\"statusCode\":\"odd\"}"`},
		{opGetDeploy, V1, 500, `{"statusCode":"odd","message":"fits in parts"}`, nil, "500 Internal Server Error: fits in parts"},
	} {
		apiError := newTestError(row.operation, row.version, row.status, row.body, row.err)
		assert.EqualError(t, apiError, row.operation+": "+row.want)
	}
}

func TestAPIErrorHasTheResponsesFields(t *testing.T) {
	body := `{"message":"Bad","requestId":"r-1","statusCode":400,"fieldErrors":[{"field":"f","code":"c","message":"m"}]}`
	apiError := newTestError(opFinalizeDeploy, V1, 400, body, io.ErrUnexpectedEOF)
	require.ErrorIs(t, apiError, io.ErrUnexpectedEOF)
	apiError.Err = nil
	assert.Equal(t, &APIError{
		Operation:   "FinalizeDeploy",
		StatusCode:  400,
		Message:     "Bad",
		RequestID:   "r-1",
		FieldErrors: []api.FieldError{{Field: "f", Code: "c", Message: "m"}},
		Body:        body,
		Attempts:    1,
	}, apiError)
}

func TestAPIErrorLengthIsBounded(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	field := `{"field":"` + long + `","code":"` + long + `","message":"` + long + `"}`
	for _, body := range []string{
		long,
		`{"message":"` + long + `","requestId":"` + long + `"}`,
		`{"message":"m","fieldErrors":[` + strings.Repeat(field+",", 3) + field + `]}`,
		`{"message":"m","fieldErrors":[` + strings.Repeat(`{"field":"f","code":"c","message":"m"},`, 1000) + `{}]}`,
	} {
		apiError := newTestError(opGetDeploy, V1, 500, body, nil)
		assert.Less(t, len(apiError.Error()), 3000)
		assert.LessOrEqual(t, len(apiError.FieldErrors), maxFieldErrors)
		assert.LessOrEqual(t, len(apiError.Message)+len(apiError.RequestID), 2*redact.MaxExcerpt)
	}
}

// A body that is not an error of the service is quoted briefly, since a deploy contains upload URLs.
func TestAPIErrorQuotesOtherBodiesBriefly(t *testing.T) {
	long := strings.Repeat("x", 3000)
	own := `{"message":"no","detail":"` + long + `"}`
	assert.Len(t, newTestError(opGetDeploy, V1, 400, own, nil).Body, redact.MaxExcerpt)
	assert.Len(t, newTestError(opGetDeploy, V1, 200, own, nil).Body, 200)
	assert.Len(t, newTestError(opGetDeploy, V1, 502, long, nil).Body, 200)
	assert.Empty(t, newTestError(opGetDeploy, V1, 502, "", nil).Body)
}

func TestTransportErrorTextHasAttemptsAndTime(t *testing.T) {
	err := &TransportError{Operation: opGetDeploy, Attempts: 1, Elapsed: time.Second, Err: io.ErrUnexpectedEOF}
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.EqualError(t, err, "GetDeploy: no response: unexpected EOF")
	err.Attempts, err.Elapsed = 3, 2*time.Second+345678*time.Microsecond
	require.EqualError(t, err, "GetDeploy: no response after 3 attempts in 2.346s: unexpected EOF")
	err.Attempts = 0
	require.EqualError(t, err, "GetDeploy: nothing was sent: unexpected EOF")
}

func TestOutcomeUnknownErrorTextSaysWhatIsKnown(t *testing.T) {
	cause := &TransportError{Operation: opFinalizeDeploy, Attempts: 1, Err: io.ErrUnexpectedEOF}
	err := &OutcomeUnknownError{DeployID: "deploy", Err: cause}
	require.ErrorIs(t, err, ErrOutcomeUnknown)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.EqualError(t, err, "deploy deploy may have been finalized: FinalizeDeploy: no response: unexpected EOF; check with GetDeploy")
	err.Deploy = &api.Deploy{Status: "INITIALIZED"}
	require.EqualError(t, err, "deploy deploy may have been finalized: FinalizeDeploy: no response: unexpected EOF; it read back as INITIALIZED, but a request may still be in flight; check with GetDeploy")
	err.Deploy = &api.Deploy{Status: "a\nforged line"}
	require.EqualError(t, err, "deploy deploy may have been finalized: FinalizeDeploy: no response: unexpected EOF; it read back with an unknown status, but does not show what was sent; check with GetDeploy")
	err.Deploy = &api.Deploy{Status: "DEPLOYED"}
	require.EqualError(t, err, "deploy deploy may have been finalized: FinalizeDeploy: no response: unexpected EOF; it read back as DEPLOYED, but does not show what was sent; check with GetDeploy")
	err.LookUpErr = io.ErrClosedPipe
	require.EqualError(t, err, "deploy deploy may have been finalized: FinalizeDeploy: no response: unexpected EOF; reading it back failed: io: read/write on closed pipe")
}

func TestDeployFailedErrorNamesTheDeploy(t *testing.T) {
	err := &DeployFailedError{&api.Deploy{ID: "deploy", DeploymentID: "deployment", Status: "FAILED"}}
	assert.EqualError(t, err, "deploy deploy of Deployment deployment is FAILED")
	assert.NotEmpty(t, (&DeployFailedError{}).Error())
}

// Not every 3xx status is a redirect.
func TestOnlyALocationMakesARedirectHint(t *testing.T) {
	for status, header := range map[int]http.Header{http.StatusFound: {"Location": {"/login"}}, http.StatusNotModified: {}} {
		response := &transport.Response{StatusCode: status, Header: header, HTTP: &http.Response{Header: header}}
		hint := apiError(V1, redact.Redactor{}, opGetDeploy, transport.End{Response: response}).Hint
		if status == http.StatusFound {
			assert.Equal(t, "redirects are not followed", hint)
		} else {
			assert.Empty(t, hint)
		}
	}
}

// A bad token is a ValidationError only if nothing was sent before, since that type means that nothing was.
func TestBadTokenIsAValidationErrorOnlyBeforeTheFirstRequest(t *testing.T) {
	bad := &ValidationError{Field: "token", Rule: "is bad"}
	assert.Equal(t, error(bad), transportError(redact.Redactor{}, opGetDeploy, transport.End{Err: bad}))

	err := transportError(redact.Redactor{}, opGetDeploy, transport.End{Err: fmt.Errorf("%w; the last attempt: %w", bad, io.EOF), Attempts: 1})
	var transportErr *TransportError
	require.ErrorAs(t, err, &transportErr)
	assert.Equal(t, 1, transportErr.Attempts)
	assert.ErrorContains(t, err, bad.Error())
	assert.False(t, errors.As(err, new(*ValidationError)), "a request was sent")
}
