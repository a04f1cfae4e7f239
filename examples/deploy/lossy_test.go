package main

import (
	"bytes"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLossy(t *testing.T) {
	var written bytes.Buffer
	l := newLossy(&written)
	for i := range 3 {
		_, err := fmt.Fprintln(l, i)
		require.NoError(t, err)
	}
	assert.True(t, l.Flush(time.Hour))
	assert.Equal(t, "0\n1\n2\n", written.String())
	l.Close()
	_, err := fmt.Fprintln(l, "late")
	assert.NoError(t, err)
	assert.Equal(t, "0\n1\n2\n", written.String())
}

// A reader that stops, and one that has gone, do not stop the writer.
func TestLossyDrops(t *testing.T) {
	reader, writer := io.Pipe() // without room
	l := newLossy(writer)
	for range 10_000 {
		_, err := io.WriteString(l, "x")
		require.NoError(t, err)
	}
	assert.False(t, l.Flush(time.Nanosecond))
	require.NoError(t, reader.Close())
	assert.True(t, l.Flush(time.Hour))
	l.Close()
}
