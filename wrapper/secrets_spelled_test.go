package wrapper_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/internal/chaostest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// echoing is a service and a storage that echo a secret in every text of a response.
type echoing struct {
	echo   string // the secret in another spelling
	secret string
	posted int
}

// leakyError is a transport error whose fields hold more than its text.
type leakyError struct{ Text, Secret string }

func (e leakyError) Error() string { return e.Text }

func (e *echoing) RoundTrip(request *http.Request) (*http.Response, error) {
	status, header, body := http.StatusOK, http.Header{}, ""
	switch deploy := request.URL.Path; {
	case strings.Contains(deploy, "odd"):
		return nil, leakyError{e.echo, e.secret}
	case request.Method == http.MethodPut && strings.HasSuffix(deploy, "version"):
		status, header = http.StatusCreated, http.Header{"X-Ms-Version-Id": {e.echo}, "Content-Md5": request.Header["Content-Md5"]}
	case request.Method == http.MethodPut:
		status, header = http.StatusConflict, http.Header{"X-Ms-Error-Code": {e.echo}, "X-Ms-Request-Id": {e.echo}}
		body = "<Error><Code>" + e.echo + "</Code><Message>" + e.echo + "</Message></Error>"
	case strings.Contains(deploy, "rotated"):
		if e.posted++; e.posted%2 == 1 {
			status = http.StatusTooManyRequests
			break
		}
		status, body = http.StatusBadRequest, e.failure()
	case strings.Contains(deploy, "refused"):
		status, body = http.StatusConflict, e.failure()
	case strings.Contains(deploy, "foreign"):
		status, body = http.StatusForbidden, "<html>"+e.echo
	case strings.Contains(deploy, "unknown") && request.Method == http.MethodPost:
		body = e.echo
	case strings.Contains(deploy, "waiting") && e.posted > 0, strings.Contains(deploy, "unknown"):
		status, body = http.StatusForbidden, e.failure()
	case strings.Contains(deploy, "waiting"):
		e.posted++
		body = e.deploy("waiting", e.echo)
	default:
		body = e.deploy("failed", "FAILED")
	}
	if request.Body != nil {
		_, _ = io.Copy(io.Discard, request.Body)
		_ = request.Body.Close()
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: request}, nil
}

func (e *echoing) failure() string {
	body, _ := json.Marshal(map[string]any{
		"message": e.echo, "requestId": e.echo, "statusCode": 400,
		"fieldErrors": []map[string]string{{"field": e.echo, "code": e.echo, "message": e.echo}},
	})
	return string(body)
}

func (e *echoing) deploy(id, status string) string {
	body, _ := json.Marshal(map[string]any{
		"id": id, "deploymentId": "d", "type": "BUNDLE", "status": status, "description": e.echo, "bundleMountPath": e.echo,
		"bundleUploadUrl": "https://storage.example/c/b?sig=" + url.QueryEscape(e.secret), "createdAt": "2024-01-12T18:32:20Z", "isDagDeployEnabled": true,
	})
	return string(body)
}

// 200 secrets in 30 spellings each, echoed in every part of a response, never appear in an error of any
// type, however it is printed, logged or encoded.
func TestErrorsShowNoSpellingOfASecret(t *testing.T) {
	seeds := 10
	if testing.Short() || chaostest.UnderRace { // the race detector finds other bugs
		seeds = 1
	}
	for seed := range seeds {
		t.Run(strconv.Itoa(seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(uint64(seed), 11))
			for i := range 20 {
				requireNoSpellingShown(t, random, i == 0)
			}
		})
	}
}

