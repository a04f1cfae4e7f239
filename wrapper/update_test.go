package wrapper_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/internal/chaostest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

const (
	update   = "UpdateDeploy"
	rollback = "DeployRollback"
)

// live starts a fake service with a finalized deploy.
func live(t *testing.T, options ...wrapper.Option) (*astrotest.Server, *wrapper.Client, wrapper.Target) {
	server, client, deployment := home(t, options...)
	deploy := server.AddDeploy(api.Deploy{DeploymentID: deployment.DeploymentID, Type: api.DeployTypeImageOnly})
	server.Finalize(deploy.ID, api.FinalizeDeployRequest{})
	return server, client, wrapper.TargetOf(deployment.OrganizationID, &deploy)
}

// sentTo returns how many requests of an operation the service received.
func sentTo(server *astrotest.Server, operation string) (count int) {
	for _, request := range server.Requests() {
		if request.Operation == operation {
			count++
		}
	}
	return count
}

// An update is retried whatever happened to its response; only what was asked for is success.
func TestUpdateDeploy(t *testing.T) {
	const sent = "Fixes the nightly load"
	set := func(field string, value any) astrotest.Fault {
		return astrotest.EditDeploy(func(deploy map[string]any) { deploy[field] = value })
	}
	four := func(fault astrotest.Fault) []astrotest.Fault { return []astrotest.Fault{fault, fault, fault, fault} }
	for name, row := range map[string]struct {
		faults []astrotest.Fault
		posts  int
		want   string // "" for success
	}{
		"success":                 {nil, 1, ""},
		"response cut":            {[]astrotest.Fault{astrotest.CutResponse()}, 2, ""},
		"connection cut":          {[]astrotest.Fault{astrotest.CutConnection(), astrotest.CutConnection()}, 3, ""},
		"502 after it was done":   {[]astrotest.Fault{astrotest.BadGateway().AfterCommit()}, 2, ""},
		"429":                     {[]astrotest.Fault{astrotest.RateLimited()}, 2, ""},
		"another deploy, once":    {[]astrotest.Fault{set("id", "another")}, 2, ""},
		"another description":     {four(set("description", "theirs")), 4, "the response shows another description than the one sent"},
		"no description":          {four(set("description", nil)), 4, "another description than the one sent"},
		"white space around it":   {[]astrotest.Fault{set("description", " "+sent+"\n")}, 1, ""},
		"FAILED":                  {[]astrotest.Fault{set("status", "FAILED")}, 1, ""},
		"cut each time":           {four(astrotest.CutResponse()), 4, "; the request may have taken effect"},
		"redirect":                {[]astrotest.Fault{astrotest.Respond(307, "", "").WithHeader("Location", "/v1/elsewhere")}, 1, "redirects are not followed"},
		"400":                     {[]astrotest.Fault{astrotest.Error(400, "no")}, 1, "UpdateDeploy: 400 Bad Request: no"},
		"403":                     {[]astrotest.Fault{astrotest.Error(403, "no")}, 1, "needs the permission deployment.deploys.update on this Deployment; deployment.deploys.create is not enough"},
		"404":                     {[]astrotest.Fault{astrotest.Error(404, "no")}, 1, "check the IDs in the call"},
		"a malformed update time": {[]astrotest.Fault{set("updatedAt", "yesterday")}, 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			server, client, target := live(t)
			server.Inject(row.faults...)
			deploy, err := client.UpdateDeploy(t.Context(), target, api.UpdateDeployRequest{Description: ptr(sent)})
			assert.Equal(t, row.posts, sentTo(server, update))
			assert.Len(t, server.Requests(), row.posts)
			assert.Equal(t, `{"description":"`+sent+`"}`, string(server.Requests()[0].Body))
			if row.want != "" {
				require.ErrorContains(t, err, row.want)
				assert.Nil(t, deploy)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, target.DeployID, deploy.ID)
			after, _ := server.Deploy(target.DeployID)
			assert.Equal(t, sent, *after.Description)
		})
	}
}

