// Package contender has the clients that the benchmarks compare.
package contender

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/go-resty/resty/v2"
	"github.com/hashicorp/go-retryablehttp"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// Version is the tarball version that all contenders send.
const Version = "2024-01-12T18:32:20.5898930Z"

// Finalize finalizes a deploy. It returns the deploy, so that every contender decodes it.
type Finalize func(context.Context, wrapper.Target) (*api.Deploy, error)

// Contender is one way to finalize deploys.
type Contender struct {
	Name     string
	Finalize Finalize
}

// Setup has the settings that all contenders share.
type Setup struct {
	BaseURL string // without the API version's path
	Token   string
	Client  *http.Client
}

func (s Setup) server() string { return s.BaseURL + "/v1" }

// NetHTTP is the standard library alone.
func (s Setup) NetHTTP() Contender {
	return Contender{"net/http", func(ctx context.Context, target wrapper.Target) (*api.Deploy, error) {
		body, err := json.Marshal(map[string]string{"dagTarballVersion": Version})
		if err != nil {
			return nil, err
		}
		url := fmt.Sprintf("%s/organizations/%s/deployments/%s/deploys/%s/finalize", s.server(), target.OrganizationID, target.DeploymentID, target.DeployID)
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		request.Header.Set("Authorization", "Bearer "+s.Token)
		request.Header.Set("Content-Type", "application/json")
		response, err := s.Client.Do(request)
		if err != nil {
			return nil, err
		}
		defer func() { _ = response.Body.Close() }()
		content, err := io.ReadAll(response.Body)
		if err != nil {
			return nil, err
		}
		if response.StatusCode != http.StatusOK {
			return nil, errors.New(response.Status)
		}
		var deploy api.Deploy
		return &deploy, json.Unmarshal(content, &deploy)
	}}
}

// Generated is the client generated from openapi.yaml, without changes.
func (s Setup) Generated() Contender { return s.generated("generated", s.Client) }

// GeneratedWithTimeout is the generated client with a deadline of 30 s for each request, as ours has.
func (s Setup) GeneratedWithTimeout() Contender {
	client := *s.Client
	client.Timeout = 30 * time.Second
	return s.generated("generated-timeout", &client)
}

// RetryableHTTP is the generated client on top of hashicorp/go-retryablehttp.
func (s Setup) RetryableHTTP() Contender {
	retrying := retryablehttp.NewClient()
	retrying.HTTPClient = s.Client
	retrying.Logger = nil
	return s.generated("go-retryablehttp", retrying.StandardClient())
}

func (s Setup) generated(name string, doer api.HttpRequestDoer) Contender {
	authorize := func(_ context.Context, request *http.Request) error {
		request.Header.Set("Authorization", "Bearer "+s.Token)
		return nil
	}
	client, err := api.NewClientWithResponses(s.server(), api.WithHTTPClient(doer), api.WithRequestEditorFn(authorize))
	return Contender{name, func(ctx context.Context, target wrapper.Target) (*api.Deploy, error) {
		if err != nil {
			return nil, err
		}
		version := Version
		response, err := client.FinalizeDeployWithResponse(ctx, target.OrganizationID, target.DeploymentID, target.DeployID, api.FinalizeDeployRequest{DAGTarballVersion: &version})
		if err != nil {
			return nil, err
		}
		if response.JSON200 == nil {
			return nil, errors.New(response.Status())
		}
		return response.JSON200, nil
	}}
}

// Resty is go-resty with three retries on 429 and 5xx.
func (s Setup) Resty() Contender {
	client := resty.NewWithClient(s.Client).SetBaseURL(s.server()).SetAuthToken(s.Token).SetRetryCount(3)
	client.AddRetryCondition(func(response *resty.Response, _ error) bool {
		return response.StatusCode() == http.StatusTooManyRequests || response.StatusCode() >= http.StatusInternalServerError
	})
	return Contender{"resty", func(ctx context.Context, target wrapper.Target) (*api.Deploy, error) {
		var deploy api.Deploy
		response, err := client.R().SetContext(ctx).
			SetPathParams(map[string]string{"o": target.OrganizationID, "d": target.DeploymentID, "p": target.DeployID}).
			SetBody(map[string]string{"dagTarballVersion": Version}).
			SetResult(&deploy).
			Post("/organizations/{o}/deployments/{d}/deploys/{p}/finalize")
		if err != nil {
			return nil, err
		}
		if response.StatusCode() != http.StatusOK {
			return nil, errors.New(response.Status())
		}
		return &deploy, nil
	}}
}

// Ours is this library with all its defaults.
func (s Setup) Ours(options ...wrapper.Option) Contender {
	client, err := wrapper.NewClient(append([]wrapper.Option{
		wrapper.WithToken(s.Token),
		wrapper.WithBaseURL(s.BaseURL),
		wrapper.WithHTTPClient(s.Client),
		wrapper.WithAPIVersion(wrapper.V1),
	}, options...)...)
	return Contender{"ours", func(ctx context.Context, target wrapper.Target) (*api.Deploy, error) {
		if err != nil {
			return nil, err
		}
		return client.Finalize(ctx, target, wrapper.DAGTarball(Version))
	}}
}
