package terraform

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/hashicorp/terraform-plugin-log/tflogtest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every level has its own in tflog. Groups become the start of the keys, those of a LogValuer too, and a
// logger keeps its attributes to itself.
func TestLevelsAndGroups(t *testing.T) {
	var out bytes.Buffer
	ctx := tflogtest.RootLogger(t.Context(), &out)
	parent := slog.New(logHandler{}).With("a", 1)
	child := parent.WithGroup("g").With("b", valuer{})
	for _, level := range []slog.Level{slog.LevelDebug - 1, slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
		child.Log(ctx, level, "child", slog.Group("", "inlined", true), slog.Group("h", "c", "text"))
	}
	parent.InfoContext(ctx, "parent")

	lines, err := tflogtest.MultilineJSONDecode(&out)
	require.NoError(t, err)
	require.Len(t, lines, 6)
	for i, level := range []string{"trace", "debug", "info", "warn", "error"} {
		assert.Equal(t, level, lines[i]["@level"])
		assert.Equal(t, "child", lines[i]["@message"])
		for key, value := range map[string]any{"a": 1.0, "g.b.d": "resolved", "g.inlined": true, "g.h.c": "text"} {
			assert.Equal(t, value, lines[i][key], key)
		}
	}
	assert.Equal(t, 1.0, lines[5]["a"])
	assert.NotContains(t, lines[5], "g.b.d")
}

type valuer struct{}

func (valuer) LogValue() slog.Value { return slog.GroupValue(slog.String("d", "resolved")) }
