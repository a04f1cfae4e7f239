package astrotest

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var _ TB = testing.TB(nil)

// fakeTB is a test that ends when end is called.
type fakeTB struct {
	cleanups []func()
	failures []string
}

func (f *fakeTB) Helper()                {}
func (f *fakeTB) Cleanup(cleanup func()) { f.cleanups = append(f.cleanups, cleanup) }
func (f *fakeTB) Errorf(format string, args ...any) {
	f.failures = append(f.failures, fmt.Sprintf(format, args...))
}

func (f *fakeTB) end() {
	for _, cleanup := range f.cleanups {
		cleanup()
	}
}

func TestNewFailsForUnusedFaults(t *testing.T) {
	test := &fakeTB{}
	server := New(test)
	server.Inject(CutConnection().On("FinalizeDeploy"), CutConnection().AfterCommit().On("GetDeploy"), StorageError(503, "ServerBusy", ""), Slow(0))
	assert.Equal(t, []string{
		"CutConnection() for FinalizeDeploy",
		"CutConnection().AfterCommit() for GetDeploy",
		`StorageError(503, "ServerBusy") for PutBlob or PutBlock or PutBlockList`,
		"Slow(0s) for any operation",
	}, server.Pending())
	request, _ := finalizing(t, server)
	_, _, err := fetch(server.Client(), request)
	assert.Error(t, err)
	assert.Empty(t, test.failures)
	test.end()
	require.Len(t, test.failures, 3)
	assert.Equal(t, "astrotest: fault was not used: CutConnection().AfterCommit() for GetDeploy", test.failures[0])
	_, _, err = fetch(server.Client(), request)
	assert.Error(t, err, "the server is closed")
	assert.Empty(t, New(&fakeTB{}).Pending())
}

// New closes everything that a bubble waits for.
func TestNewInABubble(t *testing.T) {
	for _, options := range [][]Option{{InMemory()}, {InMemory(), WithHTTP2()}} {
		synctest.Test(t, func(t *testing.T) {
			server := New(t, options...)
			request, _ := finalizing(t, server)
			_, _, err := fetch(server.Client(), request)
			assert.NoError(t, err)
		})
	}
}

// String names the calls that made the fault.
func TestFaultString(t *testing.T) {
	for want, fault := range map[string]Fault{
		"Respond(204)":  Respond(204, "", ""),
		"Error(403)":    Error(403, ""),
		"RateLimited()": RateLimited(),
		`BadGateway().WithHeader("Retry-After", "1")`: BadGateway().WithHeader("Retry-After", "1"),
		"EditDeploy(…)":               EditDeploy(nil),
		"LongResponse(7)":             LongResponse(7),
		"CutHeader()":                 CutHeader(),
		"CutResponse()":               CutResponse(),
		"Hang()":                      Hang(),
		"HangInResponse()":            HangInResponse(),
		"ResetStream(ErrCode(9))":     ResetStream(9),
		"ResetStream(PROTOCOL_ERROR)": ResetStream(ErrCodeProtocol),
		"GoAway()":                    GoAway(),
		"DeadConnection()":            DeadConnection(),
		"StopListening()":             StopListening(),
		"Fault{}":                     {},
	} {
		assert.Equal(t, want+" for any operation", fault.String())
	}
	for want, fault := range map[string]Fault{"ExpiredUploadURL()": ExpiredUploadURL(), "UploadURLNotYetValid(1s)": UploadURLNotYetValid(time.Second), "CutUpload(1)": CutUpload(1), "StallUpload(2)": StallUpload(2)} {
		assert.Equal(t, want+" for PutBlock", fault.On("PutBlock").String())
	}
}

// A fault of uploads applies to any upload, and to nothing else. On can select one operation.
func TestUploadFaultsApplyOnlyToUploads(t *testing.T) {
	server := New(t)
	address := newUploadURL(server)
	for _, fault := range []Fault{StorageError(503, "ServerBusy", ""), ExpiredUploadURL()} {
		server.Inject(fault, fault.On("PutBlockList"), fault)
		request, id := finalizing(t, server)
		_, _, err := fetch(server.Client(), request)
		require.NoError(t, err)
		assert.True(t, server.isFinalized(id))
		assert.GreaterOrEqual(t, stage(t, address, "1", "").StatusCode, 400)
		assert.GreaterOrEqual(t, put(t, address, "").StatusCode, 400)
		assert.Equal(t, 201, put(t, address, "").StatusCode)
		assert.GreaterOrEqual(t, commit(t, address).StatusCode, 400)
	}
	for _, fault := range []Fault{CutUpload(0), StallUpload(0)} {
		server.Inject(fault)
		request, id := finalizing(t, server)
		_, _, err := fetch(server.Client(), request)
		require.NoError(t, err)
		assert.True(t, server.isFinalized(id))
		assert.Equal(t, []string{fault.String()}, server.Pending())
		server.faults.queue = nil
	}
}

// A request has the name of its operation, even if it was rejected.
func TestRequestsNameTheirOperation(t *testing.T) {
	server := New(t)
	address := newUploadURL(server)
	put(t, address, "")
	stage(t, address, "1", "")
	commit(t, address)
	finalize, _ := finalizing(t, server)
	finalize.Header.Del("Authorization")
	for _, request := range []*http.Request{
		finalize,
		storageRequest(t, http.MethodGet, server.URL+"/platform/v1beta1/organizations/o/deployments/d/deploys", ""),
		storageRequest(t, http.MethodGet, server.URL+"/v2/organizations/o/deployments/d/deploys", ""),
		storageRequest(t, http.MethodGet, address, ""),
		storageRequest(t, http.MethodDelete, server.URL+"/v1/organizations/o/deployments/d/deploys", ""),
	} {
		do(t, server.Client(), request)
	}
	var operations []string
	for _, request := range server.Requests() {
		operations = append(operations, request.Operation)
	}
	assert.Equal(t, []string{"PutBlob", "PutBlock", "PutBlockList", "FinalizeDeploy", "ListDeploys", "", "", ""}, operations)
}

// Then runs between the effect and the response, and may use the server.
func TestThen(t *testing.T) {
	for name, options := range protocols {
		t.Run(name, func(t *testing.T) {
			server := New(t, options...)
			for _, fault := range []Fault{Slow(0), CutConnection(), CutConnection().AfterCommit(), ResetStream(ErrCodeCancel).AfterCommit(), BadGateway(), BadGateway().AfterCommit()} {
				request, id := finalizing(t, server)
				seen := make(chan bool, 2)
				see := func() { seen <- server.isFinalized(id) }
				responded := make(chan bool, 1)
				server.Inject(fault.Then(see).Then(func() {
					other, _ := finalizing(t, server)
					_, _, err := fetch(server.Client(), other)
					assert.NoError(t, err)
					assert.Empty(t, responded, "the response is not sent before Then returns")
				}).Then(see))
				_, _, _ = fetch(server.Client(), request)
				responded <- true
				assert.Equal(t, fault.commits, <-seen, fault)
				assert.Equal(t, fault.commits, <-seen, fault)
			}
		})
	}
}
