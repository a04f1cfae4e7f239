package benchmarks

import (
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/benchmarks/contender"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

const token = "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjE3NjE5NTUyMDB9.c2lnbmF0dXJl"

var target = wrapper.Target{
	OrganizationID: "clm8qv74h000008mlf08scq7k",
	DeploymentID:   "clmh57jtm000008lb58fe2wmv",
	DeployID:       "clvetru2w000201mowqwua63n",
	Type:           api.DeployTypeDAGOnly,
	DAGDeploys:     wrapper.DAGDeploysOn,
}

// deployJSON is the example of the service's reference, without white space.
var deployJSON = strings.NewReplacer("\n", "", "\t", "").Replace(`{
	"createdAt":"2022-11-22T04:37:12Z",
	"deploymentId":"` + target.DeploymentID + `",
	"id":"` + target.DeployID + `",
	"imageRepository":"https://my-image-repository",
	"imageTag":"my-image-tag",
	"isDagDeployEnabled":true,
	"status":"DEPLOYED",
	"type":"DAG_ONLY",
	"airflowVersion":"2.7.2",
	"astroRuntimeVersion":"9.1.0",
	"createdBySubject":{"id":"clm8qv74h000008mlf08scq7k","apiTokenName":"my-token","subjectType":"SERVICEKEY"},
	"dagTarballVersion":"` + contender.Version + `",
	"dagsUploadUrl":"https://astroproddagdeploy.windows.core.net/clmh59gt0000308lbgswe5fvh/clmh57jtm000008lb58fe2wmv?sig=c2lnbmF0dXJl",
	"description":"My deploy description",
	"updatedAt":"2022-11-22T04:37:12Z"
}`)

// memory responds without a network.
type memory struct{}

func (memory) RoundTrip(request *http.Request) (*http.Response, error) {
	_, err := io.Copy(io.Discard, request.Body)
	return &http.Response{
		Status:        "200 OK",
		StatusCode:    http.StatusOK,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        http.Header{"Content-Type": {"application/json"}},
		Body:          io.NopCloser(strings.NewReader(deployJSON)),
		ContentLength: int64(len(deployJSON)),
		Request:       request,
	}, err
}

const baseline = "generated"

// contenders sets each contender up once, as a program would. Ours has its limiter on, at a rate that
// is never reached.
func contenders(baseURL string, transport http.RoundTripper) []contender.Contender {
	setup := contender.Setup{BaseURL: baseURL, Token: token, Client: &http.Client{Transport: transport}}
	limiter := wrapper.WithLimiter(http.MethodPost, wrapper.NewLimiter(100_000))
	return []contender.Contender{setup.NetHTTP(), setup.Generated(), setup.GeneratedWithTimeout(), setup.RetryableHTTP(), setup.Resty(), setup.Ours(limiter)}
}

// onEach runs a benchmark in memory and on loopback.
func onEach(b *testing.B, bench func(b *testing.B, contenders []contender.Contender)) {
	b.Run("memory", func(b *testing.B) { bench(b, contenders("http://localhost", memory{})) })
	b.Run("loopback", func(b *testing.B) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", strconv.Itoa(len(deployJSON)))
			_, _ = io.WriteString(w, deployJSON)
		}))
		defer server.Close()
		transport := &http.Transport{}
		defer transport.CloseIdleConnections()
		bench(b, contenders(server.URL, transport))
	})
}

// BenchmarkCall measures the time, bytes and allocations of one finalize.
func BenchmarkCall(b *testing.B) {
	onEach(b, func(b *testing.B, contenders []contender.Contender) {
		for _, c := range contenders {
			b.Run(c.Name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := c.Finalize(b.Context(), target); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	})
}

// BenchmarkRatio lets the contenders take turns in short rounds, so that other load slows all of them
// down alike. It reports the median ratio of each contender's time to that of the generated client in
// the same round. One iteration is one round.
func BenchmarkRatio(b *testing.B) {
	const calls = 300
	onEach(b, func(b *testing.B, contenders []contender.Contender) {
		ratios := map[string][]float64{}
		random := rand.New(rand.NewPCG(1, 1))
		for b.Loop() {
			took := map[string]time.Duration{}
			for _, i := range random.Perm(len(contenders)) { // so that the garbage of one does not always burden the same other
				c := contenders[i]
				started := time.Now()
				for range calls {
					if _, err := c.Finalize(b.Context(), target); err != nil {
						b.Fatal(err)
					}
				}
				took[c.Name] = time.Since(started)
			}
			for _, c := range contenders {
				ratios[c.Name] = append(ratios[c.Name], float64(took[c.Name])/float64(took[baseline]))
			}
		}
		for _, c := range contenders {
			if c.Name != baseline {
				slices.Sort(ratios[c.Name])
				b.ReportMetric(ratios[c.Name][len(ratios[c.Name])/2], c.Name+":"+baseline)
			}
		}
	})
}

// All contenders finalize the deploy; otherwise they could not be compared.
func TestContendersFinalize(t *testing.T) {
	for _, c := range contenders("http://localhost", memory{}) {
		deploy, err := c.Finalize(t.Context(), target)
		require.NoError(t, err, c.Name)
		assert.Equal(t, target.DeployID, deploy.ID, c.Name)
		assert.Equal(t, contender.Version, *deploy.DAGTarballVersion, c.Name)
	}
}
