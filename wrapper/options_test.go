package wrapper

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDefaultOptions(t *testing.T) {
	t.Setenv(tokenVariable, "from-environment")
	cfg, err := newConfig(nil)
	require.NoError(t, err)
	assert.Equal(t, "https://api.astronomer.io/platform/v1beta1", cfg.server(defaultVersion).String())
	assert.Equal(t, 30*time.Second, cfg.attemptTimeout)
	assert.Equal(t, "from-environment", cfg.token)
	assert.Equal(t, 4, cfg.retry.MaxAttempts)
	assert.Equal(t, time.Minute, cfg.retry.MaxRetryAfter)
	assert.True(t, cfg.lookUp)
}

func TestDefaultLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, err := newConfig([]Option{WithToken("token")})
		require.NoError(t, err)
		for method, perSecond := range map[string]int{http.MethodPost: 10, http.MethodGet: 25, http.MethodDelete: 5} {
			began := time.Now()
			for range perSecond {
				require.NoError(t, cfg.limiters[method].Wait(t.Context()))
			}
			assert.Zero(t, time.Since(began), method)
			require.NoError(t, cfg.limiters[method].Wait(t.Context()))
			assert.Greater(t, time.Since(began), time.Second, method)
		}
	})
}

func TestOptionOverridesTheEnvironment(t *testing.T) {
	t.Setenv(tokenVariable, "not a token\n")
	_, err := newConfig(nil)
	requireInvalid(t, err, "token", "white space")
	cfg, err := newConfig([]Option{WithToken("from-option")})
	require.NoError(t, err)
	assert.Equal(t, "from-option", cfg.token)

	source := WithTokenSource(func(context.Context) (string, error) { return "from-source", nil })
	cfg, err = newConfig([]Option{WithToken("from-option"), source})
	require.NoError(t, err)
	assert.NotNil(t, cfg.tokens, "the last option wins")
	cfg, err = newConfig([]Option{source, WithToken("from-option")})
	require.NoError(t, err)
	assert.Nil(t, cfg.tokens, "the last option wins")
	assert.Equal(t, "from-option", cfg.token)
}

func TestBaseURLFromEnvironment(t *testing.T) {
	good := WithToken("token")
	for value, server := range map[string]string{
		"":                               "https://api.astronomer.io/v1",
		"http://127.0.0.1:8080":          "http://127.0.0.1:8080/v1",
		"https://gateway.example/astro/": "https://gateway.example/astro/v1",
	} {
		t.Setenv(baseURLVariable, value)
		cfg, err := newConfig([]Option{good})
		require.NoError(t, err)
		assert.Equal(t, server, cfg.server(V1).String())
	}
	for value, rule := range map[string]string{
		"http://api.astronomer.io":                    "https",
		"api.astronomer.io":                           "https",
		"https://api.astronomer.io/v1":                "version",
		"https://me:s3cret-of-mine@api.astronomer.io": "user",
		" ": "white space",
	} {
		t.Setenv(baseURLVariable, value)
		_, err := newConfig([]Option{good})
		requireInvalid(t, err, "ASTRO_API_URL", rule)
		assert.NotContains(t, err.Error(), "s3cret-of-mine")
		cfg, err := newConfig([]Option{good, WithBaseURL("https://option.example")})
		require.NoError(t, err, "an option takes precedence")
		assert.Equal(t, "https://option.example/v1", cfg.server(V1).String())
	}
}

func TestInvalidOptionsAreRejected(t *testing.T) {
	t.Setenv(tokenVariable, "")
	good := WithToken("token")
	for field, options := range map[string][]Option{
		"token":          nil,
		"options":        {good, nil},
		"tokenSource":    {WithTokenSource(nil)},
		"apiVersion":     {good, WithAPIVersion("v2")},
		"baseURL":        {good, WithBaseURL("api.astronomer.io")},
		"httpClient":     {good, WithHTTPClient(nil)},
		"attemptTimeout": {good, WithAttemptTimeout(-1)},
		"pollInterval":   {good, WithPollInterval(0)},
		"maxAttempts":    {good, WithRetry(Retry{MaxAttempts: -1})},
		"limiter":        {good, WithLimiter("PATCH", nil)},
		"userAgent":      {good, WithUserAgent("a\r\nX-Evil: b")},
	} {
		client, err := NewClient(options...)
		requireInvalid(t, err, field, field)
		assert.Nil(t, client)
	}
	_, err := NewClient(good, WithUserAgent(""))
	requireInvalid(t, err, "userAgent", "not empty")
	_, err = NewClient(good, WithPollInterval(-time.Second))
	requireInvalid(t, err, "pollInterval", "must be positive")
}

