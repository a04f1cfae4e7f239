package astrotest

import (
	"crypto/tls"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// protocols are the kinds of server that each fault must work with.
var protocols = map[string][]Option{
	"HTTP/1.1":            nil,
	"HTTP/2":              {WithHTTP2()},
	"HTTP/1.1, in memory": {InMemory()},
	"HTTP/2, in memory":   {InMemory(), WithHTTP2()},
}

// finalizing returns a request that finalizes a new deploy and that net/http cannot retry.
func finalizing(t *testing.T, server *Server) (request *http.Request, deployID string) {
	t.Helper()
	deployment := server.AddDeployment(Deployment{DAGDeploys: true})
	deploy := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: api.DeployTypeImageOnly})
	url := server.URL + "/v1/organizations/" + deployment.OrganizationID + "/deployments/" + deployment.ID + "/deploys/" + deploy.ID + "/finalize"
	request = storageRequest(t, http.MethodPost, url, "{}", "Authorization", "Bearer "+Token)
	request.GetBody = nil
	return request, deploy.ID
}

// fetch makes the request and reads the response. It may be called in any goroutine.
func fetch(client *http.Client, request *http.Request) (*http.Response, string, error) {
	response, err := client.Do(request)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return response, string(body), err
}

func (s *Server) isFinalized(deployID string) bool {
	deploy, _ := s.Deploy(deployID)
	return deploy.Status == api.DeployStatusDeployed
}

// The client sees the effect of the fault, and the next request succeeds.
func TestFaultsOverBothProtocols(t *testing.T) {
	const noResponse, partOfBody = 0, -1
	type row struct {
		fault    Fault
		status   int
		commits  bool
		overHTTP string // part of the client's error over HTTP/2
	}
	rows := []row{
		{Slow(0), 200, true, ""},
		{BadGateway(), 502, false, ""},
		{LongResponse(1 << 20), 200, true, ""},
		{CutConnection(), noResponse, false, ""},
		{CutConnection().AfterCommit(), noResponse, true, ""},
		{CutHeader(), noResponse, true, ""},
		{CutResponse(), partOfBody, true, ""},
		{GoAway(), noResponse, false, "GOAWAY"},
		{GoAway().AfterCommit(), noResponse, true, "GOAWAY"},
	}
	for _, code := range []ErrCode{ErrCodeProtocol, ErrCodeInternal, ErrCodeRefusedStream, ErrCodeCancel} {
		rows = append(rows, row{ResetStream(code), noResponse, false, code.String()}, row{ResetStream(code).AfterCommit(), noResponse, true, code.String()})
	}
	for name, options := range protocols {
		t.Run(name, func(t *testing.T) {
			server := New(t, options...)
			client := server.Client()
			for _, row := range rows {
				server.Inject(row.fault)
				request, id := finalizing(t, server)
				response, body, err := fetch(client, request)
				assert.Equal(t, row.commits, server.isFinalized(id), row.fault)
				switch {
				case row.status == noResponse:
					require.Error(t, err, row.fault)
					if server.http2 {
						assert.ErrorContains(t, err, row.overHTTP, row.fault)
					}
				case row.status == partOfBody:
					require.Error(t, err, row.fault)
					require.NotNil(t, response, "%v: %v", row.fault, err)
					assert.Equal(t, response.ContentLength/2, int64(len(body)), row.fault)
				default:
					require.NoError(t, err, row.fault)
					assert.Equal(t, row.status, response.StatusCode, row.fault)
				}
				request, _ = finalizing(t, server)
				response, _, err = fetch(client, request)
				require.NoError(t, err, "after %v", row.fault)
				assert.Equal(t, server.http2, response.ProtoMajor == 2)
			}
			for _, request := range server.Requests() {
				assert.Equal(t, "FinalizeDeploy", request.Operation)
				assert.NotContains(t, request.Header, http.CanonicalHeaderKey(streamHeader))
			}
		})
	}
}

// A server with HTTP/2 also serves HTTP/1.1 clients, with the faults of HTTP/1.1.
func TestHTTP2IsNegotiated(t *testing.T) {
	server := New(t, WithHTTP2())
	transport := server.Client().Transport.(*http.Transport).Clone()
	transport.ForceAttemptHTTP2, transport.TLSNextProto, transport.TLSClientConfig.NextProtos = false, map[string]func(string, *tls.Conn) http.RoundTripper{}, nil
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	for _, fault := range []Fault{CutConnection(), ResetStream(ErrCodeCancel), GoAway(), CutHeader()} {
		server.Inject(fault)
		request, _ := finalizing(t, server)
		_, _, err := fetch(client, request)
		assert.Error(t, err, fault)
		request, _ = finalizing(t, server)
		response, _, err := fetch(client, request)
		require.NoError(t, err)
		assert.Equal(t, 1, response.ProtoMajor)
	}
	_, err := http.Get(server.URL)
	assert.ErrorContains(t, err, "certificate")
}

// A fault ends another request on the same HTTP/2 connection, or does not.
func TestFaultsAndOtherStreams(t *testing.T) {
	for _, row := range []struct {
		fault Fault
		ends  bool
	}{
		{CutConnection(), true},
		{CutHeader(), true},
		{CutResponse(), true},
		{GoAway(), true},
		{StopListening(), true},
		{ResetStream(ErrCodeCancel), false},
		{Hang(), false},
		{HangInResponse(), false},
		{DeadConnection(), false},
	} {
		t.Run(row.fault.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := New(t, InMemory(), WithHTTP2())
				request, _ := finalizing(t, server)
				_, _, err := fetch(server.Client(), request)
				require.NoError(t, err, "both requests below use this connection")
				ended := make(chan error, 1)
				server.Inject(Hang())
				go func() {
					request, _ := finalizing(t, server)
					_, _, err := fetch(server.Client(), request)
					ended <- err
				}()
				synctest.Wait()
				server.Inject(row.fault)
				request, _ = finalizing(t, server)
				impatient := *server.Client()
				impatient.Timeout = time.Minute
				_, _, err = fetch(&impatient, request)
				assert.Error(t, err)
				synctest.Wait()
				assert.Equal(t, row.ends, len(ended) == 1)
				server.Close()
				assert.Error(t, <-ended)
			})
		})
	}
}
