package transport

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/internal/redact"
	"github.com/astro-finalize/astro-finalize-go/internal/retry"
)

func parsed(t *testing.T, address string) *url.URL {
	u, err := url.Parse(address)
	require.NoError(t, err)
	return u
}

const (
	oldBase = "https://api.example/a%2Fb/platform/v1beta1"
	newBase = "https://api.example/a%2Fb/v1"
	posted  = "/deploys/x%2Fy/finalize"
)

// reply describes a response, or an error in its place.
type reply struct {
	status   int
	body     string
	location string
	err      error
	cut      bool
}

func (s reply) response() (*http.Response, error) {
	if s.err != nil {
		return nil, s.err
	}
	response := &http.Response{StatusCode: s.status, Header: http.Header{"Location": {s.location}}, ContentLength: -1}
	response.Body = io.NopCloser(strings.NewReader(s.body))
	if s.cut {
		response.Body = io.NopCloser(io.MultiReader(strings.NewReader(s.body), &reread{cut: io.ErrUnexpectedEOF}))
	}
	return response, nil
}

// versioned returns a chain with both versions, which respond with the given replies in order; the last one
// serves all later requests. sent has the paths of the requests.
func versioned(t *testing.T, atOld, atNew []reply) (chain *Chain, sent *[]string, log *bytes.Buffer) {
	sent, log = &[]string{}, &bytes.Buffer{}
	next := func(responses *[]reply) (*http.Response, error) {
		current := (*responses)[0]
		*responses = (*responses)[min(1, len(*responses)-1):]
		return current.response()
	}
	chain = by(func(request *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(request.Body)
		require.NoError(t, err)
		assert.Equal(t, `{"a":1}`, string(body))
		*sent = append(*sent, strings.TrimPrefix(request.URL.EscapedPath(), "/a%2Fb"))
		assert.Equal(t, "q=1", request.URL.RawQuery)
		if strings.Contains(request.URL.Path, "v1beta1") {
			return next(&atOld)
		}
		return next(&atNew)
	})
	chain.Retry = retry.Policy{MaxAttempts: 2, NewBackoff: func() retry.Backoff { return retry.Constant(0) }}
	chain.Versions = &Versions{Old: parsed(t, oldBase), New: parsed(t, newBase)}
	chain.Log = Logger{To: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn})), Secrets: &redact.Recent{}, RequestID: func(body []byte) string {
		if strings.Contains(string(body), "requestId") {
			return "id"
		}
		return ""
	}}
	return chain, sent, log
}

func send(t *testing.T, chain *Chain) Result[string] {
	request, err := http.NewRequest(http.MethodPost, oldBase+posted+"?q=1", strings.NewReader(`{"a":1}`))
	require.NoError(t, err)
	return Do(context.Background(), chain, request, maxTest, &fakeCall{})
}

func TestVersionMovesWhenTheOldOneIsGone(t *testing.T) {
	const atOld, atNew = "/platform/v1beta1" + posted, "/v1" + posted
	for name, row := range map[string]struct {
		old        reply
		new        reply
		status     int
		remembered bool
	}{
		"404 from a gateway":           {reply{status: 404, body: "404 page not found"}, reply{status: 200}, 200, true},
		"404 without a body":           {reply{status: 404}, reply{status: 200}, 200, true},
		"410":                          {reply{status: 410}, reply{status: 200}, 200, true},
		"301":                          {reply{status: 301, location: newBase + posted + "?q=1"}, reply{status: 200}, 200, true},
		"302":                          {reply{status: 302, location: newBase + posted}, reply{status: 200}, 200, true},
		"301 with the default port":    {reply{status: 301, location: "https://API.example:443/a%2Fb/v1" + posted}, reply{status: 200}, 200, true},
		"307 to a path":                {reply{status: 307, location: "/a%2Fb/v1" + posted}, reply{status: 200}, 200, true},
		"308":                          {reply{status: 308, location: newBase + posted}, reply{status: 200}, 200, true},
		"v1 responds with 400":         {reply{status: 404}, reply{status: 400, body: "requestId"}, 400, true},
		"v1 has no such deploy":        {reply{status: 404}, reply{status: 404, body: "requestId"}, 404, true},
		"a proxy responds 404 to both": {reply{status: 404, body: "no"}, reply{status: 404, body: "no"}, 404, false},
		"v1 is not the service":        {reply{status: 410}, reply{status: 403, body: "<html>"}, 403, false},
		"v1 cannot be reached":         {reply{status: 404}, reply{err: &ConnectError{Err: io.EOF}}, 0, false},
		"v1 redirects back":            {reply{status: 301, location: newBase + posted}, reply{status: 301, location: oldBase + posted}, 301, false},
	} {
		t.Run(name, func(t *testing.T) {
			chain, sent, log := versioned(t, []reply{row.old}, []reply{row.new})
			result := send(t, chain)
			assert.Equal(t, row.status == 200, result.OK)
			if row.status > 0 {
				require.NotNil(t, result.Response)
				assert.Equal(t, row.status, result.Response.StatusCode)
			}
			assert.Equal(t, []string{atOld, atNew}, (*sent)[:2])
			assert.Equal(t, len(*sent), result.Attempts)
			assert.False(t, result.Outcome.NotSent)
			assert.Equal(t, row.remembered, chain.Versions.Moved())
			*sent = nil
			send(t, chain)
			if row.remembered {
				assert.Equal(t, []string{atNew}, *sent)
				assert.Equal(t, 1, strings.Count(log.String(), "\n"))
				assert.Contains(t, log.String(), `level=WARN msg="astro: /a/b/platform/v1beta1 is gone, so this client uses /a/b/v1 from now on"`)
			} else {
				assert.Equal(t, []string{atOld, atNew}, (*sent)[:2])
				assert.Empty(t, log.String())
			}
		})
	}
}

