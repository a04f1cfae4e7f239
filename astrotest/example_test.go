package astrotest_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// newClient returns the client of the program under test. It does not retry or read back, so that
// the examples show the effect of each fault.
func newClient(server *astrotest.Server, token string, options ...wrapper.Option) *wrapper.Client {
	options = append(options, wrapper.WithBaseURL(server.URL), wrapper.WithToken(token), wrapper.WithRetry(wrapper.Retry{MaxAttempts: 1}), wrapper.WithoutLookUp(), wrapper.WithLimiter(http.MethodPost, nil))
	client, err := wrapper.NewClient(options...)
	if err != nil {
		panic(err)
	}
	return client
}

// add adds a Deployment with one deploy and returns the deploy's target.
func add(server *astrotest.Server, deployType api.DeployType) wrapper.Target {
	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	deploy := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: deployType})
	return wrapper.TargetOf(deployment.OrganizationID, &deploy)
}

// with injects the fault, finalizes a deploy, and prints the client's result and the deploy's status.
func with(fault astrotest.Fault) {
	server := astrotest.NewServer()
	defer server.Close()
	target := add(server, api.DeployTypeImageOnly)
	server.Inject(fault)
	_, err := newClient(server, astrotest.Token).Finalize(context.Background(), target, wrapper.ImageOnly())
	deploy, _ := server.Deploy(target.DeployID)
	var apiErr *wrapper.APIError
	switch {
	case errors.As(err, &apiErr):
		fmt.Println("client:", apiErr.StatusCode, apiErr.Body)
	case err != nil:
		fmt.Println("client: no response")
	default:
		fmt.Println("client: success")
	}
	fmt.Println("service:", deploy.Status)
}

func Example() {
	server := astrotest.NewServer()
	defer server.Close()
	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	deploy := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: api.DeployTypeDAGOnly})

	version := server.AddTarball([]byte("tarball"))

	// The program under test:
	target := wrapper.TargetOf(deployment.OrganizationID, &deploy)
	_, err := newClient(server, astrotest.Token).Finalize(context.Background(), target, wrapper.DAGTarball(version))
	fmt.Println(err)

	finalized, _ := server.Deploy(deploy.ID)
	fmt.Println(finalized.Status, *finalized.DAGTarballVersion == version)
	// Output:
	// <nil>
	// DEPLOYED true
}

func ExampleNewServer() {
	server := astrotest.NewServer(
		astrotest.WithTokens("old", "new"),
		astrotest.WithFinalizedStatus(api.DeployStatusInitialized),
		astrotest.WithRefinalizeRefused(),
	)
	defer server.Close()
	target := add(server, api.DeployTypeImageOnly)

	for _, token := range []string{"new", "old", "revoked"} {
		deploy, err := newClient(server, token).Finalize(context.Background(), target, wrapper.ImageOnly())
		if err != nil {
			fmt.Println(errors.Is(err, wrapper.ErrBadRequest), errors.Is(err, wrapper.ErrUnauthorized))
			continue
		}
		fmt.Println(deploy.Status)
	}
	// Output:
	// INITIALIZED
	// true false
	// false true
}

func ExampleWithTokens() {
	server := astrotest.NewServer(astrotest.WithTokens("good"))
	defer server.Close()
	_, err := newClient(server, "bad").GetDeploy(context.Background(), add(server, api.DeployTypeImageOnly))
	fmt.Println(errors.Is(err, wrapper.ErrUnauthorized))
	// Output: true
}

func ExampleWithFinalizedStatus() {
	server := astrotest.NewServer(astrotest.WithFinalizedStatus(api.DeployStatusFailed))
	defer server.Close()
	_, err := newClient(server, astrotest.Token).Finalize(context.Background(), add(server, api.DeployTypeImageOnly), wrapper.ImageOnly())
	var failed *wrapper.DeployFailedError
	fmt.Println(errors.As(err, &failed))
	// Output: true
}

func ExampleWithRefinalizeRefused() {
	server := astrotest.NewServer(astrotest.WithRefinalizeRefused())
	defer server.Close()
	client, target := newClient(server, astrotest.Token), add(server, api.DeployTypeImageOnly)
	for range 2 {
		_, err := client.Finalize(context.Background(), target, wrapper.ImageOnly())
		fmt.Println(errors.Is(err, wrapper.ErrBadRequest))
	}
	// Output:
	// false
	// true
}

func ExampleServer_AddDeployment() {
	server := astrotest.NewServer()
	defer server.Close()
	deployment := server.AddDeployment(astrotest.Deployment{OrganizationID: "my-organization"})
	fmt.Println(deployment.OrganizationID, deployment.ID)
	// Output: my-organization clfake0000000000000000001
}

