package astrotest

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// The function of InjectFunc may call Inject.
func TestInjectInInjectFunc(t *testing.T) {
	var server Server
	server.InjectFunc(func(string) (Fault, bool) {
		server.Inject(CutResponse())
		return CutConnection(), true
	})
	chosen, _ := server.faults.take("GetDeploy")
	assert.Equal(t, CutConnection(), chosen)
	queued, _ := server.faults.take("GetDeploy")
	assert.Equal(t, CutResponse(), queued)
}