func TestVersionStaysOtherwise(t *testing.T) {
	const atOld = "/platform/v1beta1" + posted
	for name, row := range map[string]struct {
		old  []reply
		sent int
	}{
		"success":                     {[]reply{{status: 200}}, 1},
		"404 from the service":        {[]reply{{status: 404, body: "requestId"}}, 1},
		"404 cut short":               {[]reply{{status: 404, body: "{", cut: true}}, 1},
		"400":                         {[]reply{{status: 400}}, 1},
		"401":                         {[]reply{{status: 401}}, 1},
		"403":                         {[]reply{{status: 403}}, 1},
		"405":                         {[]reply{{status: 405}}, 1},
		"500":                         {[]reply{{status: 500}}, 2},
		"502":                         {[]reply{{status: 502}}, 2},
		"501":                         {[]reply{{status: 501}}, 1},
		"303":                         {[]reply{{status: 303, location: newBase + posted}}, 1},
		"300":                         {[]reply{{status: 300, location: newBase + posted}}, 1},
		"301 to another host":         {[]reply{{status: 301, location: "https://api.other/a%2Fb/v1" + posted}}, 1},
		"301 to the port of http":     {[]reply{{status: 301, location: "https://api.example:80/a%2Fb/v1" + posted}}, 1},
		"301 to another port":         {[]reply{{status: 301, location: "https://api.example:8443/a%2Fb/v1" + posted}}, 1},
		"301 to http":                 {[]reply{{status: 301, location: "http://api.example/a%2Fb/v1" + posted}}, 1},
		"301 to another resource":     {[]reply{{status: 301, location: newBase + "/login"}}, 1},
		"301 to another path":         {[]reply{{status: 301, location: "/v1" + posted}}, 1},
		"301 to itself":               {[]reply{{status: 301, location: oldBase + posted}}, 1},
		"301 without a Location":      {[]reply{{status: 301}}, 1},
		"301 to an invalid URL":       {[]reply{{status: 301, location: "https://%zz"}}, 1},
		"404 after a lost response":   {[]reply{{err: io.ErrUnexpectedEOF}, {status: 404}}, 2},
		"410 after a 503":             {[]reply{{status: 503}, {status: 410}}, 2},
		"308 after a 500":             {[]reply{{status: 500}, {status: 308, location: newBase + posted}}, 2},
		"404 after an unreadable 200": {[]reply{{status: 200, cut: true}, {status: 404}}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			chain, sent, log := versioned(t, row.old, []reply{{status: 200}})
			send(t, chain)
			assert.Len(t, *sent, row.sent)
			for _, path := range *sent {
				assert.Equal(t, atOld, path)
			}
			assert.False(t, chain.Versions.Moved())
			assert.Empty(t, log.String())
		})
	}
}

// An attempt that had no effect does not prevent the move.
func TestVersionMovesAfterAttemptsWithoutEffect(t *testing.T) {
	for name, first := range map[string]reply{"429": {status: 429}, "no connection": {err: &ConnectError{Err: io.EOF}}} {
		t.Run(name, func(t *testing.T) {
			chain, sent, log := versioned(t, []reply{first, {status: 404}}, []reply{{status: 200}})
			chain.Log.To = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			require.True(t, send(t, chain).OK)
			assert.Len(t, *sent, 3)
			assert.Equal(t, 1, strings.Count(log.String(), "astro: retry"), "the move is not a retry")
			assert.Equal(t, 2, strings.Count(log.String(), " wait="), "of the retry and its attempt; the move does not wait")
		})
	}
}