func ExampleServer_AddDeploy() {
	server := astrotest.NewServer()
	defer server.Close()
	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	deploy := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, ID: "my-deploy"})
	fmt.Println(deploy.ID, deploy.Type, deploy.Status, deploy.DAGsUploadURL)
	// Output: my-deploy IMAGE_AND_DAG INITIALIZED [REDACTED]
}

func ExampleServer_Deployment() {
	server := astrotest.NewServer()
	defer server.Close()
	target := add(server, api.DeployTypeBundle)
	version := server.AddTarball([]byte("bundle"))
	_, err := newClient(server, astrotest.Token).Finalize(context.Background(), target, wrapper.BundleTarball(version))
	deployment, found := server.Deployment(target.DeploymentID)
	fmt.Println(err, found, *deployment.Bundles[0].DesiredVersion == version)
	// Output: <nil> true true
}

func ExampleServer_Deploy() {
	server := astrotest.NewServer()
	defer server.Close()
	deploy, found := server.Deploy(add(server, api.DeployTypeDAGOnly).DeployID)
	fmt.Println(found, deploy.Status)
	// Output: true INITIALIZED
}

func ExampleServer_Requests() {
	server := astrotest.NewServer(astrotest.WithAnyVersion())
	defer server.Close()
	target := add(server, api.DeployTypeDAGOnly)
	_, err := newClient(server, astrotest.Token).Finalize(context.Background(), target, wrapper.DAGTarball("version"))
	request := server.Requests()[0]
	fmt.Println(err, request.Method, strings.HasSuffix(request.Path, "/finalize"), string(request.Body), request.Authorization)
	// Output: <nil> POST true {"dagTarballVersion":"version"} [[REDACTED]]
}

func ExampleServer_Inject() {
	server := astrotest.NewServer()
	defer server.Close()
	client, target := newClient(server, astrotest.Token), add(server, api.DeployTypeImageOnly)
	server.Inject(astrotest.RateLimited(), astrotest.CutConnection())
	for range 3 {
		_, err := client.Finalize(context.Background(), target, wrapper.ImageOnly())
		fmt.Println(err == nil, errors.Is(err, wrapper.ErrRateLimited))
	}
	// Output:
	// false true
	// false false
	// true false
}

func ExampleServer_Close() {
	server := astrotest.NewServer()
	target := add(server, api.DeployTypeImageOnly)
	server.Close()
	_, err := newClient(server, astrotest.Token).GetDeploy(context.Background(), target)
	var noResponse *wrapper.TransportError
	fmt.Println(errors.As(err, &noResponse))
	// Output: true
}

func ExampleRespond() {
	with(astrotest.Respond(http.StatusOK, "text/html", "<html>sign in</html>"))
	// Output:
	// client: 200 <html>sign in</html>
	// service: INITIALIZED
}

func ExampleError() {
	with(astrotest.Error(http.StatusForbidden, "Forbidden"))
	// Output:
	// client: 403 {"message":"Forbidden","requestId":"astrotest-request","statusCode":403}
	// service: INITIALIZED
}

func ExampleRateLimited() {
	with(astrotest.RateLimited())
	// Output:
	// client: 429 Too many requests
	// service: INITIALIZED
}

// The Deployment hibernates when the program under test creates a deploy.
func ExampleHibernating() {
	server := astrotest.NewServer()
	defer server.Close()
	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	server.Inject(astrotest.Hibernating())
	to := wrapper.Deployment{OrganizationID: deployment.OrganizationID, DeploymentID: deployment.ID}
	_, err := newClient(server, astrotest.Token).CreateDeploy(context.Background(), to, api.CreateDeployRequest{Type: api.DeployTypeDAGOnly})
	var refused *wrapper.APIError
	if errors.As(err, &refused) {
		fmt.Println(refused.StatusCode, refused.Body)
	}
	fmt.Println("created:", server.Creates(deployment.ID))
	// Output:
	// 400 {"message":"Deploy is blocked because Deployment is in HIBERNATING state","statusCode":400}
	// created: 0
}

func ExampleFailedDeploy() {
	server := astrotest.NewServer()
	defer server.Close()
	server.Inject(astrotest.FailedDeploy())
	_, err := newClient(server, astrotest.Token).Finalize(context.Background(), add(server, api.DeployTypeImageOnly), wrapper.ImageOnly())
	var failed *wrapper.DeployFailedError
	fmt.Println(errors.As(err, &failed))
	// Output: true
}

func ExampleBadGateway() {
	with(astrotest.BadGateway())
	// Output:
	// client: 502 <html><body><h1>502 Bad Gateway</h1></body></html>
	// service: INITIALIZED
}

func ExampleEditDeploy() {
	with(astrotest.EditDeploy(func(deploy map[string]any) {
		clear(deploy)
		deploy["id"] = "another"
	}))
	// Output:
	// client: 200 {"id":"another"}
	// service: DEPLOYED
}

