package benchmarks

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/go-resty/resty/v2"
	"github.com/hashicorp/go-retryablehttp"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

const (
	token        = "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjE3NjE5NTUyMDB9.c2lnbmF0dXJl"
	organization = "clm8qv74h000008mlf08scq7k"
	deployment   = "clmh57jtm000008lb58fe2wmv"
	deploy       = "clvetru2w000201mowqwua63n"
	version      = "2024-01-12T18:32:20.5898930Z"
)

// contender is one way to finalize a deploy. It returns the deploy, so that none can win by
// not decoding it.
type contender struct {
	name     string
	finalize func(context.Context) (*api.Deploy, error)
}

const baseline = "generated"

// contenders are the ways to finalize through a transport, each set up once, as a program
// would.
func contenders(tb testing.TB, baseURL string, transport http.RoundTripper) []contender {
	client := &http.Client{Transport: transport}
	retrying := retryablehttp.NewClient()
	retrying.HTTPClient = client
	retrying.Logger = nil

	ours, err := wrapper.NewClient(
		wrapper.WithToken(token),
		wrapper.WithBaseURL(baseURL),
		wrapper.WithHTTPClient(client),
		wrapper.WithAPIVersion(wrapper.V1),
		// The limiter is on, at a limit that no contender reaches.
		wrapper.WithLimiter(http.MethodPost, wrapper.NewLimiter(100_000)),
	)
	require.NoError(tb, err)

	return []contender{
		{"nethttp", netHTTP(client, baseURL+"/v1")},
		{baseline, generated(tb, baseURL+"/v1", client)},
		{"retryablehttp", generated(tb, baseURL+"/v1", retrying.StandardClient())},
		{"resty", restyClient(baseURL+"/v1", client)},
		{"ours", func(ctx context.Context) (*api.Deploy, error) {
			return ours.Finalize(ctx, wrapper.Target{
				OrganizationID: organization, DeploymentID: deployment, DeployID: deploy,
				Type: api.DeployTypeDAGOnly, DAGDeploys: wrapper.DAGDeploysOn,
			}, wrapper.DAGTarball(version))
		}},
	}
}

const path = "/organizations/%s/deployments/%s/deploys/%s/finalize"

func netHTTP(client *http.Client, server string) func(context.Context) (*api.Deploy, error) {
	return func(ctx context.Context) (*api.Deploy, error) {
		body, err := json.Marshal(map[string]string{"dagTarballVersion": version})
		if err != nil {
			return nil, err
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, fmt.Sprintf(server+path, organization, deployment, deploy), bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		request.Header.Set("Authorization", "Bearer "+token)
		request.Header.Set("Content-Type", "application/json")
		response, err := client.Do(request)
		if err != nil {
			return nil, err
		}
		defer func() { _ = response.Body.Close() }()
		answer, err := io.ReadAll(response.Body)
		if err != nil {
			return nil, err
		}
		if response.StatusCode != http.StatusOK {
			return nil, errors.New(response.Status)
		}
		var finalized api.Deploy
		return &finalized, json.Unmarshal(answer, &finalized)
	}
}

func generated(tb testing.TB, server string, doer api.HttpRequestDoer) func(context.Context) (*api.Deploy, error) {
	client, err := api.NewClientWithResponses(server, api.WithHTTPClient(doer), api.WithRequestEditorFn(func(_ context.Context, request *http.Request) error {
		request.Header.Set("Authorization", "Bearer "+token)
		return nil
	}))
	require.NoError(tb, err)
	return func(ctx context.Context) (*api.Deploy, error) {
		version := version
		answer, err := client.FinalizeDeployWithResponse(ctx, organization, deployment, deploy, api.FinalizeDeployRequest{DAGTarballVersion: &version})
		if err != nil {
			return nil, err
		}
		if answer.JSON200 == nil {
			return nil, errors.New(answer.Status())
		}
		return answer.JSON200, nil
	}
}

func restyClient(server string, client *http.Client) func(context.Context) (*api.Deploy, error) {
	r := resty.NewWithClient(client).SetBaseURL(server).SetAuthToken(token).SetRetryCount(3)
	return func(ctx context.Context) (*api.Deploy, error) {
		var finalized api.Deploy
		answer, err := r.R().SetContext(ctx).
			SetPathParams(map[string]string{"o": organization, "d": deployment, "p": deploy}).
			SetBody(map[string]string{"dagTarballVersion": version}).
			SetResult(&finalized).
			Post("/organizations/{o}/deployments/{d}/deploys/{p}/finalize")
		if err != nil {
			return nil, err
		}
		if answer.StatusCode() != http.StatusOK {
			return nil, errors.New(answer.Status())
		}
		return &finalized, nil
	}
}
