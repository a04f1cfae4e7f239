package wrapper

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// requireInvalid requires err to be a *ValidationError for field whose text contains hint.
func requireInvalid(t *testing.T, err error, field, hint string) {
	t.Helper()
	var invalid *ValidationError
	require.ErrorAs(t, err, &invalid)
	assert.Equal(t, field, invalid.Field)
	assert.Contains(t, err.Error(), hint)
}

func TestValidationErrorsDoNotQuoteSecrets(t *testing.T) {
	token := "eyJhbGciOiJSUzI1NiJ9." + strings.Repeat("s3cret", 20)
	for _, err := range []error{
		checkID("organizationId", token),
		checkDAGVersion(token + "\n"),
		checkDAGVersion("https://storage.example/a?sig=s3cret\r"),
	} {
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "s3cret")
	}
	assert.ErrorContains(t, checkDAGVersion("v1\r"), `(got "v1\r")`)
}

// A path of Windows is shown as it is, and everything else stays in one line.
func TestValidationErrorsShowPathsOfWindows(t *testing.T) {
	for value, want := range map[string]string{
		`C:\Program Files\Git\usr\new`: `(got "C:\Program Files\Git\usr\new")`,
		`\\server\share\`:              `(got "\\server\share\")`,
		"a\nb":                         `(got "a\nb")`,
		"\\\n\x1b\xff":                 `(got "\\n\x1b\xff")`,
		`say "x"`:                      `(got "say \"x\"")`,
	} {
		assert.Equal(t, "f r "+want, (&ValidationError{Field: "f", Value: value, Rule: "r"}).Error())
	}
}

func checkDAGVersion(version string) error {
	return CheckFinalize("", DAGDeploysUnknown, api.FinalizeDeployRequest{DAGTarballVersion: &version})
}

// The rule table of the contract, for every type, state of DAG deploys and pair of versions. The strings name
// the missing field; "" means valid.
func TestCheckFinalizeFollowsTheRuleTable(t *testing.T) {
	const dag, bundle = "dagTarballVersion", "bundleTarballVersion"
	version := "2024-01-12T18:32:20.5898930Z"
	neither := api.FinalizeDeployRequest{}
	onlyDAG := api.FinalizeDeployRequest{DAGTarballVersion: &version}
	onlyBundle := api.FinalizeDeployRequest{BundleTarballVersion: &version}
	both := api.FinalizeDeployRequest{DAGTarballVersion: &version, BundleTarballVersion: &version}

	for _, row := range []struct {
		deployType                         api.DeployType
		dagDeploys                         DAGDeploys
		neither, onlyDAG, onlyBundle, both string
	}{
		{"IMAGE_AND_DAG", DAGDeploysOn, dag, "", dag, ""},
		{"DAG_ONLY", DAGDeploysOn, dag, "", dag, ""},
		{"IMAGE_ONLY", DAGDeploysOn, "", "", "", ""},
		{"BUNDLE", DAGDeploysOn, bundle, bundle, "", ""},
		{"IMAGE_AND_DAG", DAGDeploysOff, "", "", "", ""},
		{"DAG_ONLY", DAGDeploysOff, "", "", "", ""},
		{"IMAGE_ONLY", DAGDeploysOff, "", "", "", ""},
		{"BUNDLE", DAGDeploysOff, "", "", "", ""},
		{"IMAGE_AND_DAG", DAGDeploysUnknown, "", "", "", ""},
		{"DAG_ONLY", DAGDeploysUnknown, "", "", "", ""},
		{"IMAGE_ONLY", DAGDeploysUnknown, "", "", "", ""},
		{"BUNDLE", DAGDeploysUnknown, "", "", "", ""},
		{"", DAGDeploysOn, "", "", "", ""},
		{"SOMETHING_NEW", DAGDeploysOn, "", "", "", ""},
	} {
		for _, cell := range []struct {
			request api.FinalizeDeployRequest
			want    string
		}{{neither, row.neither}, {onlyDAG, row.onlyDAG}, {onlyBundle, row.onlyBundle}, {both, row.both}} {
			err := CheckFinalize(row.deployType, row.dagDeploys, cell.request)
			if cell.want == "" {
				assert.NoError(t, err, "%+v %+v", row, cell.request)
			} else {
				requireInvalid(t, err, cell.want, string(row.deployType))
			}
		}
	}
}

// A version that is set must be valid, whatever is known about the deploy.
func TestCheckFinalizeRejectsMalformedVersions(t *testing.T) {
	for _, malformed := range []string{"", " ", "v\r"} {
		for _, deployType := range []api.DeployType{"", api.DeployTypeImageOnly, api.DeployTypeBundle, api.DeployTypeDAGOnly, "SOMETHING_NEW"} {
			err := CheckFinalize(deployType, DAGDeploysUnknown, api.FinalizeDeployRequest{DAGTarballVersion: &malformed})
			requireInvalid(t, err, "dagTarballVersion", "must not")
			err = CheckFinalize(deployType, DAGDeploysUnknown, api.FinalizeDeployRequest{BundleTarballVersion: &malformed})
			requireInvalid(t, err, "bundleTarballVersion", "must not")
		}
	}
}
