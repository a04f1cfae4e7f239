package simulator

import (
	"io"
	"net/http"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// zeros is a body that takes no memory.
type zeros struct{}

func (zeros) Read(into []byte) (int, error) {
	clear(into)
	return len(into), nil
}

func TestUploadsAreNotKept(t *testing.T) {
	const length = 32 << 20
	s := start(t)
	defer s.stop()
	_, created := s.create(t, "DAG_ONLY")
	before := heap()
	for range 4 {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, uploadURL(created), io.LimitReader(zeros{}, length))
		require.NoError(t, err)
		request.ContentLength = length
		request.Header.Set("x-ms-blob-type", "BlockBlob")
		response, err := s.client.Do(request)
		require.NoError(t, err)
		_ = response.Body.Close()
		require.Equal(t, 201, response.StatusCode)
	}
	assert.Less(t, heap(), before+length)
}

// heap returns the bytes that are in use.
func heap() uint64 {
	runtime.GC()
	runtime.GC() // the first one leaves what sync.Pool holds
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	return now.HeapAlloc
}
