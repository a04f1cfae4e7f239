package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
)

func runWith(t *testing.T, args ...string) (code int, stdout, stderr string) {
	var out, errors bytes.Buffer
	code = run(t.Context(), args, &out, &errors)
	return code, out.String(), errors.String()
}

func TestSimulation(t *testing.T) {
	t.Setenv("ASTRO_API_TOKEN", "")
	code, stdout, stderr := runWith(t)
	require.Equal(t, command.OK, code, stderr)
	assert.Empty(t, stderr)
	assert.True(t, strings.HasPrefix(stdout, "This is a simulation"))
	for _, line := range []string{
		`finalize {"dagTarballVersion":"` + firstDAGs + `"}`,
		`now runs  DAGs ` + secondDAGs + `, no bundle`,
		`finalize {}`,
		`finalize {"bundleTarballVersion":"` + bundle + `"}`,
		`bundle ` + bundle + ` at /usr/local/airflow/dbt/shop`,
		`now runs  DAGs ` + thirdDAGs,
		`sent      nothing`,
		`error     dagTarballVersion must not be empty`,
		`finalize {"bundleTarballVersion":""}`,
	} {
		assert.Contains(t, stdout, line)
	}
	assert.Equal(t, 6, strings.Count(stdout, "returned  DEPLOYED"))
	assert.True(t, strings.HasSuffix(stdout, "no bundle\n"), "the last scene removes the bundle")
}

// It has no flags, and says which command finalizes a real deploy.
func TestBadFlags(t *testing.T) {
	for _, args := range [][]string{{"-live"}, {"argument"}} {
		code, stdout, stderr := runWith(t, args...)
		assert.Equal(t, command.Usage, code)
		assert.Empty(t, stdout)
		assert.Equal(t, 1, strings.Count(stderr, "\n"))
		assert.Contains(t, stderr, args[0])
	}
	code, stdout, _ := runWith(t, "-h")
	assert.Equal(t, command.OK, code)
	assert.Contains(t, stdout, "deploy finalize -live")
}

// A simulation whose output is lost has failed.
func TestClosedOutput(t *testing.T) {
	reader, writer := io.Pipe()
	require.NoError(t, reader.Close())
	var stderr bytes.Buffer
	assert.Equal(t, command.Failed, run(t.Context(), nil, writer, &stderr))
	assert.Contains(t, stderr.String(), "closed pipe")
}
