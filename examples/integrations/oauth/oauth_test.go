package oauth_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/examples/integrations/oauth"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

func Example() {
	issuer := newIssuer(time.Hour)
	defer issuer.Close()
	server := astrotest.NewServer(astrotest.WithTokens("issued-1"))
	defer server.Close()
	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	deploy := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: api.DeployTypeImageOnly})

	credentials := clientcredentials.Config{ClientID: "pipeline", ClientSecret: "secret", TokenURL: issuer.URL}
	bounded := context.WithValue(context.Background(), oauth2.HTTPClient, &http.Client{Timeout: 10 * time.Second})
	client, err := wrapper.NewClient(wrapper.WithBaseURL(server.URL), wrapper.WithTokenSource(oauth.TokenSource(credentials.TokenSource(bounded))))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Finalize(context.Background(), wrapper.TargetOf(deployment.OrganizationID, &deploy), wrapper.ImageOnly())
	fmt.Println(err)
	// Output: <nil>
}

// An expired token is renewed before the next attempt, a valid one is reused. (oauth2 renews a token
// 10 s before it expires.)
func TestTokenOfEachAttempt(t *testing.T) {
	for _, row := range []struct {
		validFor time.Duration
		sent     []string
	}{
		{time.Second, []string{"Bearer issued-1", "Bearer issued-2", "Bearer issued-3"}},
		{time.Hour, []string{"Bearer issued-1", "Bearer issued-1", "Bearer issued-1"}},
	} {
		t.Run(row.validFor.String(), func(t *testing.T) {
			issuer := newIssuer(row.validFor)
			defer issuer.Close()
			server, client, target := newClient(t, issuer.URL)
			server.Inject(astrotest.BadGateway(), astrotest.BadGateway())

			_, err := client.GetDeploy(t.Context(), target)
			require.NoError(t, err)
			var sent []string
			for _, request := range server.Requests() {
				sent = append(sent, request.Authorization[0].Reveal())
			}
			assert.Equal(t, row.sent, sent)
		})
	}
}

// The error holds that of the source, and nothing was sent.
func TestErrorOfTheSource(t *testing.T) {
	issuer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"error":"invalid_client","error_description":"the secret was rotated"}`))
	}))
	defer issuer.Close()
	server, client, target := newClient(t, issuer.URL)

	_, err := client.Finalize(t.Context(), target, wrapper.ImageOnly())
	var unsent *wrapper.TransportError
	require.ErrorAs(t, err, &unsent)
	assert.Equal(t, 0, unsent.Attempts)
	var refused *oauth2.RetrieveError
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, "invalid_client", refused.ErrorCode)
	assert.ErrorContains(t, err, "the secret was rotated")
	assert.Empty(t, server.Requests())
}

// The package warns of this: the storage receives the token.
func TestHTTPClientOfOAuth2LeaksTheToken(t *testing.T) {
	server := astrotest.NewServer()
	defer server.Close()
	deploy := server.AddDeploy(api.Deploy{DeploymentID: server.AddDeployment(astrotest.Deployment{DAGDeploys: true}).ID})
	leaking := oauth2.NewClient(t.Context(), oauth2.StaticTokenSource(&oauth2.Token{AccessToken: astrotest.Token}))
	client, err := wrapper.NewClient(wrapper.WithBaseURL(server.URL), wrapper.WithToken(astrotest.Token), wrapper.WithHTTPClient(leaking))
	require.NoError(t, err)

	_, err = client.Upload(t.Context(), deploy.DAGsUploadURL, bytes.NewReader([]byte{0x1f, 0x8b, 8, 0}))
	require.Error(t, err)
	require.Len(t, server.Requests(), 1)
	assert.Equal(t, "Bearer "+astrotest.Token, server.Requests()[0].Authorization[0].Reveal())
}

// newIssuer issues the tokens issued-1, issued-2 and so on.
func newIssuer(validFor time.Duration) *httptest.Server {
	issued := 0
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		issued++
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"access_token":"issued-%d","token_type":"Bearer","expires_in":%d}`, issued, int(validFor.Seconds()))
	}))
}

func newClient(t *testing.T, tokenURL string) (*astrotest.Server, *wrapper.Client, wrapper.Target) {
	server := astrotest.NewServer(astrotest.WithTokens("issued-1", "issued-2", "issued-3"))
	t.Cleanup(server.Close)
	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	deploy := server.AddDeploy(api.Deploy{DeploymentID: deployment.ID, Type: api.DeployTypeImageOnly})
	credentials := clientcredentials.Config{ClientID: "pipeline", ClientSecret: "secret", TokenURL: tokenURL, AuthStyle: oauth2.AuthStyleInHeader}
	client, err := wrapper.NewClient(
		wrapper.WithBaseURL(server.URL),
		wrapper.WithTokenSource(oauth.TokenSource(credentials.TokenSource(t.Context()))),
		wrapper.WithRetry(wrapper.Retry{Backoff: func() wrapper.Backoff { return &backoff.ZeroBackOff{} }}),
	)
	require.NoError(t, err)
	return server, client, wrapper.TargetOf(deployment.OrganizationID, &deploy)
}
