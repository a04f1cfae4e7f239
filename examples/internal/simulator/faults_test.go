package simulator

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/tarball"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// Every operation that faults are for is one of the fake.
func TestOperationsOfFaults(t *testing.T) {
	for _, operation := range append(apiOperations, uploadOperations...) {
		assert.NotPanics(t, func() { astrotest.Hang().On(operation) })
	}
}

func TestParseFault(t *testing.T) {
	for _, spec := range []string{
		"CreateDeploy=400", "GetDeploy=599", "ListDeploys=429:20", "PutBlob=503:0", "UpdateDeploy=hang", "DeployRollback=cut",
		"PutBlock=cut-after-commit", "FinalizeDeploy=FAILED", "PutBlob=expired", "PutBlockList=slow:5s", "GetDeploy=hang*2", "GetDeploy=cut*always",
	} {
		parsed, err := parseFault(spec)
		require.NoError(t, err)
		assert.Equal(t, spec, parsed.String())
	}
	for _, spec := range []string{
		"", "CreateDeploy", "CreateDeploy=", "=500", "createDeploy=500", "GetDeployment=500", "CreateDeploy=399", "CreateDeploy=600", "CreateDeploy=x",
		"CreateDeploy=429:", "CreateDeploy=429:x", "CreateDeploy=429:-1", "CreateDeploy=hang:1", "CreateDeploy=FAILED", "CreateDeploy=expired",
		"CreateDeploy=slow", "CreateDeploy=slow:5", "CreateDeploy=slow:0s", "CreateDeploy=500*", "CreateDeploy=500*0", "CreateDeploy=500*x", "CreateDeploy=500*-1",
	} {
		_, err := parseFault(spec)
		assert.EqualError(t, err, fmt.Sprintf("%q is not OPERATION=FAULT or OPERATION=FAULT*TIMES", spec))
	}
}

// Each fault reaches the client as astrotest makes it, over both protocols.
func TestFaults(t *testing.T) {
	for _, row := range []struct {
		fault   string
		status  int    // 0 for an error
		want    string // in the response or the error, by a regular expression
		creates int
	}{
		{"500", 500, `"requestId":"`, 0},
		{"404", 404, `"statusCode":404`, 0},
		{"502", 502, "<html>", 0},
		{"429:20", 429, "\r\nRetry-After: 20\r\n", 0},
		{"hang", 0, "deadline exceeded", 0},
		{"cut", 0, "EOF|INTERNAL_ERROR", 0},
		{"cut-after-commit", 0, "EOF|INTERNAL_ERROR", 1},
		{"slow:20ms", 200, `"status":"INITIALIZED"`, 1},
	} {
		for _, args := range [][]string{{"-http2=false"}, {"-http2"}} {
			t.Run(row.fault+" "+args[0], func(t *testing.T) {
				s := start(t, args...)
				defer s.stop()
				s.inject(t, "CreateDeploy="+row.fault)
				ctx := t.Context()
				if row.fault == "hang" {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, time.Second)
					defer cancel()
				}
				request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.deploysURL(), strings.NewReader(`{"type":"IMAGE_ONLY"}`))
				require.NoError(t, err)
				request.Header.Set("Authorization", "Bearer "+s.exports["ASTRO_API_TOKEN"])
				began := time.Now()
				response, err := s.client.Do(request)
				if row.status == 0 {
					require.Error(t, err)
					assert.Regexp(t, row.want, err.Error())
				} else {
					require.NoError(t, err)
					defer func() { _ = response.Body.Close() }()
					text, err := httputil.DumpResponse(response, true)
					require.NoError(t, err)
					assert.Equal(t, row.status, response.StatusCode)
					assert.Regexp(t, row.want, string(text))
				}
				if strings.HasPrefix(row.fault, "slow") {
					assert.GreaterOrEqual(t, time.Since(began), 20*time.Millisecond)
				}
				assert.Equal(t, row.creates, s.creates(t))
				_, left := s.faults(t, http.MethodGet, "")
				assert.Empty(t, left)
			})
		}
	}
}

// creates returns the number of deploys.
func (s simulator) creates(t *testing.T) int {
	path := strings.TrimPrefix(s.deploysURL(), s.exports["ASTRO_API_URL"]+"/v1/organizations")
	status, page := s.ask(t, path, s.exports["ASTRO_API_TOKEN"])
	require.Equal(t, 200, status)
	return page.TotalCount
}

func TestFaultsOfUploads(t *testing.T) {
	s := start(t, "-fault", "PutBlob=expired", "-fault", "PutBlob=503", "-fault", "PutBlob=500", "-fault", "PutBlob=429:1")
	defer s.stop()
	_, created := s.create(t, "DAG_ONLY")
	for _, want := range []string{"403 AuthenticationFailed", "503 ServerBusy", "500 InternalError", "429 SimulatedError", "201 "} {
		response, _ := s.send(t, http.MethodPut, uploadURL(created), "tarball", http.Header{"X-Ms-Blob-Type": {"BlockBlob"}})
		assert.Equal(t, want, fmt.Sprint(response.StatusCode, " ", response.Header.Get("X-Ms-Error-Code")))
	}
}