// requireNoSpellingShown tries one secret in 30 spellings.
func requireNoSpellingShown(t *testing.T, random *rand.Rand, byAssertions bool) {
	secret, names := chaostest.RandomSecret(random), slices.Sorted(maps.Keys(chaostest.Spellings))
	service, log, calls := &echoing{secret: secret}, &bytes.Buffer{}, 0
	options := []wrapper.Option{
		wrapper.WithTokenSource(func(context.Context) (string, error) {
			if calls++; calls%2 == 0 && service.posted%2 == 1 {
				return "another.token.by.now", nil
			}
			return secret, nil
		}),
		wrapper.WithHTTPClient(&http.Client{Transport: service}),
		wrapper.WithLimiter(http.MethodPost, nil),
		wrapper.WithLimiter(http.MethodGet, nil),
		wrapper.WithPollInterval(time.Nanosecond),
		wrapper.WithLogger(slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))),
	}
	once, err := wrapper.NewClient(append(options, wrapper.WithRetry(wrapper.Retry{MaxAttempts: 1}))...)
	require.NoError(t, err)
	twice, err := wrapper.NewClient(append(options, wrapper.WithRetry(wrapper.Retry{MaxAttempts: 2, Backoff: atOnce}))...)
	require.NoError(t, err)
	for _, i := range random.Perm(len(names))[:30] {
		name := names[i]
		service.echo = chaostest.Spellings[name](secret)
		for kind, err := range failures(t.Context(), once, twice, service) {
			require.Error(t, err, kind)
			for below := err; below != nil; below = errors.Unwrap(below) {
				shown := chaostest.Shown(below)
				if byAssertions {
					shown += chaostest.ShownByAssertions(below)
				}
				require.False(t, chaostest.Shows(shown, secret, service.echo), "%s, %s: %s", kind, name, shown)
			}
		}
		require.False(t, chaostest.Shows(log.String(), secret, service.echo), "%s: %s", name, log)
		log.Reset()
	}
}

// failures returns errors of every type.
func failures(ctx context.Context, client, twice *wrapper.Client, service *echoing) map[string]error {
	target := func(deploy string) wrapper.Target {
		return wrapper.Target{OrganizationID: "o", DeploymentID: "d", DeployID: deploy, Type: api.DeployTypeBundle}
	}
	finalize := func(client *wrapper.Client, deploy string) error {
		service.posted = 0
		_, err := client.Finalize(ctx, target(deploy), wrapper.BundleTarball("version"))
		return err
	}
	upload := func(blob string) error {
		address := api.NewSecret("https://storage.example/c/" + blob + "?sig=" + url.QueryEscape(service.secret))
		version, err := client.Upload(ctx, &address, bytes.NewReader(gzipped(100)))
		return cmp.Or(err, errors.New(version)) // a version may be printed, too
	}
	read := func(deploy string) error {
		_, err := client.GetDeploy(ctx, target(deploy))
		return err
	}
	_, updateErr := client.UpdateDeploy(ctx, target("failed"), api.UpdateDeployRequest{Description: ptr("new")})
	_, rollbackErr := client.RollbackDeploy(ctx, target("earlier"), api.DeployRollbackRequest{})
	service.posted = 0
	_, waitErr := client.Wait(ctx, target("waiting"))
	ended, cancel := context.WithCancelCause(ctx)
	cancel(leakyError{service.echo, service.secret})
	_, waitCanceled := client.Wait(ended, target("waiting"))
	address := api.NewSecret("https://storage.example/c/b?sig=" + url.QueryEscape(service.secret))
	_, readErr := client.Upload(ctx, &address, brokenTarball{leakyError{service.echo, service.secret}})
	return map[string]error{
		"rotated":             finalize(twice, "rotated"),
		"APIError":            read("refused"),
		"foreign":             read("foreign"),
		"TransportError":      read("odd"),
		"OutcomeUnknownError": finalize(client, "unknown"),
		"DeployFailedError":   finalize(client, "failed"),
		"WaitError":           waitErr,
		"StorageError":        upload("blob"),
		"version":             upload("version"),
		"upload":              upload("odd"),
		"ValidationError":     read(service.echo + "/"),
		"ended":               waitCanceled,
		"tarball":             readErr,
		"update":              updateErr,
		"rollback":            rollbackErr,
	}
}

// brokenTarball cannot be read.
type brokenTarball struct{ err error }

func (b brokenTarball) Read([]byte) (int, error)       { return 0, b.err }
func (b brokenTarball) Seek(int64, int) (int64, error) { return 512, nil }

// A caller may pass the token in place of another value before it is used.
func TestTokenInPlaceOfAnotherValueIsNotShown(t *testing.T) {
	const token = "abcdefghijklmnopqrstuv0123456789abcd"
	client, err := wrapper.NewClient(wrapper.WithToken(token))
	require.NoError(t, err)
	_, read := client.GetDeploy(t.Context(), wrapper.Target{OrganizationID: "o", DeploymentID: "d", DeployID: token + "/"})
	_, byOption := wrapper.NewClient(wrapper.WithToken(token), wrapper.WithBaseURL(token))
	t.Setenv("ASTRO_API_TOKEN", token)
	_, byVariable := wrapper.NewClient(wrapper.WithBaseURL(token))
	for name, err := range map[string]error{
		"GetDeploy":              read,
		"CheckCreate":            client.CheckCreate(wrapper.Deployment{OrganizationID: token + "/"}, api.CreateDeployRequest{}),
		"NewClient":              byOption,
		"NewClient, environment": byVariable,
	} {
		require.ErrorAs(t, err, new(*wrapper.ValidationError), name)
		assert.NotContains(t, err.Error(), token[:12], name)
	}
}