// A zero field of Retry has the default, and the last option wins.
func TestWithRetryFillsInDefaults(t *testing.T) {
	custom := func() Backoff { return nil }
	for name, row := range map[string]struct {
		retry         Retry
		maxAttempts   int
		maxRetryAfter time.Duration
		isCustom      bool
	}{
		"zero":           {Retry{}, 4, time.Minute, false},
		"one attempt":    {Retry{MaxAttempts: 1}, 1, time.Minute, false},
		"a backoff":      {Retry{Backoff: custom}, 4, time.Minute, true},
		"a longer wait":  {Retry{MaxRetryAfter: time.Hour}, 4, time.Hour, false},
		"header ignored": {Retry{MaxRetryAfter: -1}, 4, -1, false},
	} {
		cfg, err := newConfig([]Option{WithToken("token"), WithRetry(Retry{MaxAttempts: 7, Backoff: custom, MaxRetryAfter: time.Second}), WithRetry(row.retry)})
		require.NoError(t, err)
		assert.Equal(t, row.maxAttempts, cfg.retry.MaxAttempts, name)
		assert.Equal(t, row.maxRetryAfter, cfg.retry.MaxRetryAfter, name)
		assert.Equal(t, row.isCustom, cfg.retry.NewBackoff() == nil, name)
	}
}

func TestConstantBackoffReturnsItsWait(t *testing.T) {
	for _, wait := range []time.Duration{0, time.Minute, -1} {
		schedule := ConstantBackoff(wait)()
		assert.Equal(t, []time.Duration{wait, wait}, []time.Duration{schedule.NextBackOff(), schedule.NextBackOff()})
	}
}

func TestNilTurnsALimiterOff(t *testing.T) {
	cfg, err := newConfig([]Option{WithToken("token"), WithLimiter(http.MethodGet, nil)})
	require.NoError(t, err)
	assert.NotContains(t, cfg.limiters, http.MethodGet)
	assert.Contains(t, cfg.limiters, http.MethodPost)
}

// An invalid value may be a token in the wrong variable.
func TestInvalidOptionsDoNotQuoteTokens(t *testing.T) {
	token := "eyJhbGciOiJSUzI1NiJ9." + strings.Repeat("s3cret", 20)
	for _, option := range []Option{WithBaseURL(token), WithBaseURL("http://storage.example/a;sig=s3cret"), WithUserAgent(token + "\n"), WithAPIVersion(APIVersion(token)), WithLimiter(token, nil)} {
		_, err := newConfig([]Option{option})
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "s3cret")
	}
}

func TestWithHTTPClientIsUsed(t *testing.T) {
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	httpClient := &http.Client{Timeout: time.Second, Jar: jar, Transport: &http.Transport{}}
	client, err := NewClient(WithToken("token"), WithHTTPClient(httpClient))
	require.NoError(t, err)
	assert.Same(t, httpClient.Transport, client.chain.Transport())
	assert.Same(t, httpClient.Transport, client.uploads.Transport())
	assert.Same(t, jar, client.chain.Jar)
	assert.Equal(t, time.Second, client.chain.Timeout, "shorter than the attempt timeout")
}

// A default transport that is replaced after NewClient, by a mock for example, is used at once.
func TestDefaultTransportIsResolvedWhenItIsUsed(t *testing.T) {
	mock := roundTrips(func(*http.Request) (*http.Response, error) { return nil, io.EOF })
	for name, replace := range map[string]*http.RoundTripper{"the transport": &http.DefaultTransport, "the client's": &http.DefaultClient.Transport} {
		client, err := NewClient(WithToken("token"))
		require.NoError(t, err)
		other, err := NewClient(WithToken("token"), WithHTTPClient(&http.Client{}))
		require.NoError(t, err)
		before := *replace
		*replace = mock
		replaced, _ := client.chain.Transport().(roundTrips)
		uploads, _ := client.uploads.Transport().(roundTrips)
		own, _ := other.chain.Transport().(roundTrips)
		*replace = before
		assert.NotNil(t, replaced, name)
		assert.NotNil(t, uploads, name)
		assert.Equal(t, replace == &http.DefaultTransport, own != nil, name)
		restored, _ := client.chain.Transport().(roundTrips)
		assert.Nil(t, restored, name)
	}
}
