package command_test

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
)

func TestResults(t *testing.T) {
	var stdout, stderr bytes.Buffer
	written := &command.Results{To: &stdout}
	_, _ = fmt.Fprint(written, "done")
	assert.Equal(t, command.OK, written.Code(command.OK, "x", "done", &stderr))
	assert.Equal(t, command.Failed, written.Code(command.Failed, "x", "done", &stderr))
	assert.Equal(t, "done", stdout.String())
	assert.Empty(t, stderr.String())

	reader, writer := io.Pipe()
	require.NoError(t, reader.Close())
	lost := &command.Results{To: writer}
	_, _ = fmt.Fprint(lost, "done")
	lost.To = &stdout // the first error counts
	_, _ = fmt.Fprint(lost, "done")
	const says = "x: the result could not be written to standard output: io: read/write on closed pipe\n"
	assert.Equal(t, command.Unknown, lost.Code(command.Unknown, "x", "done", &stderr))
	assert.Equal(t, says, stderr.String())
	stderr.Reset()
	assert.Equal(t, command.Unwritten, lost.Code(command.OK, "x", "done", &stderr))
	assert.Equal(t, says+"done\n", stderr.String())
}
