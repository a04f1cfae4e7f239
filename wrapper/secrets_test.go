package wrapper_test

import (
	"bytes"
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/internal/chaostest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// A value of every exported type, made from responses full of secrets, shows none of them when it is
// printed or logged. TestChaos does the same for its errors.
func TestExportedTypesShowNoSecrets(t *testing.T) {
	echo := "Bearer " + chaostest.Token + " https://storage.example/a?sv=1&sig=" + chaostest.Signature
	server := astrotest.NewServer(astrotest.WithTokens(chaostest.Token), astrotest.WithAnyVersion())
	defer server.Close()
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	source := wrapper.TokenSource(func(context.Context) (string, error) { return chaostest.Token, nil })
	options := []wrapper.Option{
		wrapper.WithToken(chaostest.Token),
		wrapper.WithTokenSource(source),
		wrapper.WithBaseURL(server.URL),
		wrapper.WithLogger(logger),
		wrapper.WithRetry(wrapper.Retry{Backoff: atOnce, MaxAttempts: 2}),
		wrapper.WithPollInterval(time.Millisecond),
	}
	client, err := wrapper.NewClient(options...)
	require.NoError(t, err)
	target := add(server, api.DeployTypeBundle)
	content := wrapper.BundleTarball("version")
	deploy, err := client.Finalize(t.Context(), target, content)
	require.NoError(t, err)
	require.Contains(t, deploy.BundleUploadURL.Reveal(), chaostest.Signature, "the deploy has a secret")

	values := map[string]any{
		"APIVersion":  wrapper.V1,
		"Backoff":     atOnce(),
		"Client":      client,
		"Content":     content,
		"DAGDeploys":  target.DAGDeploys,
		"Limiter":     wrapper.NewLimiter(10),
		"Retry":       wrapper.Retry{Backoff: atOnce},
		"Option":      options,
		"Target":      wrapper.TargetOf(target.OrganizationID, deploy),
		"TokenSource": source,
		"api.Client":  client.API(),
		"api.Deploy":  deploy,
	}
	finalizeWith := func(target wrapper.Target, content wrapper.Content, faults ...astrotest.Fault) error {
		server.Inject(faults...)
		_, err := client.Finalize(t.Context(), target, content)
		require.Error(t, err)
		return err
	}
	other := wrapper.BundleTarball("other") // a read-back does not show it
	refused := astrotest.Respond(400, "application/json", `{"message":"`+echo+`","requestId":"`+echo+`","fieldErrors":[{"field":"`+echo+`","code":"`+echo+`","message":"`+echo+`"}]}`)
	unreadable := append([]astrotest.Fault{astrotest.Respond(200, "text/html", echo)}, slices.Repeat([]astrotest.Fault{astrotest.Respond(403, "text/html", echo)}, 9)...)
	closed := astrotest.NewServer(astrotest.WithTokens(chaostest.Token))
	closed.Close()
	unreachable, err := wrapper.NewClient(append(options, wrapper.WithBaseURL(closed.URL), wrapper.WithRetry(wrapper.Retry{MaxAttempts: 1}))...)
	require.NoError(t, err)
	_, transportErr := unreachable.Finalize(t.Context(), target, content)

	values["Deployment"] = wrapper.Deployment{OrganizationID: target.OrganizationID, DeploymentID: target.DeploymentID}
	values["UploadOption"] = wrapper.WithProgress(func(int64, int64) {})
	address := deploy.BundleUploadURL.Reveal()
	_, signed, _ := strings.Cut(address, "sig=") // the storage never gets the token
	signed += " in " + address
	server.Inject(astrotest.StorageError(403, "AuthenticationFailed", signed).WithHeader("x-ms-request-id", signed).On("PutBlob"))
	_, err = client.Upload(t.Context(), deploy.BundleUploadURL, bytes.NewReader(gzipped(100)))
	values["StorageError"] = err
	server.Inject(astrotest.Respond(401, "text/html", echo).On("GetDeploy"))
	_, err = client.Wait(t.Context(), target)
	values["WaitError"] = err

	values["ValidationError"] = finalizeWith(wrapper.Target{OrganizationID: "https://storage.example/a?sig=" + chaostest.Signature}, content)
	values["APIError"] = finalizeWith(target, other, astrotest.RateLimited(), refused)
	values["OutcomeUnknownError"] = finalizeWith(target, other, unreadable...)
	values["TransportError"] = transportErr
	server.Inject(refused.On("UpdateDeploy"), astrotest.Respond(200, "text/html", echo).On("DeployRollback"))
	_, values["UpdateDeploy"] = client.UpdateDeploy(t.Context(), target, api.UpdateDeployRequest{Description: &echo})
	_, values["RollbackDeploy"] = client.RollbackDeploy(t.Context(), target, api.DeployRollbackRequest{Description: &echo})
	values["DeployFailedError"] = finalizeWith(target, content, astrotest.EditDeploy(func(deploy map[string]any) { deploy["status"] = "FAILED" }))
	for name, target := range map[string]any{
		"ValidationError":     new(*wrapper.ValidationError),
		"APIError":            new(*wrapper.APIError),
		"OutcomeUnknownError": new(*wrapper.OutcomeUnknownError),
		"TransportError":      new(*wrapper.TransportError),
		"DeployFailedError":   new(*wrapper.DeployFailedError),
		"StorageError":        new(*wrapper.StorageError),
		"WaitError":           new(*wrapper.WaitError),
	} {
		require.ErrorAs(t, values[name].(error), target)
	}

	for _, name := range exportedTypes(t) {
		assert.Contains(t, values, name, "this type is not tested")
	}
	for _, value := range values {
		chaostest.RequireNoSecret(t, value)
		if err, isError := value.(error); isError {
			for ; err != nil; err = errors.Unwrap(err) {
				chaostest.RequireNoSecret(t, err)
				chaostest.RequireClean(t, chaostest.ShownByAssertions(err))
			}
		}
	}
	assert.Contains(t, log.String(), `"attempt":2`)
	chaostest.RequireClean(t, log.String())
}

// exportedTypes returns the names of this package's exported types.
func exportedTypes(t *testing.T) (names []string) {
	paths, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(node ast.Node) bool {
			if declared, isType := node.(*ast.TypeSpec); isType && declared.Name.IsExported() {
				names = append(names, declared.Name.Name)
			}
			return true
		})
	}
	require.Contains(t, names, "Client")
	return names
}

// The error for a 401 says when the token expired, and shows nothing else of it.
func TestUnauthorizedErrorNamesAnExpiredToken(t *testing.T) {
	server := astrotest.NewServer()
	defer server.Close()
	client, err := wrapper.NewClient(wrapper.WithBaseURL(server.URL), wrapper.WithToken(chaostest.Token))
	require.NoError(t, err)
	_, err = client.Finalize(t.Context(), add(server, api.DeployTypeImageOnly), wrapper.ImageOnly())
	require.ErrorIs(t, err, wrapper.ErrUnauthorized)
	assert.ErrorContains(t, err, "the token expired on "+time.Unix(1761955200, 0).UTC().Format(time.RFC1123))
	chaostest.RequireNoSecret(t, err)
}