func TestUpdateDeploySendsAnEmptyDescription(t *testing.T) {
	server, client, target := live(t)
	deploy, err := client.UpdateDeploy(t.Context(), target, api.UpdateDeployRequest{Description: ptr("")})
	require.NoError(t, err)
	assert.Empty(t, *deploy.Description)
	assert.Equal(t, `{"description":""}`, string(server.Requests()[0].Body))
}

// A rollback is retried only if the service cannot have received it. Its error says how to find out.
func TestRollbackDeploy(t *testing.T) {
	const left = "the Deployment may have been rolled back: look with ListDeploys for a new deploy whose RollbackFromID is the deploy to roll back to; calling again may roll back twice"
	set := func(field string, value any) astrotest.Fault {
		return astrotest.EditDeploy(func(deploy map[string]any) { deploy[field] = value })
	}
	itself := astrotest.EditDeploy(func(deploy map[string]any) { deploy["id"] = deploy["rollbackFromId"] })
	for name, row := range map[string]struct {
		fault  astrotest.Fault
		posts  int
		rolled int // rollbacks on the service
		want   string
	}{
		"success":              {astrotest.Slow(0), 1, 1, ""},
		"INITIALIZED":          {set("status", "INITIALIZED"), 1, 1, ""},
		"does not say to what": {set("rollbackFromId", nil), 1, 1, ""},
		"429":                  {astrotest.RateLimited(), 2, 1, ""},
		"response cut":         {astrotest.CutResponse(), 1, 1, left},
		"connection cut":       {astrotest.CutConnection(), 1, 0, left},
		"502":                  {astrotest.BadGateway().AfterCommit(), 1, 1, left},
		"200 {}":               {astrotest.Respond(200, "application/json", "{}").AfterCommit(), 1, 1, `the response contains no deploy: "{}"; ` + left},
		"the deploy itself":    {itself, 1, 1, "the response shows the deploy that was rolled back to, not the new one"},
		"to another":           {set("rollbackFromId", "another"), 1, 1, "the response shows a rollback to another deploy"},
		"another Deployment":   {set("deploymentId", "another"), 1, 1, "a deploy in another Deployment"},
		"an unknown status":    {set("status", "QUEUED"), 1, 1, `an unknown deploy status, "QUEUED"`},
		"redirect":             {astrotest.Respond(307, "", "").WithHeader("Location", "/v1/elsewhere"), 1, 0, "redirects are not followed"},
		"400":                  {astrotest.Error(400, "no"), 1, 0, "DeployRollback: 400 Bad Request: no"},
		"403":                  {astrotest.Error(403, "no"), 1, 0, "needs the permission deployment.deploys.update"},
	} {
		t.Run(name, func(t *testing.T) {
			server, client, to := live(t)
			server.Inject(row.fault.On(rollback))
			deploy, err := client.RollbackDeploy(t.Context(), to, api.DeployRollbackRequest{Description: ptr("Back to Monday")})
			assert.Equal(t, row.posts, sentTo(server, rollback))
			assert.Len(t, server.Requests(), row.posts)
			assert.Equal(t, `{"description":"Back to Monday"}`, string(server.Requests()[0].Body))
			in := wrapper.Deployment{OrganizationID: to.OrganizationID, DeploymentID: to.DeploymentID}
			assert.Equal(t, row.rolled, countDeploys(t, server, client, in)-1)
			if row.want != "" {
				require.ErrorContains(t, err, row.want)
				assert.Nil(t, deploy)
				assert.Equal(t, strings.HasSuffix(err.Error(), left), mayHaveTakenEffect(t, err), "the text and MayHaveTakenEffect agree")
				assert.True(t, row.rolled == 0 || mayHaveTakenEffect(t, err), "it did take effect")
				return
			}
			require.NoError(t, err)
			assert.NotEqual(t, to.DeployID, deploy.ID)
			stored, _ := server.Deploy(deploy.ID)
			assert.Equal(t, to.DeployID, *stored.RollbackFromID)
		})
	}
}

