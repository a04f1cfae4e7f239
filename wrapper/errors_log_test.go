package wrapper

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// slog logs each error with its text and the fields that are set.
func TestErrorsAreLoggedWithTheirFields(t *testing.T) {
	refused := &APIError{Operation: opGetDeploy, StatusCode: 403, RequestID: "r", Attempts: 2, Elapsed: time.Second, RetryAfter: time.Minute}
	lost := &TransportError{Operation: opCreateDeploy, Attempts: 1, Elapsed: time.Second, MayHaveTakenEffect: true, Err: io.EOF}
	deploy := &api.Deploy{ID: "p", DeploymentID: "d", Type: "DAG_ONLY", Status: "INITIALIZED"}
	shown := map[string]any{"id": "p", "deploymentId": "d", "type": "DAG_ONLY", "status": "INITIALIZED"}
	apiFields := map[string]any{"error": refused.Error(), "operation": "GetDeploy", "status": 403.0, "requestId": "r", "attempts": 2.0, "elapsed": 1e9, "retryAfter": 6e10}
	lostFields := map[string]any{"error": lost.Error(), "operation": "CreateDeploy", "attempts": 1.0, "elapsed": 1e9, "mayHaveTakenEffect": true}
	for _, row := range []struct {
		err  error
		want map[string]any // besides the text
	}{
		{&ValidationError{Field: "deployId", Value: "..", Rule: "is bad"}, map[string]any{"field": "deployId", "value": ".."}},
		{&ValidationError{Field: "token", Rule: "is missing"}, map[string]any{"field": "token"}},
		{&DeployFailedError{Deploy: deploy}, map[string]any{"deploy": shown}},
		{&DeployFailedError{}, map[string]any{}},
		{refused, apiFields},
		{lost, lostFields},
		{&StorageError{StatusCode: 403, Code: "AuthenticationFailed", RequestID: "r", Attempts: 1}, map[string]any{"operation": "Upload", "status": 403.0, "code": "AuthenticationFailed", "requestId": "r", "attempts": 1.0}},
		{&OutcomeUnknownError{DeployID: "p", Deploy: deploy, Err: lost}, map[string]any{"deployId": "p", "deploy": shown, "lastAttempt": lostFields}},
		{&OutcomeUnknownError{DeployID: "p", Err: lost, LookUpErr: refused}, map[string]any{"deployId": "p", "lastAttempt": lostFields, "lookUp": apiFields}},
		{&WaitError{DeployID: "p", Deploy: deploy, Err: errors.New("enough")}, map[string]any{"deployId": "p", "deploy": shown, "cause": "enough"}},
	} {
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Error("failed", "err", row.err)
		var line struct{ Err map[string]any }
		require.NoError(t, json.Unmarshal(log.Bytes(), &line), log.String())
		row.want["error"] = row.err.Error()
		assert.Equal(t, row.want, line.Err, "%T", row.err)
	}
}