func ExampleLongResponse() {
	server := astrotest.NewServer()
	defer server.Close()
	target := add(server, api.DeployTypeImageOnly)
	server.Inject(astrotest.LongResponse(2 << 20))
	_, err := newClient(server, astrotest.Token).GetDeploy(context.Background(), target)
	fmt.Println(strings.Contains(err.Error(), "longer than 1024 KiB"))
	// Output: true
}

func ExampleCutConnection() {
	with(astrotest.CutConnection())
	// Output:
	// client: no response
	// service: INITIALIZED
}

func ExampleCutHeader() {
	with(astrotest.CutHeader())
	// Output:
	// client: no response
	// service: DEPLOYED
}

// The fault applies to GetDeploy only, so the finalize succeeds.
func ExampleFault_On() {
	with(astrotest.BadGateway().On("GetDeploy"))
	// Output:
	// client: success
	// service: DEPLOYED
}

// Every other request fails.
func ExampleServer_InjectFunc() {
	server := astrotest.NewServer()
	defer server.Close()
	client, target := newClient(server, astrotest.Token), add(server, api.DeployTypeImageOnly)
	requests := 0
	server.InjectFunc(func(operation string) (astrotest.Fault, bool) {
		requests++
		return astrotest.BadGateway(), requests%2 == 1
	})
	for range 3 {
		_, err := client.Finalize(context.Background(), target, wrapper.ImageOnly())
		fmt.Println(errors.Is(err, wrapper.ErrServer))
	}
	// Output:
	// true
	// false
	// true
}

func ExampleWithListener() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	server := astrotest.NewServer(astrotest.WithListener(listener))
	defer server.Close()
	fmt.Println(server.URL == "http://"+listener.Addr().String())
	// Output: true
}

func ExampleCutResponse() {
	server := astrotest.NewServer()
	defer server.Close()
	target := add(server, api.DeployTypeImageOnly)
	server.Inject(astrotest.CutResponse())
	_, err := newClient(server, astrotest.Token).Finalize(context.Background(), target, wrapper.ImageOnly())
	deploy, _ := server.Deploy(target.DeployID)
	fmt.Println(errors.Is(err, wrapper.ErrUnexpectedResponse), deploy.Status)
	// Output: true DEPLOYED
}

func ExampleHang() {
	server := astrotest.NewServer()
	defer server.Close()
	target := add(server, api.DeployTypeImageOnly)
	server.Inject(astrotest.Hang())
	client := newClient(server, astrotest.Token, wrapper.WithAttemptTimeout(50*time.Millisecond))
	_, err := client.GetDeploy(context.Background(), target)
	fmt.Println(errors.Is(err, context.DeadlineExceeded), "requests:", len(server.Requests()))
	// Output: true requests: 1
}

func ExampleHangInResponse() {
	server := astrotest.NewServer()
	defer server.Close()
	target := add(server, api.DeployTypeImageOnly)
	server.Inject(astrotest.HangInResponse())
	client := newClient(server, astrotest.Token, wrapper.WithAttemptTimeout(50*time.Millisecond))
	_, err := client.Finalize(context.Background(), target, wrapper.ImageOnly())
	deploy, _ := server.Deploy(target.DeployID)
	fmt.Println(errors.Is(err, context.DeadlineExceeded), deploy.Status)
	// Output: true DEPLOYED
}

func ExampleFault_AfterCommit() {
	with(astrotest.BadGateway().AfterCommit())
	// Output:
	// client: 502 <html><body><h1>502 Bad Gateway</h1></body></html>
	// service: DEPLOYED
}

func ExampleFault_WithHeader() {
	with(astrotest.Respond(http.StatusFound, "text/plain", "moved").WithHeader("Location", "https://elsewhere.example"))
	// Output:
	// client: 302 moved
	// service: INITIALIZED
}

func ExampleSlow() {
	server := astrotest.NewServer()
	defer server.Close()
	target := add(server, api.DeployTypeImageOnly)
	server.Inject(astrotest.Slow(time.Millisecond))

	_, err := newClient(server, astrotest.Token).Finalize(context.Background(), target, wrapper.ImageOnly())
	fmt.Println(err)
	// Output: <nil>
}

func ExampleWithRateLimit() {
	server := astrotest.NewServer(astrotest.WithRateLimit(http.MethodPost, 2))
	defer server.Close()
	target := add(server, api.DeployTypeImageOnly)
	client := newClient(server, astrotest.Token)

	for range 3 {
		_, err := client.Finalize(context.Background(), target, wrapper.ImageOnly())
		fmt.Println(errors.Is(err, wrapper.ErrRateLimited))
	}
	// Output:
	// false
	// false
	// true
}