// net/http sends a GET again that a reused connection lost. The simulator must not do that on its side.
func TestOneFaultIsForOneRequest(t *testing.T) {
	s := start(t)
	defer s.stop()
	s.create(t, "IMAGE_ONLY")
	s.inject(t, "ListDeploys=cut")
	client := &http.Client{Transport: &http.Transport{}} // with connections of its own
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.deploysURL(), nil)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+s.exports["ASTRO_API_TOKEN"])
	response, err := client.Do(request)
	if err == nil {
		_ = response.Body.Close()
	}
	assert.ErrorIs(t, err, io.EOF)
}

// The library finds out that a finalize took effect whose response was lost.
func TestFaultsForTheLibrary(t *testing.T) {
	s := start(t, "-fault", "FinalizeDeploy=cut-after-commit", "-fault", "PutBlob=500")
	defer s.stop()
	for name, value := range s.exports {
		t.Setenv(name, value)
	}
	client, err := wrapper.NewClient(wrapper.WithRetry(wrapper.Retry{Backoff: wrapper.ConstantBackoff(time.Millisecond)}))
	require.NoError(t, err)
	deploy := func() error {
		to := wrapper.Deployment{OrganizationID: s.exports["ASTRO_ORGANIZATION_ID"], DeploymentID: s.exports["ASTRO_DEPLOYMENT_ID"]}
		_, err := deploys.DAGs(t.Context(), client, to, tarball.FS(fstest.MapFS{"hello.py": {Data: []byte("print('hello')\n")}}))
		return err
	}
	require.NoError(t, deploy())
	_, left := s.faults(t, http.MethodGet, "")
	assert.Empty(t, left, "not used")

	s.inject(t, "FinalizeDeploy=FAILED")
	var failed *wrapper.DeployFailedError
	require.ErrorAs(t, deploy(), &failed)
	require.NoError(t, deploy())
}

// faults makes a request to the control path.
func (s simulator) faults(t *testing.T, method, specs string) (status int, text string) {
	response, text := s.send(t, method, s.exports["SIMULATOR_FAULTS_URL"], specs, http.Header{})
	return response.StatusCode, text
}

func (s simulator) inject(t *testing.T, specs string) {
	status, text := s.faults(t, http.MethodPost, specs)
	require.Equal(t, 200, status, text)
}

func TestControlPath(t *testing.T) {
	s := start(t, "-fault", "CreateDeploy=500*2")
	for _, row := range []struct {
		method, body string
		status       int
		text         string
	}{
		{"GET", "", 200, "CreateDeploy=500*2\n"},
		{"POST", "GetDeploy=cut*always\r\nPutBlob=slow:1s\n", 200, "CreateDeploy=500*2\nGetDeploy=cut*always\nPutBlob=slow:1s\n"},
		{"POST", "GetDeploy=500 GetDeploy=1", 400, `"GetDeploy=1" is not OPERATION=FAULT or OPERATION=FAULT*TIMES: ` + allowedFaults + "\n"},
		{"POST", strings.Repeat("GetDeploy=500\n", 5000), 400, "more than 65536 bytes; send fewer faults at once: " + allowedFaults + "\n"},
		{"POST", " ", 400, "no fault; send OPERATION=FAULT or OPERATION=FAULT*TIMES, one a line: " + allowedFaults + "\n"},
		{"PUT", "GetDeploy=500", 405, "Use GET, POST or DELETE.\n"},
		{"GET", "", 200, "CreateDeploy=500*2\nGetDeploy=cut*always\nPutBlob=slow:1s\n"},
	} {
		status, text := s.faults(t, row.method, row.body)
		assert.Equal(t, row.status, status)
		assert.Equal(t, row.text, text)
	}
	response, _ := s.create(t, "IMAGE_ONLY")
	assert.Equal(t, 500, response.StatusCode)
	_, text := s.faults(t, "GET", "")
	assert.Contains(t, text, "CreateDeploy=500\n", "one time is left")
	_, text = s.faults(t, "DELETE", "")
	assert.Empty(t, text)
	response, _ = s.create(t, "IMAGE_ONLY")
	assert.Equal(t, 200, response.StatusCode)
	s.stop()
	assert.Contains(t, s.stderr.String(), "operation=Faults method=POST path=/simulator/faults status=400 bytes=25 ")
}

// A fault for always does not end, and faults before it come first.
func TestFaultsForAlways(t *testing.T) {
	s := start(t, "-fault", "CreateDeploy=503", "-fault", "CreateDeploy=500*always", "-fault", "CreateDeploy=400")
	defer s.stop()
	for _, want := range []int{503, 500, 500, 500} {
		response, _ := s.create(t, "IMAGE_ONLY")
		assert.Equal(t, want, response.StatusCode)
	}
}