func TestRollbackThatFailsIsAnErrorWithTheDeploy(t *testing.T) {
	server, client, to := live(t)
	server.Inject(astrotest.EditDeploy(func(deploy map[string]any) { deploy["status"] = "FAILED" }))
	_, err := client.RollbackDeploy(t.Context(), to, api.DeployRollbackRequest{})
	failed := (*wrapper.DeployFailedError)(nil)
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, to.DeployID, *failed.Deploy.RollbackFromID)
	assert.Equal(t, "{}", string(server.Requests()[0].Body))
}

// The API's client retries an update, and not a rollback.
func TestGeneratedClientRetriesUpdatesButNoRollbacks(t *testing.T) {
	server, client, target := live(t)
	server.Inject(astrotest.CutConnection().On(update), astrotest.CutConnection().On(rollback))
	require.NoError(t, second(client.API().UpdateDeploy(t.Context(), target.OrganizationID, target.DeploymentID, target.DeployID, api.UpdateDeployRequest{Description: ptr("new")})))
	err := second(client.API().DeployRollback(t.Context(), target.OrganizationID, target.DeploymentID, target.DeployID, api.DeployRollbackRequest{}))
	assert.True(t, mayHaveTakenEffect(t, err))
	assert.Equal(t, 2, sentTo(server, update))
	assert.Equal(t, 1, sentTo(server, rollback))
}

// Both move to v1 once v1beta1 is gone.
func TestUpdateAndRollbackMoveToV1(t *testing.T) {
	for _, call := range []func(*wrapper.Client, wrapper.Target) error{
		func(client *wrapper.Client, target wrapper.Target) error {
			return second(client.UpdateDeploy(t.Context(), target, api.UpdateDeployRequest{Description: ptr("new")}))
		},
		func(client *wrapper.Client, target wrapper.Target) error {
			return second(client.RollbackDeploy(t.Context(), target, api.DeployRollbackRequest{}))
		},
	} {
		server, client, target := live(t)
		server.RetireV1Beta1(410)
		require.NoError(t, call(client, target))
		assert.Equal(t, "v1beta1 v1", versionsOf(server.Requests()))
	}
}

func TestUpdateAndRollbackRejectInvalidInput(t *testing.T) {
	server, client, target := live(t)
	long, described := strings.Repeat("é", 501), api.UpdateDeployRequest{Description: ptr("new")}
	invalid := wrapper.Target{OrganizationID: target.OrganizationID, DeploymentID: target.DeploymentID, DeployID: ".."}
	none, unmade := context.Context(nil), (*wrapper.Client)(nil)
	for text, err := range map[string]error{
		"description must be set: an update changes nothing else": second(client.UpdateDeploy(t.Context(), target, api.UpdateDeployRequest{})),
		"description must have at most 500 characters":            second(client.UpdateDeploy(t.Context(), target, api.UpdateDeployRequest{Description: &long})),
		"this one has 501":    second(client.RollbackDeploy(t.Context(), target, api.DeployRollbackRequest{Description: &long})),
		"deployId must":       second(client.UpdateDeploy(t.Context(), invalid, described)),
		`deployId must not`:   second(client.RollbackDeploy(t.Context(), invalid, api.DeployRollbackRequest{})),
		"ctx must not be nil": second(client.UpdateDeploy(none, target, described)),
		"ctx must not":        second(client.RollbackDeploy(none, target, api.DeployRollbackRequest{})),
		"client must be":      second(unmade.UpdateDeploy(t.Context(), target, described)),
		"client must":         second(unmade.RollbackDeploy(t.Context(), target, api.DeployRollbackRequest{})),
	} {
		require.ErrorAs(t, err, new(*wrapper.ValidationError), text)
		assert.ErrorContains(t, err, text)
	}
	assert.Empty(t, server.Requests())
}

