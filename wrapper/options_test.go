package wrapper

import (
	"context"
	"net/http"
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
	token, err := cfg.tokens(context.Background())
	require.NoError(t, err)
	assert.Equal(t, "from-environment", token)
}

func TestOptionBeatsEnvironment(t *testing.T) {
	t.Setenv(tokenVariable, "not a token\n")
	_, err := newConfig(nil)
	requireInvalid(t, err, "token", "white space")
	cfg, err := newConfig([]Option{WithToken("from-option")})
	require.NoError(t, err)
	token, err := cfg.tokens(context.Background())
	require.NoError(t, err)
	assert.Equal(t, "from-option", token)
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

func TestHTTPClientIsCopied(t *testing.T) {
	mine := &http.Client{Timeout: time.Minute}
	cfg, err := newConfig([]Option{WithToken("token"), WithHTTPClient(mine)})
	require.NoError(t, err)
	copied := withoutRedirects(cfg.httpClient)
	assert.Nil(t, mine.CheckRedirect)
	assert.NotNil(t, copied.CheckRedirect)
	assert.Equal(t, mine.Timeout, copied.Timeout)
}
