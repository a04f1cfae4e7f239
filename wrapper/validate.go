package wrapper

import (
	"github.com/astro-finalize/astro-finalize-go/internal/check"
	"github.com/astro-finalize/astro-finalize-go/internal/redact"
	"github.com/astro-finalize/astro-finalize-go/internal/rules"
)

// invalid returns the error of a value that breaks a rule, or nil if rule is "". It leaves out a value
// that is long or an upload URL, which may be a secret passed by mistake.
func invalid(field, value, rule string) error {
	if rule == "" {
		return nil
	}
	if len(value) > 64 {
		value = ""
	}
	return &ValidationError{Field: field, Value: redact.Text(value), Rule: rule}
}

func refused(broken rules.Broken) error { return invalid(broken.Field, broken.Value, broken.Rule) }

func errUnmade() error {
	return &ValidationError{Field: "client", Rule: "must be created by NewClient"}
}

func checkID(field, id string) error { return invalid(field, id, check.ID(id)) }