// Every operation reports that the Deployment hibernates, with the cure, and no secret of the response.
func TestHibernatingDeployment(t *testing.T) {
	const body = `{"message":"Deploy is blocked because Deployment is in HIBERNATING state","statusCode":400}`
	for operation, call := range map[string]func(*wrapper.Client, wrapper.Target) error{
		"CreateDeploy": func(client *wrapper.Client, target wrapper.Target) error {
			in := wrapper.Deployment{OrganizationID: target.OrganizationID, DeploymentID: target.DeploymentID}
			return second(client.CreateDeploy(t.Context(), in, api.CreateDeployRequest{Type: api.DeployTypeDAGOnly}))
		},
		finalize: func(client *wrapper.Client, target wrapper.Target) error {
			return second(client.Finalize(t.Context(), target, wrapper.ImageOnly()))
		},
		read: func(client *wrapper.Client, target wrapper.Target) error {
			return second(client.GetDeploy(t.Context(), target))
		},
		update: func(client *wrapper.Client, target wrapper.Target) error {
			return second(client.UpdateDeploy(t.Context(), target, api.UpdateDeployRequest{Description: ptr("new")}))
		},
		rollback: func(client *wrapper.Client, target wrapper.Target) error {
			return second(client.RollbackDeploy(t.Context(), target, api.DeployRollbackRequest{}))
		},
	} {
		server, client, deployment := home(t)
		deploy := server.AddDeploy(api.Deploy{DeploymentID: deployment.DeploymentID, Type: api.DeployTypeImageOnly})
		server.Inject(astrotest.Respond(400, "application/json", body).On(operation))
		err := call(client, wrapper.TargetOf(deployment.OrganizationID, &deploy))
		require.ErrorIs(t, err, wrapper.ErrHibernating, operation)
		require.ErrorIs(t, err, wrapper.ErrBadRequest, operation)
		assert.False(t, mayHaveTakenEffect(t, err), operation)
		assert.Equal(t, 1, sentTo(server, operation), "a retry would not help")
		assert.ErrorContains(t, err, "HIBERNATING state; wake the Deployment first, in the Astro UI or with POST")
	}
	for _, other := range []*wrapper.APIError{
		{StatusCode: 400, Message: "Invalid request"},
		{StatusCode: 409, Message: "Deployment is in HIBERNATING state"},
	} {
		assert.False(t, errors.Is(other, wrapper.ErrHibernating))
	}
}

// No error of an update or rollback shows a secret that a response echoes.
func TestUpdateAndRollbackShowNoSecrets(t *testing.T) {
	echo := "Bearer " + chaostest.Token + " https://storage.example/a?sv=1&sig=" + chaostest.Signature
	server := astrotest.NewServer(astrotest.WithTokens(chaostest.Token))
	defer server.Close()
	client, err := wrapper.NewClient(wrapper.WithBaseURL(server.URL), wrapper.WithToken(chaostest.Token), wrapper.WithRetry(wrapper.Retry{MaxAttempts: 1}))
	require.NoError(t, err)
	target := add(server, api.DeployTypeImageOnly)
	server.Finalize(target.DeployID, api.FinalizeDeployRequest{})
	for _, fault := range []astrotest.Fault{
		astrotest.Respond(400, "application/json", `{"message":"`+echo+`","requestId":"`+echo+`"}`),
		astrotest.Respond(200, "text/html", echo),
		astrotest.EditDeploy(func(deploy map[string]any) { deploy["description"], deploy["rollbackFromId"] = echo, echo }),
		astrotest.EditDeploy(func(deploy map[string]any) { deploy["status"], deploy["description"] = "FAILED", echo }),
		astrotest.EditDeploy(func(deploy map[string]any) { deploy["status"], deploy["description"] = echo, echo }),
	} {
		server.Inject(fault, fault)
		for _, err := range []error{
			second(client.UpdateDeploy(t.Context(), target, api.UpdateDeployRequest{Description: ptr("new")})),
			second(client.RollbackDeploy(t.Context(), target, api.DeployRollbackRequest{})),
		} {
			require.Error(t, err)
			for ; err != nil; err = errors.Unwrap(err) {
				chaostest.RequireNoSecret(t, err)
			}
		}
	}
}
