package wrapper

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestUserAgent(t *testing.T) {
	assert.Equal(t, "astro-finalize-go/devel", userAgent())
	cfg, err := newConfig([]Option{WithToken("token"), WithUserAgent("my-pipeline/1.2")})
	require.NoError(t, err)
	assert.Equal(t, "astro-finalize-go/devel my-pipeline/1.2", cfg.userAgent)
}

func TestVersionIn(t *testing.T) {
	other := &debug.Module{Path: "example.com/other", Version: "v2.0.0"}
	assert.Equal(t, "devel", versionIn(nil))
	assert.Equal(t, "devel", versionIn(&debug.BuildInfo{Deps: []*debug.Module{other, {Path: module}}}))
	assert.Equal(t, "v0.1.0", versionIn(&debug.BuildInfo{Deps: []*debug.Module{other, {Path: module, Version: "v0.1.0"}}}))
}
