package decode

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
)

const listed = `{"id":"p","deploymentId":"d","status":"DEPLOYED"}`

func TestPage(t *testing.T) {
	page, err := Page([]byte(`{"deploys":[`+listed+`],"offset":7,"totalCount":8}`), "d", 7)
	require.NoError(t, err)
	assert.Equal(t, &api.DeploysPaginated{TotalCount: 8, Deploys: []api.Deploy{{ID: "p", DeploymentID: "d", Status: "DEPLOYED"}}}, page)
}

// An invalid field of one deploy does not fail the page, and the page's names match exactly.
func TestPageIsLenient(t *testing.T) {
	odd := strings.Replace(listed, `{`, `{"description":5,"Status":"FAILED",`, 1)
	page, err := Page([]byte(`{"Deploys":[],"deploys":[`+listed+`,`+odd+`],"Offset":0,"\u006fffset":7,"totalCount":9,"TotalCount":2,"limit":"x"}`), "d", 7)
	require.NoError(t, err)
	deploy := api.Deploy{ID: "p", DeploymentID: "d", Status: "DEPLOYED"}
	assert.Equal(t, &api.DeploysPaginated{TotalCount: 9, Deploys: []api.Deploy{deploy, deploy}}, page)
}

// The list may have become shorter since the previous page.
func TestPageBeyondTheEnd(t *testing.T) {
	for _, total := range []string{"0", "7"} {
		page, err := Page([]byte(`{"deploys":[],"offset":7,"totalCount":`+total+`}`), "d", 7)
		require.NoError(t, err)
		assert.Empty(t, page.Deploys)
	}
}

func TestPageRefuses(t *testing.T) {
	for body, want := range map[string]string{
		`{}`: "contains no page of deploys",
		`{"Deploys":[],"offset":7,"totalCount":0}`:                                               "contains no page of deploys",
		`{"deploys":[],"Offset":7,"totalCount":0}`:                                               "contains no page of deploys",
		`{"deploys":[],"offset":7,"TotalCount":0}`:                                               "contains no page of deploys",
		`{"deploys":[],"offset":7,"totalCount":0,"totalCount":1}`:                                "totalCount has two values",
		`{"deploys":[],"offset":7,"totalCount":0,"offset":8}`:                                    "offset has two values",
		`{"deploys":[],"offset":7,"totalCount":0,"deploys":[{}]}`:                                "deploys has two values",
		`{"deploys":[],"offset":7,"totalCount":8}`:                                               "the page at offset 7 of 8 deploys is empty",
		`{"deploys":[],"offset":7,"totalCount":"0"}`:                                             "cannot unmarshal",
		`{"deploys":[` + strings.Replace(listed, `"p"`, `5`, 1) + `],"offset":7,"totalCount":1}`: "deploy 1 of the page: id: ",
		`<html>`: "invalid character",
		`{"deploys":null,"offset":7,"totalCount":0}`:                                                                 "contains no page of deploys",
		`{"deploys":[],"totalCount":0}`:                                                                              "contains no page of deploys",
		`{"deploys":[],"offset":7}`:                                                                                  "contains no page of deploys",
		`{"deploys":[],"offset":0,"totalCount":0}`:                                                                   "the page at offset 0, not 7",
		`{"deploys":[` + listed + `,{}],"offset":7,"totalCount":9}`:                                                  "deploy 2 of the page: the response contains no deploy",
		strings.Replace(`{"deploys":[`+listed+`],"offset":7,"totalCount":8}`, `"d"`, `"other"`, 1):                   "in another Deployment",
		`{"deploys":[],"offset":7,"totalCount":0,"pad":"` + strings.Repeat("x", MaxPage) + `"}`:                      "longer than 4 MiB",
		strings.Replace(`{"deploys":[`+listed+`],"offset":7,"totalCount":8}`, `"deploymentId":"d",`, ``, 1):          "lacks the deploy's deploymentId",
		strings.Replace(`{"deploys":[`+listed+`],"offset":7,"totalCount":8}`, `"id":"p"`, `"id":"../p"`, 1):          "contains no deploy",
		strings.Replace(`{"deploys":[`+listed+`],"offset":7,"totalCount":8}`, `"status":"DEPLOYED"`, `"type":""`, 1): "lacks the deploy's status",
	} {
		_, err := Page([]byte(body), "d", 7)
		assert.ErrorContains(t, err, want)
	}
}

func TestError(t *testing.T) {
	assert.Equal(t, api.Error{Message: "no", RequestID: "r"}, Error([]byte(`{"message":"no","requestId":"r","statusCode":"odd"}`)), "valid fields are decoded")
	assert.Zero(t, Error([]byte(`<html>`)))
	assert.Zero(t, Error([]byte(`{"message":"`+strings.Repeat("x", MaxDeploy)+`"}`)))
}

func TestQuoted(t *testing.T) {
	assert.Equal(t, `, "a b"`, Quoted("a b"))
	for _, odd := range []string{"", "a\nb", "é", strings.Repeat("x", 65)} {
		assert.Empty(t, Quoted(odd))
	}
}
