package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
)

func runWith(t *testing.T, args ...string) (code int, stdout, stderr string) {
	var out, errors bytes.Buffer
	code = run(t.Context(), args, &out, &errors)
	return code, out.String(), errors.String()
}

func TestSimulation(t *testing.T) {
	t.Setenv("ASTRO_API_TOKEN", "")
	code, stdout, stderr := runWith(t)
	require.Equal(t, command.OK, code, stderr)
	assert.Empty(t, stderr)
	assert.True(t, strings.HasPrefix(stdout, "This is a simulation"))
	for _, line := range []string{
		`finalize {"dagTarballVersion":"` + firstDAGs + `"}`,
		`now runs  DAGs ` + secondDAGs + `, no bundle`,
		`finalize {}`,
		`finalize {"bundleTarballVersion":"` + bundle + `"}`,
		`bundle ` + bundle + ` at /usr/local/airflow/dbt/shop`,
		`now runs  DAGs ` + thirdDAGs,
		`sent      nothing`,
		`error     dagTarballVersion must not be empty`,
		`finalize {"bundleTarballVersion":""}`,
	} {
		assert.Contains(t, stdout, line)
	}
	assert.Equal(t, 6, strings.Count(stdout, "returned  DEPLOYED"))
	assert.True(t, strings.HasSuffix(stdout, "no bundle\n"), "the last scene removes the bundle")
}

func TestLive(t *testing.T) {
	for _, row := range []struct {
		deployType api.DeployType
		flags      []string
		body       string
	}{
		{api.DeployTypeDAGOnly, []string{"-dags", "v1"}, `{"dagTarballVersion":"v1"}`},
		{api.DeployTypeBundle, []string{"-bundle", "v1", "-api-version", "v1"}, `{"bundleTarballVersion":"v1"}`},
		{api.DeployTypeBundle, []string{"-remove-bundle"}, `{"bundleTarballVersion":""}`},
		{api.DeployTypeImageOnly, []string{"-image-only"}, `{}`},
	} {
		server := astrotest.NewServer(astrotest.WithTokens("real"), astrotest.WithAnyVersion())
		t.Cleanup(server.Close)
		deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
		deploy := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: row.deployType})
		t.Setenv("ASTRO_API_TOKEN", "real")
		t.Setenv("ASTRO_ORGANIZATION_ID", deployment.OrganizationID)
		t.Setenv("ASTRO_DEPLOYMENT_ID", "overridden")
		args := append([]string{"-live", "-base-url", server.URL, "-deployment", deployment.ID, "-deploy", deploy.ID}, row.flags...)

		code, stdout, stderr := runWith(t, args...)
		require.Equal(t, command.OK, code, stderr)
		assert.Equal(t, "deploy "+deploy.ID+" ("+string(row.deployType)+") is DEPLOYED\n", stdout)
		assert.Equal(t, "finalizing deploy "+deploy.ID+" at "+strings.TrimPrefix(server.URL, "http://")+"\n", stderr)
		require.Len(t, server.Requests(), 1)
		assert.Equal(t, row.body, string(server.Requests()[0].Body))

		t.Setenv("ASTRO_API_TOKEN", "revoked")
		code, stdout, stderr = runWith(t, args...)
		assert.Equal(t, command.Failed, code)
		assert.Empty(t, stdout)
		assert.Contains(t, stderr, "401 Unauthorized")
	}
}

func TestBadFlags(t *testing.T) {
	server := astrotest.NewServer()
	defer server.Close()
	t.Setenv("ASTRO_ORGANIZATION_ID", "")
	t.Setenv("ASTRO_DEPLOYMENT_ID", "deployment")
	live := []string{"-live", "-base-url", server.URL, "-organization", "organization", "-deploy", "deploy"}
	for _, row := range []struct {
		args  []string
		token string
		want  string
	}{
		{[]string{"-nonsense"}, "t", "-nonsense"},
		{[]string{"argument"}, "t", "use flags only"},
		{[]string{"-deploy", "d", "-dags", "v"}, "t", "add -live"},
		{[]string{"-live=false", "-deploy", "d", "-dags", "v"}, "t", "add -live"},
		{[]string{"-live", "-dags", "v"}, "t", "-live needs -deploy"},
		{append(live, "-deploy", "", "-dags", "v"), "t", "-live needs -deploy"},
		{live, "t", "one of -dags"},
		{append(live, "-dags", "v", "-image-only"), "t", "one of -dags"},
		{append(live, "-image-only=false"), "t", "one of -dags"},
		{append(live, "-dags", ""), "t", "dagTarballVersion must not be empty"},
		{append(live, "-dags", "v\r"), "t", "carriage return"},
		{append(live, "-dags", "v", "-api-version", "v2"), "t", "must be v1beta1"},
		{append(live, "-dags", "v", "-base-url", "api.astronomer.io"), "t", "start with https://"},
		{append(live, "-dags", "v", "-deploy", ".."), "t", "deployId"},
		{append(live, "-dags", "v", "-organization", ""), "t", "organizationId must not be empty"},
		{append(live, "-dags", "v"), "", "set ASTRO_API_TOKEN"},
		{append(live, "-dags", "v"), "t\n", "white space"},
	} {
		t.Setenv("ASTRO_API_TOKEN", row.token)
		code, stdout, stderr := runWith(t, row.args...)
		assert.Equal(t, command.Usage, code, row.args)
		assert.Empty(t, stdout)
		assert.Contains(t, stderr, row.want)
	}
	assert.Empty(t, server.Requests())
	code, _, stderr := runWith(t, "-h")
	assert.Equal(t, command.OK, code)
	assert.Contains(t, stderr, "-remove-bundle")
}
