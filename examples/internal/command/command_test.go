package command_test

import (
	"bytes"
	"errors"
	"flag"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
)

func TestCodesAndTexts(t *testing.T) {
	const hint, flags = "Run with -h for the flags.\n", "Usage of x:\n  -n int\n    \tcount\n"
	for _, row := range []struct {
		args   []string
		err    error // of the program after parsing
		code   int
		stderr string
	}{
		{[]string{"-n", "1"}, nil, command.OK, ""},
		{[]string{"-h"}, nil, command.OK, flags},
		{nil, errors.New("refused"), command.Failed, "x: refused\n"},
		{nil, command.UsageErrorf("-n is %d", 0), command.Usage, "x: -n is 0\n" + hint},
		{[]string{"a"}, nil, command.Usage, "x: unexpected argument \"a\"; use flags only\n" + hint},
		{[]string{"-m"}, nil, command.Usage, "flag provided but not defined: -m\n" + flags},
	} {
		var stderr bytes.Buffer
		set := flag.NewFlagSet("x", flag.ContinueOnError)
		set.Int("n", 0, "count")
		err := command.Parse(set, row.args, &stderr)
		if err == nil {
			err = row.err
		}
		assert.Equal(t, row.code, command.Report("x", err, &stderr), row.args)
		assert.Equal(t, row.stderr, stderr.String())
	}
}
