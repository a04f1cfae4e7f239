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
	assert.ElementsMatch(t, []string{"PutBlob", "PutBlock", "PutBlockList"}, slices.Collect(maps.Values(storageOperations)))
}

func TestOnTakesOperations(t *testing.T) {
	assert.PanicsWithValue(t, `astrotest: the contract has no operation "Finalize"`, func() { CutAnswer().On("Finalize") })
	for _, operation := range []string{"CreateDeploy", "DeployRollback", "PutBlob", "PutBlock", "PutBlockList"} {
		assert.NotPanics(t, func() { CutAnswer().On(operation) })
	}
}
