package main

import (
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
)

func readme(t *testing.T) string {
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}

// The README's table of exit codes has the codes of -h, with the same words.
func TestReadmeHasTheExitCodes(t *testing.T) {
	table := strings.ReplaceAll(command.Codes, "\n     ", " ") // a meaning may have several lines
	table = regexp.MustCompile(`(?m)^  (\d)  (.+)$`).ReplaceAllString(table, "| $1 | $2 |")
	assert.Contains(t, readme(t), "\n| code | meaning |\n|---|---|\n"+table+"\n")
}

func TestReadmeHasTheFieldsOfTheJSON(t *testing.T) {
	timings, err := json.Marshal(deploys.Timings{})
	require.NoError(t, err)
	names := append(fieldsOf(reflect.TypeFor[report]()), fieldsOf(reflect.TypeFor[newer]())...)
	names = append(names, regexp.MustCompile(`\w+Seconds`).FindAllString(string(timings), -1)...)
	assert.Greater(t, len(names), 25)
	for _, name := range names {
		assert.Contains(t, readme(t), "`"+name+"`")
	}
}

// fieldsOf returns the names of the fields in the JSON of a struct.
func fieldsOf(structure reflect.Type) (names []string) {
	for i := range structure.NumField() {
		field := structure.Field(i)
		if field.Anonymous {
			names = append(names, fieldsOf(field.Type.Elem())...)
		} else if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "-" {
			names = append(names, name)
		}
	}
	return names
}

func TestReadmeHasTheFlags(t *testing.T) {
	for _, args := range [][]string{{"-h"}, {create, "-h"}, {upload, "-h"}, {finalize, "-h"}, {status, "-h"}} {
		code, stdout, _ := runWith(t, args...)
		assert.Equal(t, command.OK, code)
		flags := regexp.MustCompile(`(?m)^  (-[\w-]+)`).FindAllStringSubmatch(stdout, -1)
		assert.NotEmpty(t, flags)
		for _, flag := range flags {
			assert.Regexp(t, "`"+flag[1]+"[ `]", readme(t))
		}
	}
}
