package wrapper_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

func addDeploys(server *astrotest.Server, to wrapper.Deployment, count int) {
	for range count {
		server.AddDeploy(api.Deploy{DeploymentID: to.DeploymentID, Type: api.DeployTypeDAGOnly})
	}
}

func TestListDeploysReadsAllPages(t *testing.T) {
	for count, pages := range map[int]int{0: 1, 1: 1, 99: 1, 100: 1, 101: 2, 250: 3} {
		t.Run(fmt.Sprint(count), func(t *testing.T) {
			server, client, deployment := home(t)
			addDeploys(server, deployment, count)
			addDeploys(server, deploymentOn(server), 3) // of another Deployment
			seen := map[string]bool{}
			for deploy, err := range client.ListDeploys(t.Context(), deployment) {
				require.NoError(t, err)
				assert.Equal(t, deployment.DeploymentID, deploy.DeploymentID)
				seen[deploy.ID] = true
			}
			assert.Len(t, seen, count)
			assert.Len(t, server.Requests(), pages)
		})
	}
}

func TestListDeploysStopsWhenTheCallerBreaks(t *testing.T) {
	server, client, deployment := home(t)
	addDeploys(server, deployment, 150)
	for range client.ListDeploys(t.Context(), deployment) {
		break
	}
	assert.Len(t, server.Requests(), 1)
}

// Deploys that are created during the listing move earlier ones to the next page.
func TestListDeploysReturnsEachDeployOnce(t *testing.T) {
	server, client, deployment := home(t)
	addDeploys(server, deployment, 150)
	seen := map[string]bool{}
	for deploy, err := range client.ListDeploys(t.Context(), deployment) {
		require.NoError(t, err)
		assert.False(t, seen[deploy.ID], "twice")
		seen[deploy.ID] = true
		if len(seen) == 50 {
			addDeploys(server, deployment, 10)
		}
	}
	assert.Len(t, seen, 150)
}

// Nothing is missing if the service's pages are shorter than the limit.
func TestListDeploysAcceptsShorterPages(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		offset := r.URL.Query().Get("offset")
		assert.Equal(t, "100", r.URL.Query().Get("limit"))
		_, _ = fmt.Fprintf(w, `{"deploys":[{"id":"p%s","deploymentId":"d","status":"DEPLOYED"}],"limit":1,"offset":%s,"totalCount":3}`, offset, offset)
	}))
	defer server.Close()
	client, err := wrapper.NewClient(wrapper.WithBaseURL(server.URL), wrapper.WithToken("t"))
	require.NoError(t, err)
	var ids []string
	for deploy, err := range client.ListDeploys(t.Context(), wrapper.Deployment{OrganizationID: "o", DeploymentID: "d"}) {
		require.NoError(t, err)
		ids = append(ids, deploy.ID)
	}
	assert.Equal(t, []string{"p0", "p1", "p2"}, ids)
}

// A response that is not the requested page is an error, which ends the iteration.
func TestListDeploysRejectsOtherResponses(t *testing.T) {
	const deploy = `{"id":"p","deploymentId":"d","status":"DEPLOYED"}`
	for body, want := range map[string]string{
		`{}`: "the response contains no page of deploys",
		`{"deploys":null,"offset":0,"totalCount":0}`:                                                    "the response contains no page of deploys",
		`{"deploys":[],"totalCount":0}`:                                                                 "the response contains no page of deploys",
		`{"deploys":[],"offset":0}`:                                                                     "the response contains no page of deploys",
		`{"deploys":[],"offset":7,"totalCount":0}`:                                                      "the response contains the page at offset 7, not 0",
		`{"deploys":[` + deploy + `,{}],"offset":0,"totalCount":2}`:                                     "deploy 2 of the page: the response contains no deploy",
		`{"deploys":[{"id":"p","deploymentId":"other","status":"DEPLOYED"}],"offset":0,"totalCount":1}`: "in another Deployment",
		`<html>`: "invalid character",
		`{"deploys":[],"offset":0,"totalCount":0,"pad":"` + strings.Repeat("x", 4<<20) + `"}`: "longer than 4096 KiB",
	} {
		requests := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			requests++
			_, _ = fmt.Fprint(w, body)
		}))
		client, err := wrapper.NewClient(wrapper.WithBaseURL(server.URL), wrapper.WithToken("t"), wrapper.WithRetry(wrapper.Retry{Backoff: atOnce}))
		require.NoError(t, err)
		var errs []error
		for deploy, err := range client.ListDeploys(t.Context(), wrapper.Deployment{OrganizationID: "o", DeploymentID: "d"}) {
			assert.Nil(t, deploy)
			errs = append(errs, err)
		}
		require.Len(t, errs, 1)
		assert.ErrorContains(t, errs[0], "ListDeploys: ")
		assert.ErrorContains(t, errs[0], want)
		assert.ErrorIs(t, errs[0], wrapper.ErrUnexpectedResponse)
		assert.Equal(t, 4, requests, "reads are retried")
		server.Close()
	}
}

