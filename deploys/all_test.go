package deploys_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

func deploymentsOn(server *astrotest.Server, n int) (to []wrapper.Deployment) {
	for range n {
		to = append(to, deploymentOn(server))
	}
	return to
}

// counting counts how often a source is opened and closed.
type counting struct {
	deploys.Source
	opened, closed atomic.Int32
}

func (c *counting) Open(ctx context.Context, prefix string) (io.ReadSeekCloser, error) {
	c.opened.Add(1)
	tarball, err := c.Source.Open(ctx, prefix)
	return closing{tarball, c}, err
}

// closing hides the other methods of the tarball, so that its one position is shared.
type closing struct {
	io.ReadSeekCloser
	source *counting
}

// Seek lets another goroutine move the position before this one reads.
func (c closing) Seek(offset int64, whence int) (int64, error) {
	defer runtime.Gosched()
	return c.ReadSeekCloser.Seek(offset, whence)
}

func (c closing) Close() error {
	c.source.closed.Add(1)
	return c.ReadSeekCloser.Close()
}

func TestToAll(t *testing.T) {
	for name, row := range map[string]struct {
		source     deploys.Source
		toAll      func(ctx context.Context, client deploys.Client, to []wrapper.Deployment, source deploys.Source, options ...deploys.Option) ([]deploys.Outcome, error)
		deployType api.DeployType
	}{
		"DAGs":         {folder("a"), deploys.DAGsToAll, api.DeployTypeDAGOnly},
		"one position": {&counting{Source: &packed{content: gzipped(300_000)}}, deploys.DAGsToAll, api.DeployTypeDAGOnly},
		"Bundle": {folder("a"), func(ctx context.Context, client deploys.Client, to []wrapper.Deployment, source deploys.Source, options ...deploys.Option) ([]deploys.Outcome, error) {
			return deploys.BundleToAll(ctx, client, to, shop, source, options...)
		}, api.DeployTypeBundle},
	} {
		t.Run(name, func(t *testing.T) {
			server, client, _ := newService(t)
			to := deploymentsOn(server, 20)
			source := &counting{Source: row.source}
			ended := map[string]bool{}
			outcomes, err := row.toAll(t.Context(), client, to, source, deploys.WithDescription("all"), deploys.WithOutcome(func(outcome deploys.Outcome) {
				ended[outcome.Deployment.DeploymentID] = outcome.Err == nil && outcome.Result.Status == api.DeployStatusDeployed
			}))
			require.NoError(t, err)
			require.Len(t, outcomes, len(to))
			for i, outcome := range outcomes {
				assert.Equal(t, to[i], outcome.Deployment, "in the order of the arguments")
				require.NoError(t, outcome.Err)
				assert.Equal(t, to[i].DeploymentID, outcome.Result.DeploymentID)
				assert.Equal(t, to[i].OrganizationID, outcome.Result.OrganizationID)
				assert.NotZero(t, outcome.Result.Bytes)
				assert.Len(t, outcome.Result.MD5, 32)
				assert.Positive(t, outcome.Result.Timings.Pack)
				stored, _ := server.Deploy(outcome.Result.DeployID)
				assert.Equal(t, row.deployType, stored.Type)
				assert.Equal(t, "all", *stored.Description)
				assert.Equal(t, 1, server.Commits(stored.ID))
				content, found := server.Tarball(outcome.Result.TarballVersion)
				require.True(t, found)
				first, _ := server.Tarball(outcomes[0].Result.TarballVersion)
				assert.Equal(t, first, content)
				assert.True(t, ended[outcome.Deployment.DeploymentID])
			}
			assert.Equal(t, int32(1), source.opened.Load(), "packed once")
			assert.Equal(t, int32(1), source.closed.Load())
		})
	}
}

// offset is a tarball that begins later in its file. The ReadAt of the file knows nothing of that.
type offset struct{ *os.File }

const begin = 100

func (o offset) Open(context.Context, string) (io.ReadSeekCloser, error) { return o, nil }

