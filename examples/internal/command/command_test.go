package command_test

import (
	"bytes"
	"errors"
	"flag"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
	"github.com/astro-finalize/astro-finalize-go/tarball"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

func TestCodesAndTexts(t *testing.T) {
	const pointer = "; run \"x y -h\" for the flags\n"
	const help = "Does.\n\nUsage: x y [flags]\n\nFlags:\n  -n int\n    \tcount\n\nExit codes:\n" + command.Codes + "\nExamples:\n  x y -n 1\n"
	for _, row := range []struct {
		args           []string
		err            error // of the program after parsing
		code           int
		stdout, stderr string
	}{
		{[]string{"-n", "1"}, nil, command.OK, "", ""},
		{[]string{"-h"}, nil, command.OK, help, ""},
		{nil, errors.New("refused"), command.Failed, "", "x: refused\n"},
		{nil, command.UnknownErrorf("lost"), command.Unknown, "", "x: lost\n"},
		{nil, &tarball.Error{Path: "dags", Rule: "is empty"}, command.Usage, "", "x: \"dags\" is empty\n"},
		{nil, &wrapper.ValidationError{Field: "deployId", Rule: "is wrong"}, command.Usage, "", "x: -deploy is wrong" + pointer},
		{nil, command.UsageErrorf("-n is %d", 0), command.Usage, "", "x: -n is 0" + pointer},
		{[]string{"a"}, nil, command.Usage, "", "x: unexpected argument \"a\"; use flags only, after the command if there is one" + pointer},
		{[]string{"-m"}, nil, command.Usage, "", "x: flag provided but not defined: -m" + pointer},
		{[]string{"-n", "a"}, nil, command.Usage, "", "x: invalid value \"a\" for flag -n: parse error" + pointer},
	} {
		var stdout, stderr bytes.Buffer
		set := flag.NewFlagSet("x y", flag.ContinueOnError)
		set.Int("n", 0, "count")
		err := command.Parse(set, command.Help{Does: "Does.", Codes: command.Codes, Examples: "  x y -n 1\n"}, row.args, &stdout)
		if err == nil {
			err = row.err
		}
		assert.Equal(t, row.code, command.Report("x y", err, &stderr), row.args)
		assert.Equal(t, row.stdout, stdout.String())
		assert.Equal(t, row.stderr, stderr.String())
	}
}
