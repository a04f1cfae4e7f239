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
)

// answer is what the service's reference shows, as compact as a service sends it.
var answer = strings.NewReplacer("\n", "", "\t", "").Replace(`{
	"createdAt":"2022-11-22T04:37:12Z",
	"deploymentId":"` + deployment + `",
	"id":"` + deploy + `",
	"imageRepository":"https://my-image-repository",
	"imageTag":"my-image-tag",
	"isDagDeployEnabled":true,
	"status":"DEPLOYED",
	"type":"DAG_ONLY",
	"airflowVersion":"2.7.2",
	"astroRuntimeVersion":"9.1.0",
	"createdBySubject":{"id":"clm8qv74h000008mlf08scq7k","apiTokenName":"my-token","subjectType":"SERVICEKEY"},
	"dagTarballVersion":"` + version + `",
	"dagsUploadUrl":"https://astroproddagdeploy.windows.core.net/clmh59gt0000308lbgswe5fvh/clmh57jtm000008lb58fe2wmv?sig=c2lnbmF0dXJl",
	"description":"My deploy description",
	"updatedAt":"2022-11-22T04:37:12Z"
}`)

// memory answers without a network.
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
		Body:          io.NopCloser(strings.NewReader(answer)),
		ContentLength: int64(len(answer)),
		Request:       request,
	}, err
}

// onEach runs a benchmark in memory and on loopback.
func onEach(b *testing.B, bench func(b *testing.B, contenders []contender)) {
	b.Run("memory", func(b *testing.B) { bench(b, contenders(b, "http://localhost", memory{})) })
	b.Run("loopback", func(b *testing.B) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
			_, _ = io.WriteString(w, answer)
		}))
		defer server.Close()
		transport := &http.Transport{}
		defer transport.CloseIdleConnections()
		bench(b, contenders(b, server.URL, transport))
	})
}

// BenchmarkCall has the time, bytes and allocations of one finalize.
func BenchmarkCall(b *testing.B) {
	onEach(b, func(b *testing.B, contenders []contender) {
		for _, c := range contenders {
			b.Run(c.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := c.finalize(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	})
}

// BenchmarkRatio has the contenders take turns in short rounds, so that whatever slows the
// machine down slows all of them, and reports for each the median of its time relative to the
// generated client's in the same round. One iteration is one round.
func BenchmarkRatio(b *testing.B) {
	const calls = 300
	onEach(b, func(b *testing.B, contenders []contender) {
		ratios := map[string][]float64{}
		random := rand.New(rand.NewPCG(1, 1))
		for b.Loop() {
			took := map[string]time.Duration{}
			for _, i := range random.Perm(len(contenders)) { // so that nobody always has the same one's garbage to collect
				c := contenders[i]
				started := time.Now()
				for range calls {
					if _, err := c.finalize(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
				took[c.name] = time.Since(started)
			}
			for _, c := range contenders {
				ratios[c.name] = append(ratios[c.name], float64(took[c.name])/float64(took[baseline]))
			}
		}
		for _, c := range contenders {
			if c.name != baseline {
				slices.Sort(ratios[c.name])
				b.ReportMetric(ratios[c.name][len(ratios[c.name])/2], c.name+"/"+baseline)
			}
		}
	})
}

// Contenders that did something else than finalizing the deploy could not be compared.
func TestContendersFinalize(t *testing.T) {
	for _, c := range contenders(t, "http://localhost", memory{}) {
		finalized, err := c.finalize(t.Context())
		require.NoError(t, err, c.name)
		assert.Equal(t, deploy, finalized.ID, c.name)
		assert.Equal(t, version, *finalized.DAGTarballVersion, c.name)
	}
}