// Other calls of a client do not make it forget the secrets of a call in flight.
func TestConcurrentCallsDoNotForgetSecrets(t *testing.T) {
	const token, signature = "abcdefghijklmnopqrstuv0123456789abcd", "ABCDEFGHIJKLMNOPQRST0123456789"
	var client *wrapper.Client
	var log bytes.Buffer
	upload := func(signature string) error {
		address := api.NewSecret("https://storage.example/c/b?sig=" + signature)
		_, err := client.Upload(t.Context(), &address, bytes.NewReader(gzipped(100)))
		return err
	}
	otherCalls := func() {
		for i := range 20 {
			assert.Error(t, upload(strings.Repeat(string(rune('a'+i)), 20)))
		}
	}
	client, err := wrapper.NewClient(wrapper.WithToken(token), wrapper.WithRetry(wrapper.Retry{MaxAttempts: 1}),
		wrapper.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))),
		wrapper.WithHTTPClient(&http.Client{Transport: roundTripper(func(request *http.Request) (*http.Response, error) {
			if request.Body != nil {
				_ = request.Body.Close()
			}
			if request.Method == http.MethodPut && request.URL.Query().Get("sig") != signature {
				return nil, errors.New("reset")
			}
			otherCalls()
			return nil, errors.New("reset: " + request.URL.RawQuery + request.Header.Get("Authorization"))
		})}))
	require.NoError(t, err)
	_, err = client.GetDeploy(t.Context(), wrapper.Target{OrganizationID: "o", DeploymentID: "d", DeployID: "p"})
	require.ErrorContains(t, err, "reset: ")
	uploaded := upload(signature)
	require.ErrorContains(t, uploaded, "reset: ")
	for _, shown := range []string{err.Error(), uploaded.Error(), log.String()} {
		assert.NotContains(t, shown, token[:12])
		assert.NotContains(t, shown, signature[:12])
	}
}

// A token source's own ValidationError is not the client's error for an invalid token.
func TestTokenSourcesValidationErrorIsWrapped(t *testing.T) {
	const token = "abcdefghijklmnopqrstuv0123456789abcd"
	client, err := wrapper.NewClient(wrapper.WithTokenSource(func(context.Context) (string, error) {
		return token, fmt.Errorf("vault: %w", &wrapper.ValidationError{Field: "response", Value: token, Rule: "cannot be parsed"})
	}))
	require.NoError(t, err)
	_, err = client.GetDeploy(t.Context(), wrapper.Target{OrganizationID: "o", DeploymentID: "d", DeployID: "p"})
	assert.EqualError(t, err, `GetDeploy: nothing was sent: token source: vault: response cannot be parsed (got "[REDACTED]")`)
}

// A response full of text that looks like signatures does not cost more than another one.
func TestHostileResponseIsReadCheaply(t *testing.T) {
	hostile := strings.Builder{}
	for i := range 12_000 {
		fmt.Fprintf(&hostile, "sig=%020d&", i)
	}
	service := &echoing{echo: hostile.String(), secret: "abcdefghijklmnopqrstuv0123456789abcd"}
	client, err := wrapper.NewClient(wrapper.WithToken(service.secret), wrapper.WithHTTPClient(&http.Client{Transport: service}))
	require.NoError(t, err)
	_, err = client.Finalize(t.Context(), wrapper.Target{OrganizationID: "o", DeploymentID: "d", DeployID: "failed"}, wrapper.BundleTarball("version"))
	failed := (*wrapper.DeployFailedError)(nil)
	require.ErrorAs(t, err, &failed)
	assert.LessOrEqual(t, len(*failed.Deploy.Description), 2<<10)
	allocated := testing.AllocsPerRun(1, func() {
		_, err = client.Finalize(t.Context(), wrapper.Target{OrganizationID: "o", DeploymentID: "d", DeployID: "failed"}, wrapper.BundleTarball("version"))
	})
	assert.Less(t, allocated, 8_000.0, "allocations for 12,000 strings that look like secrets")
}