func (o offset) Seek(to int64, whence int) (int64, error) {
	if whence == io.SeekStart {
		to += begin
	}
	at, err := o.File.Seek(to, whence)
	return at - begin, err
}

func TestTarballWithItsOwnPosition(t *testing.T) {
	server, client, _ := newService(t)
	file, err := os.Create(filepath.Join(t.TempDir(), "file"))
	require.NoError(t, err)
	_, err = file.Write(append(gzipped(begin), gzipped(3000)...))
	require.NoError(t, err)
	outcomes, err := deploys.DAGsToAll(t.Context(), client, deploymentsOn(server, 3), offset{file})
	require.NoError(t, err)
	for _, outcome := range outcomes {
		content, _ := server.Tarball(outcome.Result.TarballVersion)
		assert.Equal(t, gzipped(3000), content)
	}
}

// refusing responds to some requests in place of the service. The key is the Deployment and the last part
// of the request's path.
type refusing struct {
	next http.RoundTripper
	with map[string]func(*http.Request) (*http.Response, error)
}

func (r refusing) RoundTrip(request *http.Request) (*http.Response, error) {
	parts := strings.Split(request.URL.Path, "/")
	if i := slices.Index(parts, "deployments"); i >= 0 {
		kind := parts[len(parts)-1]
		if request.Method == http.MethodGet {
			kind = "read"
		}
		if respond := r.with[parts[i+1]+" "+kind]; respond != nil {
			return respond(request)
		}
	}
	return r.next.RoundTrip(request)
}

func status(code int, message string) func(*http.Request) (*http.Response, error) {
	return func(request *http.Request) (*http.Response, error) {
		body := fmt.Sprintf(`{"message":%q,"requestId":"r","statusCode":%d}`, message, code)
		return &http.Response{StatusCode: code, Header: http.Header{}, Request: request, Body: io.NopCloser(strings.NewReader(body))}, nil
	}
}

