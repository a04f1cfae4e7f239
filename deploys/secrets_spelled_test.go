package deploys_test

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/internal/chaostest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// echoing is a service that creates a deploy and refuses everything else. All its responses echo a
// secret.
type echoing struct{ echo, signature string }

func (e *echoing) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Body != nil {
		_, _ = io.Copy(io.Discard, request.Body)
		_ = request.Body.Close()
	}
	response := func(status int, body any) (*http.Response, error) {
		encoded, _ := json.Marshal(body)
		return &http.Response{StatusCode: status, Header: http.Header{"X-Ms-Request-Id": {e.echo}}, Body: io.NopCloser(strings.NewReader(string(encoded)))}, nil
	}
	if request.Method == http.MethodPost && strings.HasSuffix(request.URL.Path, "/deploys") {
		return response(http.StatusOK, map[string]any{
			"id": "p", "deploymentId": "d", "type": "DAG_ONLY", "status": "INITIALIZED", "description": e.echo,
			"dagsUploadUrl": "https://storage.example/c/b?sig=" + url.QueryEscape(e.signature),
		})
	}
	return response(http.StatusConflict, map[string]any{"message": e.echo, "requestId": e.echo})
}

// Neither the error of a deploy nor its result shows a secret, however a response encodes it.
func TestNoSpellingOfASecretShows(t *testing.T) {
	secrets := 200
	if testing.Short() || chaostest.UnderRace {
		secrets = 5
	}
	random, names := rand.New(rand.NewPCG(5, 11)), slices.Sorted(maps.Keys(chaostest.Spellings))
	for range secrets {
		service := &echoing{signature: chaostest.RandomSecret(random)}
		client, err := wrapper.NewClient(wrapper.WithToken(chaostest.RandomSecret(random)), wrapper.WithHTTPClient(&http.Client{Transport: service}), wrapper.WithLimiter(http.MethodPost, nil))
		require.NoError(t, err)
		for _, i := range random.Perm(len(names))[:30] {
			service.echo = chaostest.Spellings[names[i]](service.signature)
			_, err := deploys.DAGs(t.Context(), client, wrapper.Deployment{OrganizationID: "o", DeploymentID: "d"}, &packed{content: gzipped(100)})
			failed := (*deploys.Error)(nil)
			require.ErrorAs(t, err, &failed)
			require.Equal(t, deploys.StageUpload, failed.Stage)
			for below := err; below != nil; below = errors.Unwrap(below) {
				shown := chaostest.Shown(below) + chaostest.Shown(failed.Result)
				require.False(t, chaostest.Shows(shown, service.signature, service.echo), "%s: %s", names[i], shown)
			}
		}
	}
}
