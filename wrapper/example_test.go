package wrapper_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"time"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// fake starts a fake service with one deploy of the given type and DAG deploys on, and returns a client for
// it.
func fake(deployType api.DeployType, options ...wrapper.Option) (*astrotest.Server, *wrapper.Client, wrapper.Target) {
	server := astrotest.NewServer(astrotest.WithAnyVersion()) // the examples upload nothing
	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	deploy := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: deployType})
	client, err := wrapper.NewClient(append([]wrapper.Option{wrapper.WithBaseURL(server.URL), wrapper.WithToken(astrotest.Token), wrapper.WithPollInterval(time.Millisecond)}, options...)...)
	if err != nil {
		panic(err)
	}
	return server, client, wrapper.TargetOf(deployment.OrganizationID, &deploy)
}

// In production NewClient needs no option: it reads the token from ASTRO_API_TOKEN. This example runs
// against a fake of the service.
func Example() {
	server, client, target := fake(api.DeployTypeDAGOnly)
	defer server.Close()

	deploy, err := client.Finalize(context.Background(), target, wrapper.DAGTarball("2024-01-12T18:32:20.5898930Z"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(deploy.Status, *deploy.DAGTarballVersion)
	// Output: DEPLOYED 2024-01-12T18:32:20.5898930Z
}

func ExampleNewClient() {
	_, err := wrapper.NewClient(
		wrapper.WithToken("token"),
		wrapper.WithAPIVersion(wrapper.V1),
		wrapper.WithBaseURL("https://api.astronomer-stage.io"),
		wrapper.WithHTTPClient(&http.Client{Transport: http.DefaultTransport}),
		wrapper.WithAttemptTimeout(10*time.Second),
		wrapper.WithUserAgent("my-pipeline/1.2"),
	)
	fmt.Println(err)

	_, err = wrapper.NewClient(wrapper.WithToken("token\n"))
	fmt.Println(err)
	// Output:
	// <nil>
	// token must not have white space around it, such as the newline at the end of a file; use strings.TrimSpace
}

func ExampleWithToken() {
	_, err := wrapper.NewClient(wrapper.WithToken("Bearer eyJhbGciOi"))
	fmt.Println(err)
	// Output: token must be only the token, without "Bearer " before it
}

func ExampleWithAPIVersion() {
	client, err := wrapper.NewClient(wrapper.WithToken("token"), wrapper.WithAPIVersion(wrapper.V1))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(client.API().Server)
	// Output: https://api.astronomer.io/v1/
}

func ExampleWithBaseURL() {
	client, err := wrapper.NewClient(wrapper.WithToken("token"), wrapper.WithBaseURL("https://gateway.example/astro"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(client.API().Server)

	_, err = wrapper.NewClient(wrapper.WithToken("token"), wrapper.WithBaseURL("http://gateway.example"))
	fmt.Println(err)
	// Output:
	// https://gateway.example/astro/platform/v1beta1/
	// baseURL must be https, or the token is sent unencrypted; http is for loopback hosts only (got "http://gateway.example")
}

// Pass your own transport, such as one with a proxy or a private certificate authority. The client still
// adds the token and reads the response.
func ExampleWithHTTPClient() {
	server, _, target := fake(api.DeployTypeImageOnly)
	defer server.Close()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = http.ProxyFromEnvironment
	client, err := wrapper.NewClient(wrapper.WithBaseURL(server.URL), wrapper.WithToken(astrotest.Token), wrapper.WithHTTPClient(&http.Client{Transport: transport}))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.GetDeploy(context.Background(), target)
	fmt.Println(err)
	// Output: <nil>
}

func ExampleWithAttemptTimeout() {
	server, _, target := fake(api.DeployTypeImageOnly)
	defer server.Close()
	server.Inject(astrotest.Hang())
	client, err := wrapper.NewClient(wrapper.WithBaseURL(server.URL), wrapper.WithToken(astrotest.Token), wrapper.WithAttemptTimeout(50*time.Millisecond), wrapper.WithRetry(wrapper.Retry{MaxAttempts: 1}))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.GetDeploy(context.Background(), target)
	fmt.Println(errors.Is(err, context.DeadlineExceeded))
	// Output: true
}

func ExampleWithUserAgent() {
	server, _, target := fake(api.DeployTypeImageOnly)
	defer server.Close()
	client, err := wrapper.NewClient(wrapper.WithBaseURL(server.URL), wrapper.WithToken(astrotest.Token), wrapper.WithUserAgent("my-pipeline/1.2"))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.GetDeploy(context.Background(), target)
	fmt.Println(err, server.Requests()[0].Header.Get("User-Agent"))
	// Output: <nil> astro-finalize-go/devel my-pipeline/1.2
}

// A token file that rotates is read for every attempt.
func ExampleWithTokenSource() {
	server, _, target := fake(api.DeployTypeImageOnly)
	defer server.Close()
	client, err := wrapper.NewClient(
		wrapper.WithBaseURL(server.URL),
		wrapper.WithTokenSource(func(context.Context) (string, error) {
			token, err := os.ReadFile("/var/run/secrets/there-is-none")
			return string(token), err
		}),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Finalize(context.Background(), target, wrapper.ImageOnly())
	fmt.Println(errors.Is(err, fs.ErrNotExist), len(server.Requests()))
	// Output: true 0
}

func ExampleClient_Finalize() {
	server, client, target := fake(api.DeployTypeImageOnly)
	defer server.Close()

	deploy, err := client.Finalize(context.Background(), target, wrapper.ImageOnly())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(deploy.Status)
	// Output: DEPLOYED
}

// Use errors.As for the type of an error and errors.Is for the kind of a response.
func ExampleClient_Finalize_errors() {
	server, client, target := fake(api.DeployTypeImageOnly)
	defer server.Close()
	server.Inject(astrotest.Error(http.StatusForbidden, "Forbidden"))

	_, err := client.Finalize(context.Background(), target, wrapper.ImageOnly())
	var invalid *wrapper.ValidationError
	var apiErr *wrapper.APIError
	switch {
	case errors.As(err, &invalid):
		fmt.Println("fix the call:", invalid.Field)
	case errors.Is(err, wrapper.ErrForbidden) && errors.As(err, &apiErr):
		fmt.Println("fix the role:", apiErr.Hint)
	case err != nil:
		fmt.Println(err)
	}
	// Output: fix the role: the token's role needs the permission deployment.deploys.update on this Deployment; deployment.deploys.create is not enough
}

func ExampleClient_GetDeploy() {
	server, client, target := fake(api.DeployTypeDAGOnly)
	defer server.Close()

	deploy, err := client.GetDeploy(context.Background(), target)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(deploy.Type, deploy.Status)
	// Output: DAG_ONLY INITIALIZED
}

// The generated client has every operation of openapi.yaml and returns plain *http.Response values.
func ExampleClient_API() {
	server, client, target := fake(api.DeployTypeDAGOnly)
	defer server.Close()

	response, err := client.API().GetDeploy(context.Background(), target.OrganizationID, target.DeploymentID, target.DeployID)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(response.Status)
	// Output: 200 OK
}

func ExampleTargetOf() {
	// A deploy that CreateDeploy returned, for example.
	deploy := &api.Deploy{
		ID:                 "clvetru2w000201mowqwua63n",
		DeploymentID:       "clmh57jtm000008lb58fe2wmv",
		Type:               api.DeployTypeDAGOnly,
		IsDAGDeployEnabled: true,
	}
	target := wrapper.TargetOf("clm8qv74h000008mlf08scq7k", deploy)
	fmt.Println(target.DeployID, target.Type, target.DAGDeploys == wrapper.DAGDeploysOn)
	// Output: clvetru2w000201mowqwua63n DAG_ONLY true
}

func ExampleImageOnly() {
	server, client, target := fake(api.DeployTypeDAGOnly)
	defer server.Close()

	// The target is known to need a DAG tarball, so nothing is sent.
	_, err := client.Finalize(context.Background(), target, wrapper.ImageOnly())
	fmt.Println(err)
	fmt.Println("requests:", len(server.Requests()))
	// Output:
	// dagTarballVersion is required for a deploy of type DAG_ONLY with DAG deploys on; upload the DAGs and pass DAGTarball with the version that the upload returned
	// requests: 0
}

func ExampleDAGTarball() {
	server, client, target := fake(api.DeployTypeImageAndDAG)
	defer server.Close()

	_, err := client.Finalize(context.Background(), target, wrapper.DAGTarball("2024-01-12T18:32:20.5898930Z"))
	fmt.Println(err, string(server.Requests()[0].Body))
	// Output: <nil> {"dagTarballVersion":"2024-01-12T18:32:20.5898930Z"}
}

func ExampleBundleTarball() {
	server, client, target := fake(api.DeployTypeBundle)
	defer server.Close()

	_, err := client.Finalize(context.Background(), target, wrapper.BundleTarball("2024-01-12T18:32:20.5898930Z"))
	fmt.Println(err, string(server.Requests()[0].Body))
	// Output: <nil> {"bundleTarballVersion":"2024-01-12T18:32:20.5898930Z"}
}

func ExampleRemoveBundle() {
	server, client, target := fake(api.DeployTypeBundle)
	defer server.Close()

	// An empty version, such as that of a failed upload, removes nothing.
	_, err := client.Finalize(context.Background(), target, wrapper.BundleTarball(""))
	fmt.Println(err)
	// RemoveBundle does.
	_, err = client.Finalize(context.Background(), target, wrapper.RemoveBundle())
	fmt.Println(err, string(server.Requests()[0].Body))
	// Output:
	// bundleTarballVersion must not be empty: the upload returned no version (x-ms-version-id); upload again; to remove the bundle, use RemoveBundle
	// <nil> {"bundleTarballVersion":""}
}

func ExampleRequest() {
	server, client, target := fake(api.DeployTypeImageAndDAG)
	defer server.Close()
	dags, bundle := "2024-01-12T18:32:20.5898930Z", "2024-01-12T18:35:00.1234567Z"

	_, err := client.Finalize(context.Background(), target, wrapper.Request(api.FinalizeDeployRequest{
		DAGTarballVersion:    &dags,
		BundleTarballVersion: &bundle,
	}))
	fmt.Println(err)
	// Output: <nil>
}

// CheckFinalize is for programs that send the request themselves.
func ExampleCheckFinalize() {
	err := wrapper.CheckFinalize(api.DeployTypeBundle, wrapper.DAGDeploysOn, api.FinalizeDeployRequest{})
	fmt.Println(err)
	// Output: bundleTarballVersion is required for a deploy of type BUNDLE with DAG deploys on; upload the bundle and pass BundleTarball with the version that the upload returned
}

// finalizer is the part of the client that this program uses, so that tests can replace it.
type finalizer interface {
	Finalize(ctx context.Context, target wrapper.Target, content wrapper.Content) (*api.Deploy, error)
}

var _ finalizer = (*wrapper.Client)(nil)

type alwaysUnknown struct{}

func (alwaysUnknown) Finalize(context.Context, wrapper.Target, wrapper.Content) (*api.Deploy, error) {
	return nil, &wrapper.OutcomeUnknownError{DeployID: "p", Err: errors.New("connection reset")}
}

// Declare an interface with the methods that you use to test without a server. Package astrotest has a fake
// server for everything else.
func Example_stub() {
	release := func(with finalizer) string {
		_, err := with.Finalize(context.Background(), wrapper.Target{}, wrapper.ImageOnly())
		if errors.Is(err, wrapper.ErrOutcomeUnknown) {
			return "check with GetDeploy before you finalize again"
		}
		return "done"
	}
	fmt.Println(release(alwaysUnknown{}))
	// Output: check with GetDeploy before you finalize again
}