// No failure stops or hides another, and each says what is on the service.
func TestSomeFail(t *testing.T) {
	cut := func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }
	with := map[string]func(*http.Request) (*http.Response, error){}
	server, client, _ := newService(t, wrapper.WithHTTPClient(&http.Client{Transport: refusing{http.DefaultTransport, with}}))
	to := deploymentsOn(server, 6)
	with[to[1].DeploymentID+" deploys"] = status(http.StatusForbidden, "not here")
	with[to[2].DeploymentID+" finalize"] = status(http.StatusBadRequest, "not now")
	with[to[4].DeploymentID+" finalize"] = cut
	with[to[4].DeploymentID+" read"] = status(http.StatusForbidden, "no")
	with[to[5].DeploymentID+" deploys"] = cut
	calls := 0
	outcomes, err := deploys.DAGsToAll(t.Context(), client, to, folder("a"), deploys.WithOutcome(func(deploys.Outcome) { calls++ }))
	assert.Equal(t, 6, calls)
	var failed *deploys.MultiError
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, 6, failed.Of)
	require.Len(t, failed.Failed, 4)
	for i, at := range []int{1, 2, 4, 5} {
		assert.Equal(t, outcomes[at], failed.Failed[i])
	}
	for i, outcome := range outcomes {
		isFine := i == 0 || i == 3
		assert.Equal(t, isFine, outcome.Err == nil, i)
		assert.Equal(t, isFine, outcome.Result != nil, i)
		now, _ := server.Deployment(to[i].DeploymentID)
		assert.Equal(t, isFine, now.DAGTarballVersion != "", i)
	}
	for _, kind := range []error{wrapper.ErrForbidden, wrapper.ErrBadRequest, wrapper.ErrOutcomeUnknown, io.ErrUnexpectedEOF} {
		require.ErrorIs(t, err, kind)
	}
	assert.NotErrorIs(t, err, wrapper.ErrRateLimited)
	require.ErrorContains(t, outcomes[1].Err, "no deploy was created, so the Deployment is unchanged")
	require.ErrorContains(t, outcomes[2].Err, "was not finalized")
	require.ErrorIs(t, outcomes[4].Err, wrapper.ErrOutcomeUnknown)
	require.ErrorContains(t, outcomes[5].Err, "calling again creates another deploy")
	var one *deploys.Error
	require.ErrorAs(t, outcomes[2].Err, &one)
	assert.Equal(t, to[2].DeploymentID, one.Result.DeploymentID)

	text := err.Error()
	assert.True(t, strings.HasPrefix(text, "4 of 6 Deployments failed: Deployment "+to[1].DeploymentID+": CreateDeploy: 403 Forbidden: not here"), text)
	assert.Contains(t, text, "; Deployment "+to[2].DeploymentID+": FinalizeDeploy: 400")
	assert.True(t, strings.HasSuffix(text, "; and 1 more"), text)
	assert.NotContains(t, text, "sig=")

	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Error("failed", "err", err)
	assert.Contains(t, log.String(), `"failed":4,"of":6}`)
	for at, want := range map[int]string{
		0: `{"organizationId":"ORG","deploymentId":"DEP","deployId":"ID","type":"DAG_ONLY","status":"DEPLOYED","tarballVersion":"`,
		1: `{"organizationId":"ORG","deploymentId":"DEP","type":"DAG_ONLY",`,
		2: `{"organizationId":"ORG","deploymentId":"DEP","deployId":"ID","type":"DAG_ONLY","status":"INITIALIZED","tarballVersion":"`,
	} {
		encoded, err := json.Marshal(outcomes[at])
		require.NoError(t, err)
		var shown struct{ DeployID, Error string }
		require.NoError(t, json.Unmarshal(encoded, &shown))
		text := strings.NewReplacer(to[at].OrganizationID, "ORG", to[at].DeploymentID, "DEP").Replace(string(encoded))
		if shown.DeployID != "" {
			text = strings.Replace(text, shown.DeployID, "ID", 1)
		}
		assert.True(t, strings.HasPrefix(text, want), text)
		assert.Equal(t, at == 0, shown.Error == "")
		assert.Equal(t, outcomes[at].Err != nil, shown.Error != "" && shown.Error == outcomes[at].Err.Error())
		assert.NotContains(t, text, "sig=")
	}
	encoded, err := json.Marshal(deploys.Outcome{Deployment: to[0], Err: errors.New("any")})
	require.NoError(t, err)
	assert.Contains(t, string(encoded), to[0].DeploymentID)
}

// With the default limiters, no request is rejected.
func TestToAllKeepsTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := astrotest.New(t, astrotest.InMemory(), astrotest.WithRateLimit(http.MethodPost, 10), astrotest.WithRateLimit(http.MethodGet, 25), astrotest.WithDeployedAfter(2))
		server.InjectFunc(func(string) (astrotest.Fault, bool) { return astrotest.Slow(150 * time.Millisecond), true })
		rejected := &atomic.Int32{}
		client, err := wrapper.NewClient(wrapper.WithBaseURL(server.URL), wrapper.WithToken(astrotest.Token), wrapper.WithHTTPClient(&http.Client{Transport: watching{server.Client().Transport, rejected}}))
		require.NoError(t, err)
		outcomes, err := deploys.DAGsToAll(t.Context(), client, deploymentsOn(server, 100), folder("a"), deploys.OnlyIfChanged())
		require.NoError(t, err)
		assert.Len(t, outcomes, 100)
		assert.Zero(t, rejected.Load())
	})
}

// watching counts the responses with 429.
type watching struct {
	next     http.RoundTripper
	rejected *atomic.Int32
}

func (w watching) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := w.next.RoundTrip(request)
	if err == nil && response.StatusCode == http.StatusTooManyRequests {
		w.rejected.Add(1)
	}
	return response, err
}

