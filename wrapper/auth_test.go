package wrapper

import (
	"context"
	"errors"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTokenSourceIsCalledPerAttempt(t *testing.T) {
	calls := 0
	cfg, err := newConfig([]Option{WithTokenSource(func(context.Context) (string, error) {
		calls++
		return "token", nil
	})})
	require.NoError(t, err)
	for range 2 {
		token, err := cfg.askToken(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "token", token)
	}
	assert.Equal(t, 2, calls, "one call per attempt")
}

func TestTokenSourceErrorsAreReported(t *testing.T) {
	broken := errors.New("vault is sealed")
	cfg := &config{tokens: func(context.Context) (string, error) { return "", broken }}
	_, err := cfg.askToken(t.Context())
	require.ErrorIs(t, err, broken)
	assert.ErrorContains(t, err, "token source")

	cfg.tokens = func(context.Context) (string, error) { return "rotated\n", nil }
	_, err = cfg.askToken(t.Context())
	requireInvalid(t, err, "token", "newline")
}

func TestUserAgentNamesTheModuleAndTheCaller(t *testing.T) {
	assert.Equal(t, "astro-finalize-go/devel", userAgent())
	cfg, err := newConfig([]Option{WithToken("token"), WithUserAgent("my-pipeline/1.2")})
	require.NoError(t, err)
	assert.Equal(t, "astro-finalize-go/devel my-pipeline/1.2", cfg.userAgent)
}

func TestVersionInFindsTheModulesVersion(t *testing.T) {
	other := &debug.Module{Path: "example.com/other", Version: "v2.0.0"}
	assert.Equal(t, "devel", versionIn(nil))
	assert.Equal(t, "devel", versionIn(&debug.BuildInfo{Deps: []*debug.Module{other, {Path: module}}}))
	assert.Equal(t, "v0.1.0", versionIn(&debug.BuildInfo{Deps: []*debug.Module{other, {Path: module, Version: "v0.1.0"}}}))
}
