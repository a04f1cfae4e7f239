package wrapper

import (
	"context"
	"net/http"
	"net/http/cookiejar"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDefaults(t *testing.T) {
	t.Setenv(tokenVariable, "from-environment")
	cfg, err := newConfig(nil)
	require.NoError(t, err)
	assert.Equal(t, "https://api.astronomer.io/platform/v1beta1", cfg.server().String())
	assert.Equal(t, 30*time.Second, cfg.attemptTimeout)
	assert.Equal(t, "from-environment", cfg.token)
}

func TestOptionBeatsEnvironment(t *testing.T) {
	t.Setenv(tokenVariable, "not a token\n")
	_, err := newConfig(nil)
	requireInvalid(t, err, "token", "white space")
	cfg, err := newConfig([]Option{WithToken("from-option")})
	require.NoError(t, err)
	assert.Equal(t, "from-option", cfg.token)

	source := WithTokenSource(func(context.Context) (string, error) { return "from-source", nil })
	cfg, err = newConfig([]Option{WithToken("from-option"), source})
	require.NoError(t, err)
	assert.NotNil(t, cfg.tokens, "the last one counts")
	cfg, err = newConfig([]Option{source, WithToken("from-option")})
	require.NoError(t, err)
	assert.Nil(t, cfg.tokens, "the last one counts")
	assert.Equal(t, "from-option", cfg.token)
}

func TestBadOptions(t *testing.T) {
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
		"userAgent":      {good, WithUserAgent("a\r\nX-Evil: b")},
	} {
		client, err := NewClient(options...)
		requireInvalid(t, err, field, field)
		assert.Nil(t, client)
	}
	_, err := NewClient(good, WithUserAgent(""))
	requireInvalid(t, err, "userAgent", "not empty")
}

func TestHTTPClientIsUsed(t *testing.T) {
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	mine := &http.Client{Timeout: time.Second, Jar: jar, Transport: &http.Transport{}}
	cfg, err := newConfig([]Option{WithToken("token"), WithHTTPClient(mine)})
	require.NoError(t, err)
	attempt := newChain(cfg).next.(*limits).next.(*auth).next.(*attempt)
	assert.Same(t, mine.Transport, attempt.transport)
	assert.Same(t, jar, attempt.jar)
	assert.Equal(t, time.Second, attempt.timeout, "shorter than the attempt's own")
}
