// Command fleet finalizes 200 deploys, 32 at a time, against a service with a latency of 150 ms that
// allows a token 10 POST in any second. It compares this library, in one client and in four with the
// same token, with its peers. Then it deploys a folder to 200 Deployments of the same service with
// deploys.DAGsToAll.
package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"golang.org/x/time/rate"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/benchmarks/contender"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

const (
	size      = 200 // deploys, and Deployments
	atOnce    = 32
	perSecond = 10
	latency   = 150 * time.Millisecond
	// best is the lower bound: ten requests at once, ten more in each following second, and the
	// latency of the last.
	best = (size/perSecond-1)*time.Second + latency
)

// row is one way to finalize the fleet.
type row struct {
	name    string
	clients func(contender.Setup) []contender.Contender
}

func several(n int, options ...wrapper.Option) func(contender.Setup) []contender.Contender {
	return func(setup contender.Setup) []contender.Contender {
		var clients []contender.Contender
		for range n {
			clients = append(clients, setup.Ours(options...))
		}
		return clients
	}
}

func one(of func(contender.Setup) contender.Contender) func(contender.Setup) []contender.Contender {
	return func(setup contender.Setup) []contender.Contender { return []contender.Contender{of(setup)} }
}

func post(limiter wrapper.Limiter) wrapper.Option {
	return wrapper.WithLimiter(http.MethodPost, limiter)
}

func rows() []row {
	return []row{
		{"ours, 1 client", several(1)},
		{"ours, 4 clients that share a limiter", several(4, post(wrapper.NewLimiter(perSecond)))},
		{"ours, 4 clients", several(4)},
		{"ours, 1 client, rate.NewLimiter(10, 10)", several(1, post(rate.NewLimiter(perSecond, perSecond)))},
		{"ours, 1 client, rate.NewLimiter(10, 1)", several(1, post(rate.NewLimiter(perSecond, 1)))},
		{"go-retryablehttp", one(contender.Setup.RetryableHTTP)},
		{"resty, 3 retries", one(contender.Setup.Resty)},
		{"net/http, no retry", one(contender.Setup.NetHTTP)},
	}
}

func main() {
	only := flag.String("only", "", "measure only the rows whose name contains `text`")
	flag.Parse()
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "time : best\tfailures\t429 : POST\ttime\tPOSTs\t429s\t")
	for _, r := range rows() {
		if strings.Contains(r.name, *only) {
			took, posts, rejected, failures := measure(r)
			_, _ = fmt.Fprintf(table, "%.3f\t%d\t%.2f\t%.2f s\t%d\t%d\t%s\n", took.Seconds()/best.Seconds(), failures, float64(rejected)/float64(posts), took.Seconds(), posts, rejected, r.name)
			_ = table.Flush()
		}
	}
	measureAll(*only)
}

// measure finalizes the fleet. Failures are counted from the state of the service.
func measure(r row) (took time.Duration, posts, rejected int64, failures int) {
	server := astrotest.NewServer(astrotest.WithAnyVersion(), astrotest.WithRateLimit(http.MethodPost, perSecond))
	defer server.Close()
	server.InjectFunc(func(string) (astrotest.Fault, bool) { return astrotest.Slow(latency), true })
	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	work := make(chan wrapper.Target, size)
	var targets []wrapper.Target
	for range size {
		deploy := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: api.DeployTypeDAGOnly})
		targets = append(targets, wrapper.TargetOf(deployment.OrganizationID, &deploy))
		work <- targets[len(targets)-1]
	}
	close(work)

	counter := &counter{next: &http.Transport{MaxIdleConnsPerHost: atOnce}}
	setup := contender.Setup{BaseURL: server.URL, Token: astrotest.Token, Client: &http.Client{Transport: counter}}
	clients := r.clients(setup)
	began := time.Now()
	var workers sync.WaitGroup
	for i := range atOnce {
		client := clients[i%len(clients)]
		workers.Go(func() {
			for target := range work {
				_, _ = client.Finalize(context.Background(), target)
			}
		})
	}
	workers.Wait()
	took = time.Since(began)
	for _, target := range targets {
		if deploy, _ := server.Deploy(target.DeployID); deploy.Status != api.DeployStatusDeployed {
			failures++
		}
	}
	return took, counter.posts.Load(), counter.rejected.Load(), failures
}

// counter counts POSTs, and requests that were rejected with 429.
type counter struct {
	next            http.RoundTripper
	posts, rejected atomic.Int64
}

func (c *counter) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Method == http.MethodPost {
		c.posts.Add(1)
	}
	response, err := c.next.RoundTrip(request)
	if err == nil && response.StatusCode == http.StatusTooManyRequests {
		c.rejected.Add(1)
	}
	return response, err
}
