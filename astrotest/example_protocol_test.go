package astrotest_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// finalizeWithNetHTTP is a program under test that finalizes a deploy with net/http alone. It prints
// the response, and what the service received.
func finalizeWithNetHTTP(server *astrotest.Server) {
	target := add(server, api.DeployTypeImageOnly)
	request, err := http.NewRequest(http.MethodPost, server.URL+finalizePath(target), strings.NewReader("{}"))
	if err != nil {
		fmt.Println(err)
		return
	}
	request.Header.Set("Authorization", "Bearer "+astrotest.Token)
	response, err := server.Client().Do(request)
	seen := "no response"
	if err == nil {
		_ = response.Body.Close()
		seen = response.Proto + " " + response.Status
	}
	deploy, _ := server.Deploy(target.DeployID)
	fmt.Printf("client: %s; service: %d requests, %s\n", seen, len(server.Requests()), deploy.Status)
}

func ExampleWithHTTP2() {
	server := astrotest.NewServer(astrotest.WithHTTP2())
	defer server.Close()
	finalizeWithNetHTTP(server)
	// Output: client: HTTP/2.0 200 OK; service: 1 requests, DEPLOYED
}

func ExampleInMemory() {
	server := astrotest.NewServer(astrotest.InMemory(), astrotest.WithHTTP2())
	defer server.Close()
	finalizeWithNetHTTP(server)
	// Output: client: HTTP/2.0 200 OK; service: 1 requests, DEPLOYED
}

func ExampleServer_Client() {
	server := astrotest.NewServer(astrotest.WithHTTP2())
	defer server.Close()
	client := newClient(server, astrotest.Token, wrapper.WithHTTPClient(server.Client()))
	_, err := client.GetDeploy(context.Background(), add(server, api.DeployTypeImageOnly))
	fmt.Println("Server.Client:", err)
	once := wrapper.WithRetry(wrapper.Retry{MaxAttempts: 1})
	_, err = newClient(server, astrotest.Token, once).GetDeploy(context.Background(), add(server, api.DeployTypeImageOnly))
	fmt.Println("another client:", strings.Contains(fmt.Sprint(err), "certificate"))
	// Output:
	// Server.Client: <nil>
	// another client: true
}

// REFUSED_STREAM claims that the request was not processed, so net/http retries it. If the claim is
// false, the request takes effect twice.
func ExampleResetStream() {
	for _, fault := range []astrotest.Fault{
		astrotest.ResetStream(astrotest.ErrCodeCancel),
		astrotest.ResetStream(astrotest.ErrCodeCancel).AfterCommit(),
		astrotest.ResetStream(astrotest.ErrCodeRefusedStream).AfterCommit(),
	} {
		server := astrotest.NewServer(astrotest.WithHTTP2())
		server.Inject(fault)
		finalizeWithNetHTTP(server)
		server.Close()
	}
	// Output:
	// client: no response; service: 1 requests, INITIALIZED
	// client: no response; service: 1 requests, DEPLOYED
	// client: HTTP/2.0 200 OK; service: 2 requests, DEPLOYED
}

func ExampleErrCode_String() {
	fmt.Println(astrotest.ErrCodeRefusedStream, astrotest.ErrCode(11))
	// Output: REFUSED_STREAM ErrCode(11)
}

// net/http trusts GOAWAY and sends the request again.
func ExampleGoAway() {
	for _, options := range [][]astrotest.Option{{astrotest.WithHTTP2()}, nil} {
		server := astrotest.NewServer(options...)
		server.Inject(astrotest.GoAway().AfterCommit())
		finalizeWithNetHTTP(server)
		server.Close()
	}
	// Output:
	// client: HTTP/2.0 200 OK; service: 2 requests, DEPLOYED
	// client: no response; service: 1 requests, DEPLOYED
}

// Without a deadline the client would wait forever.
func ExampleDeadConnection() {
	server := astrotest.NewServer(astrotest.WithHTTP2())
	defer server.Close()
	target := add(server, api.DeployTypeImageOnly)
	ctx, giveUp := context.WithCancel(context.Background())
	server.Inject(astrotest.DeadConnection().AfterCommit().Then(giveUp))
	client := newClient(server, astrotest.Token, wrapper.WithHTTPClient(server.Client()))
	_, err := client.Finalize(ctx, target, wrapper.ImageOnly())
	deploy, _ := server.Deploy(target.DeployID)
	fmt.Println(errors.Is(err, context.Canceled), deploy.Status)
	// Output: true DEPLOYED
}

func ExampleStopListening() {
	server := astrotest.NewServer()
	defer server.Close()
	client, target := newClient(server, astrotest.Token), add(server, api.DeployTypeImageOnly)
	server.Inject(astrotest.StopListening().AfterCommit())
	for range 2 {
		_, err := client.Finalize(context.Background(), target, wrapper.ImageOnly())
		var network *net.OpError
		fmt.Println(err != nil, errors.As(err, &network) && network.Op == "dial")
	}
	deploy, _ := server.Deploy(target.DeployID)
	fmt.Println(deploy.Status)
	// Output:
	// true false
	// true true
	// DEPLOYED
}

// printer replaces a *testing.T.
type printer struct{ cleanup func() }

func (p *printer) Helper()                        {}
func (p *printer) Cleanup(cleanup func())         { p.cleanup = cleanup }
func (p *printer) Errorf(format string, a ...any) { fmt.Printf(format+"\n", a...) }

func ExampleNew() {
	t := &printer{}
	server := astrotest.New(t)
	server.Inject(astrotest.CutConnection().On("GetDeploy"))
	finalizeWithNetHTTP(server)
	t.cleanup() // the test ends
	// Output:
	// client: HTTP/1.1 200 OK; service: 1 requests, DEPLOYED
	// astrotest: fault was not used: CutConnection() for GetDeploy
}

func ExampleServer_Pending() {
	server := astrotest.NewServer()
	defer server.Close()
	server.Inject(astrotest.ExpiredUploadURL(), astrotest.RateLimited())
	finalizeWithNetHTTP(server)
	fmt.Println(strings.Join(server.Pending(), "\n"))
	// Output:
	// client: HTTP/1.1 429 Too Many Requests; service: 1 requests, INITIALIZED
	// ExpiredUploadURL() for PutBlob or PutBlock or PutBlockList
}

func ExampleFault_String() {
	fmt.Println(astrotest.CutConnection().AfterCommit().On("FinalizeDeploy"))
	// Output: CutConnection().AfterCommit() for FinalizeDeploy
}

// Another client reads the deploy before the response to its finalize is sent.
func ExampleFault_Then() {
	server := astrotest.NewServer()
	defer server.Close()
	target := add(server, api.DeployTypeImageOnly)
	client := newClient(server, astrotest.Token)
	server.Inject(astrotest.BadGateway().AfterCommit().Then(func() {
		deploy, err := client.GetDeploy(context.Background(), target)
		if err == nil {
			fmt.Println("meanwhile:", deploy.Status)
		}
	}))
	_, err := client.Finalize(context.Background(), target, wrapper.ImageOnly())
	fmt.Println("client:", errors.Is(err, wrapper.ErrServer))
	// Output:
	// meanwhile: DEPLOYED
	// client: true
}
