package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing/fstest"
	"text/tabwriter"
	"time"

	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/tarball"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

const (
	getsPerSecond = 25
	// bestOfAll is the lower bound for deploying to all Deployments: each needs two POSTs, one to create
	// the deploy and one to finalize it. As in best, only the latency of the last cannot be hidden.
	bestOfAll = (2*size/perSecond-1)*time.Second + latency
)

// measureAll prints the table of DAGsToAll.
func measureAll(only string) {
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "\ntime : best\tfailures\ttime\tPOSTs\tGETs\t429s\t")
	for _, row := range []struct {
		name    string
		options []deploys.Option
		looks   time.Duration // latency of the first look-up, before the first POST
	}{
		{"ours, DAGsToAll", nil, 0},
		{"ours, DAGsToAll with OnlyIfChanged", []deploys.Option{deploys.OnlyIfChanged()}, latency},
	} {
		if strings.Contains(row.name, only) {
			r := deployToAll(row.options)
			_, _ = fmt.Fprintf(table, "%.3f\t%d\t%.2f s\t%d\t%d\t%d\t%s\n", r.took.Seconds()/(bestOfAll+row.looks).Seconds(), r.failures, r.took.Seconds(), r.posts, r.gets, r.rejected, row.name)
			_ = table.Flush()
		}
	}
}

type resultOfAll struct {
	took                            time.Duration
	failures, posts, gets, rejected int
}

// deployToAll deploys a folder of 200 KB. Failures are counted from the state of the service.
func deployToAll(options []deploys.Option) (r resultOfAll) {
	server := astrotest.NewServer(astrotest.WithRateLimit(http.MethodPost, perSecond), astrotest.WithRateLimit(http.MethodGet, getsPerSecond))
	defer server.Close()
	server.InjectFunc(func(string) (astrotest.Fault, bool) { return astrotest.Slow(latency), true })
	var to []wrapper.Deployment
	for range size {
		added := server.AddDeployment(astrotest.Deployment{OrganizationID: "organization", DAGDeploys: true})
		to = append(to, wrapper.Deployment{OrganizationID: added.OrganizationID, DeploymentID: added.ID})
	}
	counter := &counter{next: &http.Transport{MaxIdleConnsPerHost: size}}
	client, err := wrapper.NewClient(wrapper.WithBaseURL(server.URL), wrapper.WithToken(astrotest.Token), wrapper.WithHTTPClient(&http.Client{Transport: counter}))
	if err != nil {
		panic(err)
	}
	dags := tarball.FS(fstest.MapFS{"dag.py": {Data: bytes.Repeat([]byte("print('hello')\n"), 14_000)}})
	began := time.Now()
	_, _ = deploys.DAGsToAll(context.Background(), client, to, dags, options...)
	r.took = time.Since(began)
	for _, deployment := range to {
		if now, _ := server.Deployment(deployment.DeploymentID); now.DAGTarballVersion == "" {
			r.failures++
		}
	}
	for _, request := range server.Requests() {
		if request.Method == http.MethodGet {
			r.gets++
		}
	}
	r.posts, r.rejected = int(counter.posts.Load()), int(counter.rejected.Load())
	return r
}