// At most 64 deploys are created and not finalized: their upload URLs must not expire unused.
func TestUnfinishedDeploysAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := astrotest.New(t, astrotest.InMemory())
		server.InjectFunc(func(operation string) (astrotest.Fault, bool) { return astrotest.Hang(), operation == "PutBlob" })
		client, err := wrapper.NewClient(wrapper.WithBaseURL(server.URL), wrapper.WithToken(astrotest.Token), wrapper.WithHTTPClient(server.Client()), wrapper.WithStallTimeout(0))
		require.NoError(t, err)
		to := deploymentsOn(server, 100)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		outcomes, err := deploys.DAGsToAll(ctx, client, to, folder("a"))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		created := 0
		for i, outcome := range outcomes {
			var failed *deploys.Error
			require.ErrorAs(t, outcome.Err, &failed)
			require.ErrorIs(t, failed, context.DeadlineExceeded)
			stage := deploys.StageCreate // those that wait for a place
			if n := server.Creates(to[i].DeploymentID); n > 0 {
				stage, created = deploys.StageUpload, created+n
			}
			require.Equal(t, stage, failed.Stage)
		}
		assert.Equal(t, 64, created)
	})
}

// A deploy that fails makes room for another.
func TestFailedDeploysMakeRoom(t *testing.T) {
	server, client, _ := newService(t)
	server.InjectFunc(func(operation string) (astrotest.Fault, bool) {
		return astrotest.Error(http.StatusBadRequest, "no"), operation == "CreateDeploy"
	})
	outcomes, err := deploys.DAGsToAll(t.Context(), client, deploymentsOn(server, 100), folder("a"))
	require.ErrorContains(t, err, "100 of 100 Deployments failed")
	for _, outcome := range outcomes {
		require.ErrorIs(t, outcome.Err, wrapper.ErrBadRequest)
	}
}

// The wait needs no place: a Deployment that is slow to become DEPLOYED delays no other.
func TestWaitsAreNotLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := astrotest.New(t, astrotest.InMemory(), astrotest.WithDeployedAfter(1_000_000))
		client, err := wrapper.NewClient(wrapper.WithBaseURL(server.URL), wrapper.WithToken(astrotest.Token), wrapper.WithHTTPClient(server.Client()))
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		outcomes, err := deploys.DAGsToAll(ctx, client, deploymentsOn(server, 100), folder("a"))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		for _, outcome := range outcomes {
			var failed *deploys.Error
			require.ErrorAs(t, outcome.Err, &failed)
			require.Equal(t, deploys.StageWait, failed.Stage)
		}
	})
}

// When the context ends, each Deployment says how far it got.
func TestToAllIsCanceled(t *testing.T) {
	server, client, _ := newService(t)
	to := deploymentsOn(server, 100)
	ctx, cancel := context.WithCancel(t.Context())
	server.InjectFunc(func(operation string) (astrotest.Fault, bool) {
		if operation == "PutBlob" {
			cancel()
		}
		return astrotest.Fault{}, false
	})
	outcomes, err := deploys.DAGsToAll(ctx, client, to, folder("a"))
	require.ErrorIs(t, err, context.Canceled)
	created := 0
	for _, outcome := range outcomes {
		require.ErrorIs(t, outcome.Err, context.Canceled)
		var failed *deploys.Error
		require.ErrorAs(t, outcome.Err, &failed)
		if failed.Result.DeployID != "" {
			created++
		}
	}
	assert.Positive(t, created)

	outcomes, err = deploys.DAGsToAll(ctx, client, to, &packed{content: gzipped(3000)})
	require.ErrorIs(t, err, context.Canceled)
	assert.Nil(t, outcomes, "nothing was sent, since reading the tarball was canceled")
}