func TestPinnedVersionStays(t *testing.T) {
	chain, sent, _ := versioned(t, []reply{{status: 404}}, []reply{{status: 200}})
	chain.Versions = nil
	require.False(t, send(t, chain).OK)
	assert.Len(t, *sent, 1)
}

func TestVersionStaysIfTheBodyCannotBeSentAgain(t *testing.T) {
	chain, sent, _ := versioned(t, []reply{{status: 404}}, []reply{{status: 200}})
	request, err := http.NewRequest(http.MethodPost, oldBase+posted+"?q=1", io.MultiReader(strings.NewReader(`{"a":1}`)))
	require.NoError(t, err)
	result := Do(t.Context(), chain, request, maxTest, &fakeCall{})
	assert.Equal(t, 404, result.Response.StatusCode)
	assert.Len(t, *sent, 1)
}

// A call that ends between the two requests reports the first response.
func TestInterruptedVersionMoveReportsTheFirstResponse(t *testing.T) {
	chain, sent, _ := versioned(t, []reply{{status: 404}}, []reply{{status: 200}})
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	chain.Token = func(context.Context) (string, error) {
		if calls++; calls == 2 {
			cancel()
		}
		return secret, nil
	}
	request, err := http.NewRequest(http.MethodPost, oldBase+posted+"?q=1", strings.NewReader(`{"a":1}`))
	require.NoError(t, err)
	result := Do(ctx, chain, request, maxTest, &fakeCall{})
	require.ErrorIs(t, result.Err, context.Canceled)
	assert.Equal(t, 404, result.Response.StatusCode)
	assert.Equal(t, 1, result.Attempts)
	assert.False(t, result.Outcome.MayHaveTakenEffect)
	assert.Len(t, *sent, 1)
}

func TestAtNewLeavesOtherURLsUnchanged(t *testing.T) {
	versions := &Versions{Old: parsed(t, oldBase), New: parsed(t, newBase)}
	for _, address := range []string{"https://api.example/other", "https://api.example/a/b/platform/v1beta1/x", "https://api.example/a%2Fb/platform/v1beta1", "https://api.example/a%2Fb/platform/v1beta12/x"} {
		assert.Equal(t, address, versions.atNew(parsed(t, address)).String())
	}
	other := &url.URL{Scheme: "https", Host: "api.example", Path: "/a/b/platform/v1beta1/x", RawPath: "x"}
	assert.Equal(t, other.String(), versions.atNew(other).String())
}

// A finalize starts no attempt later than 90 s after its first one, nor does the move.
func TestVersionStaysInALateAttempt(t *testing.T) {
	for wait, sent := range map[time.Duration]int{90 * time.Second: 2, 91 * time.Second: 1} {
		synctest.Test(t, func(t *testing.T) {
			chain, paths, _ := versioned(t, []reply{{status: 404}}, []reply{{status: 200}})
			transport := chain.Transport()
			chain.Transport = func() http.RoundTripper {
				return roundTripper(func(request *http.Request) (*http.Response, error) {
					time.Sleep(wait)
					return transport.RoundTrip(request)
				})
			}
			send(t, chain)
			assert.Len(t, *paths, sent, wait)
		})
	}
}

// If a transport sends a request twice, the 404 is about the second delivery; the first may have had an effect.
func TestVersionStaysIfATransportSentTheRequestTwice(t *testing.T) {
	for method, want := range map[string]int{http.MethodPost: 1, http.MethodGet: 2} {
		attempts := 0
		chain := by(func(request *http.Request) (*http.Response, error) {
			attempts++
			trace := httptrace.ContextClientTrace(request.Context())
			trace.WroteHeaders()
			trace.WroteHeaders()
			return reply{status: 404}.response()
		})
		chain.Versions = &Versions{Old: parsed(t, oldBase), New: parsed(t, newBase)}
		request, err := http.NewRequest(method, oldBase+posted, nil)
		require.NoError(t, err)
		Do(t.Context(), chain, request, maxTest, &fakeCall{})
		assert.Equal(t, want, attempts, method)
	}
}

// The base URL can have a path that contains the token.
func TestVersionMoveLogsNoSecretsAndNoForgedLines(t *testing.T) {
	var log bytes.Buffer
	logger := Logger{To: slog.New(slog.NewTextHandler(&log, nil)), Secrets: &redact.Recent{}}
	logger.Moved(t.Context(), &Versions{Old: parsed(t, "https://api.example/"+secret+"/%0Aa/v1beta1"), New: parsed(t, "https://api.example/"+secret+"/%0Aa/v1")}, secret)
	assert.Contains(t, log.String(), `msg="astro: /[REDACTED]/ a/v1beta1 is gone, so this client uses /[REDACTED]/ a/v1 from now on"`)
}
