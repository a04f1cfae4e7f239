package deploys_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/deploys"
)

// Timings are in milliseconds wherever JSON shows them.
func TestTimingsInJSON(t *testing.T) {
	result := deploys.Result{Timings: deploys.Timings{Pack: 1234567 * time.Microsecond, Total: time.Minute}}
	for name, value := range map[string]any{
		"Timings":                 result.Timings,
		"Result":                  result,
		"pointer":                 &result,
		"Outcome":                 deploys.Outcome{Result: &result},
		"Outcome with an error":   deploys.Outcome{Err: &deploys.Error{Result: result, Err: errors.New("any")}},
		"Outcomes of MultiErrors": (&deploys.MultiError{Failed: []deploys.Outcome{{Err: &deploys.Error{Result: result, Err: errors.New("any")}}}}).Failed,
	} {
		encoded, err := json.Marshal(value)
		require.NoError(t, err)
		assert.Contains(t, string(encoded), `{"packSeconds":1.235,"compareSeconds":0.000,"createSeconds":0.000,"uploadSeconds":0.000,"pushSeconds":0.000,"finalizeSeconds":0.000,"waitSeconds":0.000,"totalSeconds":60.000}`, name)
	}
}