func TestToAllIsRefused(t *testing.T) {
	server, client, to := newService(t)
	for field, deployments := range map[string][]wrapper.Deployment{
		"to":             nil,
		"deploymentId":   {to, {OrganizationID: "other", DeploymentID: to.DeploymentID}},
		"organizationId": {to, {DeploymentID: "clother"}},
	} {
		outcomes, err := deploys.DAGsToAll(t.Context(), client, deployments, folder("a"))
		var invalid *wrapper.ValidationError
		require.ErrorAs(t, err, &invalid, field)
		assert.Equal(t, field, invalid.Field)
		assert.Nil(t, outcomes)
	}
	_, err := deploys.DAGsToAll(t.Context(), client, []wrapper.Deployment{to, {}}, folder("a"))
	require.EqualError(t, err, "to[1]: organizationId must not be empty")
	broken := errors.New("cannot be packed")
	outcomes, err := deploys.DAGsToAll(t.Context(), client, []wrapper.Deployment{to}, &packed{err: broken})
	require.ErrorIs(t, err, broken)
	assert.EqualError(t, err, "pack: cannot be packed; nothing was sent")
	assert.Nil(t, outcomes)
	assert.Empty(t, server.Requests())
}

// panicking is a client that panics for one Deployment.
type panicking struct {
	deploys.Client
	at string
}

func (p panicking) Finalize(ctx context.Context, target wrapper.Target, content wrapper.Content) (*api.Deploy, error) {
	if target.DeploymentID == p.at {
		panic("mine")
	}
	return p.Client.Finalize(ctx, target, content)
}

// A panic reaches the caller's goroutine, once all other deploys have ended.
func TestToAllPanics(t *testing.T) {
	server, client, _ := newService(t)
	to := deploymentsOn(server, 5)
	assert.PanicsWithValue(t, "mine", func() {
		_, _ = deploys.DAGsToAll(t.Context(), panicking{client, to[2].DeploymentID}, to, folder("a"))
	})
	for i, deployment := range to {
		now, _ := server.Deployment(deployment.DeploymentID)
		assert.Equal(t, i != 2, now.DAGTarballVersion != "", i)
	}
	to, calls := deploymentsOn(server, 5), 0
	assert.PanicsWithValue(t, "theirs", func() {
		_, _ = deploys.DAGsToAll(t.Context(), client, to, folder("a"), deploys.WithOutcome(func(deploys.Outcome) {
			calls++
			panic("theirs")
		}))
	})
	assert.Equal(t, 1, calls)
	for _, deployment := range to {
		now, _ := server.Deployment(deployment.DeploymentID)
		assert.NotEmpty(t, now.DAGTarballVersion)
	}
}

// ending is a client that ends its goroutine, as t.FailNow does, once a deploy was created or finalized.
type ending struct {
	deploys.Client
	at deploys.Stage
}

func (e ending) CreateDeploy(ctx context.Context, in wrapper.Deployment, request api.CreateDeployRequest) (*api.Deploy, error) {
	deploy, err := e.Client.CreateDeploy(ctx, in, request)
	if e.at == deploys.StageCreate {
		runtime.Goexit()
	}
	return deploy, err
}

func (e ending) Finalize(ctx context.Context, target wrapper.Target, content wrapper.Content) (*api.Deploy, error) {
	_, _ = e.Client.Finalize(ctx, target, content)
	runtime.Goexit()
	return nil, nil
}

// What may be on the service is not hidden.
func TestToAllEndsItsGoroutine(t *testing.T) {
	for at, text := range map[deploys.Stage]string{
		deploys.StageCreate:   "the client returned neither a result nor an error; calling again creates another deploy",
		deploys.StageFinalize: "can be finalized again with the same content",
	} {
		server, client, _ := newService(t)
		outcomes, err := deploys.DAGsToAll(t.Context(), ending{client, at}, deploymentsOn(server, 2), folder("a"))
		require.ErrorContains(t, err, "2 of 2 Deployments failed")
		for _, outcome := range outcomes {
			assert.Nil(t, outcome.Result)
			var failed *deploys.Error
			require.ErrorAs(t, outcome.Err, &failed)
			assert.Equal(t, at, failed.Stage)
			assert.True(t, failed.MayExist)
			assert.Equal(t, at == deploys.StageFinalize, failed.Result.DeployID != "")
			assert.ErrorContains(t, failed, text)
		}
	}
}