// A service that returns the same page forever is an error.
func TestListDeploysEndsOnARepeatedPage(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, `{"deploys":[{"id":"p","deploymentId":"d","status":"DEPLOYED"}],"offset":%s,"totalCount":1000000}`, r.URL.Query().Get("offset"))
	}))
	defer server.Close()
	client, err := wrapper.NewClient(wrapper.WithBaseURL(server.URL), wrapper.WithToken("t"))
	require.NoError(t, err)
	var last error
	for _, last = range client.ListDeploys(t.Context(), wrapper.Deployment{OrganizationID: "o", DeploymentID: "d"}) {
		continue
	}
	assert.ErrorIs(t, last, wrapper.ErrUnexpectedResponse)
	assert.ErrorContains(t, last, "every deploy on the page was already on an earlier page")
}

// A list that ends early is an error, after the deploys that it had. The latest page has the total.
func TestListDeploysReportsAnIncompleteList(t *testing.T) {
	for name, row := range map[string]struct {
		has, totals []int // of each page
		want        string
	}{
		"an empty first page":        {[]int{0}, []int{1_000_000}, "the page at offset 0 of 1000000 deploys is empty"},
		"an empty page":              {[]int{100, 0}, []int{250, 250}, "the page at offset 100 of 250 deploys is empty"},
		"empty, and shrunk":          {[]int{100, 0}, []int{250, 101}, "the page at offset 100 of 101 deploys is empty"},
		"shrunk to the current size": {[]int{100, 0}, []int{250, 100}, ""},
		"shrunk to less":             {[]int{100, 0}, []int{250, 40}, ""},
		"shrunk by a page":           {[]int{100, 50}, []int{250, 150}, ""},
		"grown":                      {[]int{100, 100, 30}, []int{200, 230, 230}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			sent, pages := 0, map[string]int{} // by offset
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				var deploys []string
				offset := r.URL.Query().Get("offset")
				if _, known := pages[offset]; !known {
					pages[offset] = len(pages)
				}
				for range row.has[pages[offset]] {
					sent++
					deploys = append(deploys, fmt.Sprintf(`{"id":"p%d","deploymentId":"d","status":"DEPLOYED"}`, sent))
				}
				_, _ = fmt.Fprintf(w, `{"deploys":[%s],"offset":%s,"totalCount":%d}`, strings.Join(deploys, ","), offset, row.totals[pages[offset]])
			}))
			defer server.Close()
			client, err := wrapper.NewClient(wrapper.WithBaseURL(server.URL), wrapper.WithToken("t"), wrapper.WithRetry(wrapper.Retry{Backoff: atOnce}))
			require.NoError(t, err)
			var last error
			returned := 0
			for deploy, err := range client.ListDeploys(t.Context(), wrapper.Deployment{OrganizationID: "o", DeploymentID: "d"}) {
				require.NoError(t, last, "an error comes last")
				if last = err; deploy != nil {
					returned++
				}
			}
			assert.Equal(t, sent, returned)
			assert.Len(t, pages, len(row.has))
			if row.want == "" {
				require.NoError(t, last)
				return
			}
			require.ErrorIs(t, last, wrapper.ErrUnexpectedResponse)
			assert.ErrorContains(t, last, row.want)
		})
	}
}

func TestListDeploysRetriesAndReportsErrors(t *testing.T) {
	server, client, deployment := home(t)
	addDeploys(server, deployment, 150)
	last := func(ctx context.Context, client *wrapper.Client, in wrapper.Deployment) (count int, last error) {
		for _, err := range client.ListDeploys(ctx, in) {
			require.NoError(t, last, "an error comes last")
			if err == nil {
				count++
			}
			last = err
		}
		return count, last
	}
	server.Inject(astrotest.CutResponse(), astrotest.Error(503, "Unavailable"), astrotest.RateLimited())
	count, err := last(t.Context(), client, deployment)
	require.NoError(t, err)
	assert.Equal(t, 150, count, "reads are retried")

	server.Inject(astrotest.CutResponse(), astrotest.Error(403, "Forbidden"))
	_, err = last(t.Context(), client, deployment)
	assert.ErrorIs(t, err, wrapper.ErrForbidden)
	assert.ErrorContains(t, err, "deployment.deploys.get")

	sent := len(server.Requests())
	var none context.Context
	var invalid *wrapper.ValidationError
	_, err = last(none, client, deployment)
	assert.ErrorAs(t, err, &invalid)
	_, err = last(t.Context(), nil, deployment)
	assert.ErrorAs(t, err, &invalid)
	_, err = last(t.Context(), client, wrapper.Deployment{DeploymentID: "d"})
	assert.ErrorContains(t, err, "organizationId")
	assert.Len(t, server.Requests(), sent)
}
