package astrotest

import (
	"maps"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	astrofinalize "github.com/astro-finalize/astro-finalize-go"
)

// A fault could not be for an operation that has no name here.
func TestOperationsAreThoseOfTheContract(t *testing.T) {
	var declared []string
	for _, match := range regexp.MustCompile(`operationId: (\w+)`).FindAllStringSubmatch(astrofinalize.Contract(), -1) {
		declared = append(declared, match[1])
	}
	assert.ElementsMatch(t, declared, slices.Collect(maps.Values(operations)))
}

func TestOnTakesOperationsOfTheContract(t *testing.T) {
	assert.PanicsWithValue(t, `astrotest: the contract has no operation "Finalize"`, func() { CutAnswer().On("Finalize") })
}

// What chooses the faults may inject one, too.
func TestInjectWithinInjectFunc(t *testing.T) {
	var server Server
	server.InjectFunc(func(string) (Fault, bool) {
		server.Inject(CutAnswer())
		return CutConnection(), true
	})
	chosen, _ := server.faults.take("GetDeploy")
	assert.Equal(t, CutConnection(), chosen)
	queued, _ := server.faults.take("GetDeploy")
	assert.Equal(t, CutAnswer(), queued)
}
