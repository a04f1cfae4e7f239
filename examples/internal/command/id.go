package command

import (
	"cmp"
	"os"

	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// ID returns the value of a flag or else that of a variable. The error names both.
func ID(value, flag, variable string) (string, error) {
	if value = cmp.Or(value, os.Getenv(variable)); value == "" {
		return "", &wrapper.ValidationError{Field: variable, Rule: "must be set, unless " + flag + " is given"}
	}
	return value, nil
}
